# SPDX-License-Identifier: MIT
"""The networks at the sizes of their papers: how to build them, what they take, what they cost."""
from collections import namedtuple

import torch

import c3d
import dynamics
import inception3d
import p3d
import resnet
import seeded
import two_path
import video_resnet

# arch, options, norm: as manifests of golden cases say them. shape: T, H, W. small: a shape that is
# cheap enough for float64. taps: few, they are large. params, gmac: published, or of the definition
# (of all windows in `inputs_of`).
Network = namedtuple("Network", "build arch options norm shape small taps params gmac")

NETWORKS = {
    "r3d_18": Network(
        video_resnet.r3d_18, "torchvision.r3d_18", {}, "torchvision", (16, 112, 112), (8, 56, 56),
        ("layer2", "layer4"), 33371472, 40.697),
    "r2plus1d_18": Network(
        video_resnet.r2plus1d_18, "torchvision.r2plus1d_18", {}, "torchvision", (16, 112, 112),
        (8, 56, 56), ("layer2", "layer4"), 31505325, 40.519),
    "resnet3d_34": Network(
        lambda: resnet.resnet3d(34, "A"), "hara.resnet", {}, "hara_new", (16, 112, 112),
        (16, 64, 64), ("maxpool", "layer4"), 63544912, 12.685),
    "resnet3d_50": Network(
        lambda: resnet.resnet3d(50, "B"), "hara.resnet", {}, "hara_new", (16, 112, 112),
        (16, 64, 64), ("maxpool", "layer4"), 47018576, 10.069),
    "resnext3d_101": Network(
        resnet.resnext3d_101, "hara.resnext", {}, "hara_old", (16, 112, 112), (16, 64, 64),
        ("layer2", "layer4"), 48340816, 9.568),
    "p3d_table1": Network(
        p3d.P3D, "chen_p3d.P3DResNet50", {"preset": "table1", "step": 1}, "unit", (33, 112, 112),
        (9, 56, 56), ("layer2", "layer4"), 32877477, 111.765),
    "i3d": Network(
        lambda: inception3d.I3D(pool=inception3d.Maxima), "inception3d.I3D", {}, "i3d",
        (64, 224, 224), (9, 193, 193), ("Mixed_3c", "Mixed_4f"), 12697264, 111.153),
    "s3d": Network(
        lambda: inception3d.S3D(pool=inception3d.Maxima), "inception3d.S3D", {}, "s3d",
        (64, 224, 224), (16, 112, 112), ("base.6", "base.12"), 8320048, 71.916),
    "dynamics": Network(
        lambda: dynamics.Dynamics(way="pairs"), "zhao.Disentangle",
        {"radius": 7, "tau": 0.01, "stride": 2}, "tsn_bninception", (8, 224, 224), (8, 96, 96),
        ("low", "disp"), 31108559, 36.373),
    "two_path": Network(
        two_path.TwoPath, "tao.TwoPath", {"motion": {"down": "pool", "act": "elu"}}, None,
        (17, 112, 112), (17, 56, 56), ("motion.logits", "appearance.logits"), 56970698,
        2 * 14.719 + 3 * 4.087),
    "mc3_18": Network(
        video_resnet.mc3_18, "torchvision.mc3_18", {}, "torchvision", (16, 112, 112), (8, 56, 56),
        ("layer2", "layer4"), 11695440, 43.343),
    "c3d": Network(
        c3d.C3D, "c3d.C3D", {}, "c3d", (16, 112, 112), (16, 112, 112), (), 79991015, 38.549),
    "resnet3d_18": Network(
        lambda: resnet.resnet3d(18, "A"), "hara.resnet", {}, "hara_new", (16, 112, 112),
        (16, 64, 64), ("maxpool", "layer4"), 33235280, 8.296),
}


def inputs_of(name, seed, shape=None):
    """The frames, where there is one clip of them, and what the network takes."""
    net = NETWORKS[name]
    t, h, w = shape or net.shape
    if name != "two_path":
        frames = seeded.moving_frames(seed, t, h, w)
        return frames, (seeded.normalized(frames, net.norm),)
    # Two windows of one path and three of the other.
    clips = [seeded.normalized(seeded.moving_frames(seed + i, t, h, w), "unit") for i in range(2)]
    images = [seeded.normalized(seeded.moving_frames(seed + i, 1, 2 * h, 2 * w), "imagenet")
              for i in range(3)]
    return None, (torch.cat(clips), torch.cat(images)[:, :, 0])
