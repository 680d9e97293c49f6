# SPDX-License-Identifier: MIT
"""Seeded random weights under which a network's values stay of ordinary size, and inputs.

Convolutions are He-normal; batch norms get statistics near those of what they see in one forward
pass, since ReLU networks die or explode under made-up ones; residual branches are damped, so that
depth does not add up; each classifier is scaled to a spread of 2.
"""
import math

import numpy as np
import torch
import torch.nn as nn

NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)
CONVS = (nn.Conv2d, nn.Conv3d)


def fill(net, seed):
    torch.manual_seed(seed)
    for m in net.modules():
        if isinstance(m, CONVS + (nn.Linear,)):
            gain = 2 if isinstance(m, CONVS) else 1
            nn.init.normal_(m.weight, 0, math.sqrt(gain / m.weight[0].numel()))
            if m.bias is not None:
                nn.init.normal_(m.bias, 0, 0.1)
        elif isinstance(m, NORMS):
            nn.init.uniform_(m.weight, 0.6, 1.4)
            m.weight.data[::8] *= -1
            nn.init.normal_(m.bias, 0, 0.2)
    blocks = [m for m in net.modules() if hasattr(m, "closing")]
    for m in blocks:
        m.get_submodule(m.closing).weight.data *= 1 / math.sqrt(len(blocks))


def calibrate(m, inputs):
    """Before a batch norm: statistics of the right size. The mean of what it sees is not
    subtracted: that takes signal away and leaves the rounding errors, which then grow with depth."""
    x = inputs[0].transpose(0, 1).flatten(1)
    square = x.square().mean(1).clamp_min(1e-4)
    m.running_mean.copy_(0.3 * square.sqrt() * torch.randn_like(square))
    m.running_var.copy_(square * torch.empty_like(square).uniform_(0.7, 1.5))


def scale_head(m, inputs, out):
    factor = 2 / float(out.std())
    m.weight.data *= factor
    m.bias.data *= factor
    return out * factor


def macs_of(m, inputs, out):
    """Multiply-adds of one layer; biases, norms, activations and pools are not counted."""
    if isinstance(m, CONVS + (nn.Linear,)):
        return out.numel() * m.weight[0].numel()
    return m.macs(inputs, out) if hasattr(m, "macs") else 0


def prepare(net, inputs, seed):
    """Fills and calibrates; returns the parameters and the multiply-adds of the pass."""
    fill(net, seed)
    net.eval()
    counted = []
    hooks = [m.register_forward_pre_hook(calibrate) for m in net.modules() if isinstance(m, NORMS)]
    hooks += [net.get_submodule(h).register_forward_hook(scale_head) for h in net.heads]
    hooks += [m.register_forward_hook(lambda *a: counted.append(macs_of(*a)))
              for m in net.modules()]
    with torch.no_grad():
        net(*inputs)
    for h in hooks:
        h.remove()
    return sum(p.numel() for p in net.parameters()), sum(counted)


def moving_frames(seed, t, h, w):
    """u8 [t,h,w,3]: gratings that drift, and a texture that moves by (2, -1) a frame."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    texture = rng.normal(0, 25, (h, w, 3)).astype(np.float32)
    turns = rng.uniform(0.02, 0.4, (3, 3))
    frames = np.empty((t, h, w, 3), np.uint8)
    for i in range(t):
        moved = np.roll(texture, (2 * i, -i), (0, 1))
        for c, (fy, fx, v) in enumerate(turns):
            wave = 128 + 60 * np.sin(fy * y + fx * x + 4 * v * i)
            frames[i, ..., c] = np.clip(np.rint(wave + moved[..., c]), 0, 255)
    return frames


# What networks expect: order of channels, scale, mean, standard deviation.
NORMALIZATIONS = {
    "hara_old": ("rgb", 1, (114.7748, 107.7354, 99.4750), (1, 1, 1)),
    "hara_new": ("rgb", 1 / 255, (0.4345, 0.4051, 0.3775), (0.2768, 0.2713, 0.2737)),
    "torchvision": ("rgb", 1 / 255, (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)),
    "imagenet": ("rgb", 1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "i3d": ("rgb", 2 / 255, (1, 1, 1), (1, 1, 1)),
    "s3d": ("rgb", 2 / 255, (1, 1, 1), (1, 1, 1)),
    "tsn_bninception": ("bgr", 1, (104, 117, 123), (1, 1, 1)),
    "c3d": ("bgr", 1, (90.25, 97.66, 101.41), (1, 1, 1)),
    "unit": ("rgb", 1 / 255, (0, 0, 0), (1, 1, 1)),
}


def normalized(frames, name):
    """float32 [1,3,t,h,w]"""
    order, scale, mean, std = NORMALIZATIONS[name]
    x = torch.from_numpy(frames).permute(3, 0, 1, 2).float()
    if order == "bgr":
        x = x.flip(0)
    mean, std = (torch.tensor(v).float().view(3, 1, 1, 1) for v in (mean, std))
    return ((x * scale - mean) / std)[None].contiguous()
