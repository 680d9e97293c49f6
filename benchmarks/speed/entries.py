# SPDX-License-Identifier: MIT
"""What is compared: networks of both sides, with the same shapes, and layers."""
import os
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/torch"))
import c3d  # noqa: E402
import dynamics  # noqa: E402
import inception3d  # noqa: E402
import p3d  # noqa: E402
import resnet  # noqa: E402
import two_path  # noqa: E402
import video_resnet  # noqa: E402

# model, settings: of `clact model`. builds: PyTorch modules of the same values, the fastest counts.
# inputs: of the module. bar: how many times as fast clact aims to be.
Entry = namedtuple("Entry", "title model settings builds inputs bar")


def clip(t, size):
    return (1, 3, t, size, size)


def one(build):
    return {"": build}


def pools(build):
    return {"plain": build, "maxima": lambda: build(pool=inception3d.Maxima)}


HARA = clip(16, 112)

ENTRIES = {
    "r3d_18": Entry("torchvision r3d_18", "r3d_18", "", one(video_resnet.r3d_18), [HARA], 2.5),
    "mc3_18": Entry("torchvision mc3_18", "mc3_18", "", one(video_resnet.mc3_18), [HARA], 2.2),
    "r2plus1d_18": Entry("torchvision r2plus1d_18", "r2plus1d_18", "",
                         one(video_resnet.r2plus1d_18), [HARA], 1.6),
    "resnet3d-18": Entry("Hara 3D ResNet-18", "resnet3d-18", "",
                         one(lambda: resnet.resnet3d(18, "A")), [HARA], 1.6),
    "resnet3d-34": Entry("Hara 3D ResNet-34", "resnet3d-34", "",
                         one(lambda: resnet.resnet3d(34, "A")), [HARA], 1.7),
    "resnet3d-50": Entry("Hara 3D ResNet-50", "resnet3d-50", "",
                         one(lambda: resnet.resnet3d(50, "B")), [HARA], 1.3),
    "resnext3d-101": Entry("Hara 3D ResNeXt-101", "resnext3d-101", "",
                           one(resnet.resnext3d_101), [HARA], 1.3),
    "tao-two-path": Entry("Tao two paths, ResNet-18-3D and ResNet-50", "tao-two-path",
                          "appearance=resnet50", one(two_path.TwoPath),
                          [clip(17, 112), (1, 3, 224, 224)], 1.6),
    "chen-p3d": Entry("Chen pseudo-3D ResNet-50, table 1", "chen-p3d", "", one(p3d.P3D),
                      [clip(33, 112)], 1.5),
    "zhao": Entry("Zhao, three branches, 112x112 maps", "zhao", "",
                  {way: lambda way=way: dynamics.Dynamics(way=way)
                   for way in ("blocks", "shifted", "pairs")}, [clip(8, 224)], 3.0),
    "c3d": Entry("C3D", "c3d", "", one(c3d.C3D), [clip(16, 112)], 2.2),
    "i3d": Entry("I3D", "i3d", "", pools(inception3d.I3D), [clip(64, 224)], 1.5),
    "s3d": Entry("S3D", "s3d", "", pools(inception3d.S3D), [clip(64, 224)], 1.4),
}

# Every convolution of r3d_18 once: what it is, how often it occurs, as `clact bench --conv` has it.
LAYERS = [
    ("stem", 1, "n1c3t16h112w112k64x3x7x7s1x2x2p1x3x3"),
    ("layer1", 4, "n1c64t16h56w56k64x3x3x3s1p1"),
    ("layer2, first", 1, "n1c64t16h56w56k128x3x3x3s2p1"),
    ("layer2, shortcut", 1, "n1c64t16h56w56k128x1x1x1s2p0"),
    ("layer2", 3, "n1c128t8h28w28k128x3x3x3s1p1"),
    ("layer3, first", 1, "n1c128t8h28w28k256x3x3x3s2p1"),
    ("layer3, shortcut", 1, "n1c128t8h28w28k256x1x1x1s2p0"),
    ("layer3", 3, "n1c256t4h14w14k256x3x3x3s1p1"),
    ("layer4, first", 1, "n1c256t4h14w14k512x3x3x3s2p1"),
    ("layer4, shortcut", 1, "n1c256t4h14w14k512x1x1x1s2p0"),
    ("layer4", 3, "n1c512t2h7w7k512x3x3x3s1p1"),
]
