#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/op/motion.safetensors: what is between frames, as PyTorch makes it.

Usage: torch_motion.py [FOLDER]. See torch_vectors.py.
"""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch_vectors import save

random = np.random.RandomState(20240712)


def normal(*shape):
    return torch.from_numpy(random.standard_normal(shape).astype(np.float32))


def frames_last(f, *x):
    """f of maps N C H W, for tensors N C T H W whose frames all go through it alike."""
    n, _, t, *_ = x[0].shape
    y = f(*(v.transpose(1, 2).flatten(0, 1) for v in x))
    return y.unflatten(0, (n, t)).transpose(1, 2)


def cosines(x, ry, rx, eps=1e-6):
    """The cost volume of neighbouring frames, through unfold."""
    x = x.double() / (x.double().pow(2).sum(1, keepdim=True) + eps).sqrt()

    def volume(a, b):
        n, c, h, w = a.shape
        b = F.unfold(b, (2 * ry + 1, 2 * rx + 1), padding=(ry, rx)).view(n, c, -1, h, w)
        return (a[:, :, None] * b).sum(1)

    return frames_last(volume, x[:, :, :-1], x[:, :, 1:])


def places(ry, rx):
    y, x = torch.meshgrid(torch.arange(-ry, ry + 1), torch.arange(-rx, rx + 1), indexing="ij")
    return torch.stack([y.flatten(), x.flatten()]).double()


def inside(c, ry, rx):
    h, w = c.shape[-2:]
    ones = F.unfold(torch.ones(1, 1, h, w), (2 * ry + 1, 2 * rx + 1), padding=(ry, rx))
    return ones.view(1, -1, 1, h, w) > 0


def expectation(c, ry, rx, tau, mask=False):
    c = c.double() / np.float32(tau)
    if mask:
        c = c.masked_fill(~inside(c, ry, rx), float("-inf"))
    return torch.einsum("ak,nkthw->nathw", places(ry, rx), F.softmax(c, 1))


def best(c, ry, rx):
    return places(ry, rx)[:, c.argmax(1)].transpose(0, 1)


def warped(x, v, sign=-1):
    def sample(f, d):
        n, _, h, w = f.shape
        y = torch.arange(h)[:, None] + sign * d[:, 0]
        x = torch.arange(w) + sign * d[:, 1]
        grid = torch.stack([2 * x / (w - 1) - 1, 2 * y / (h - 1) - 1], -1)
        return F.grid_sample(f, grid, padding_mode="zeros", align_corners=True)

    return frames_last(sample, x.double()[:, :, :v.shape[2]], v.double())


def hard(x, v):
    h, w = v.shape[-2:]
    y, x_ = torch.arange(h)[:, None] - v[:, :1], torch.arange(w) - v[:, 1:]
    return warped(x, v) * ((y >= 0) & (y <= h - 1) & (x_ >= 0) & (x_ <= w - 1))


def resized(x, height, width, gain):
    size = dict(size=(height, width), mode="bilinear", align_corners=False)
    return gain * frames_last(lambda f: F.interpolate(f, **size), x.double())


def similar():
    """Frames that resemble their neighbours, so that cosines differ."""
    x = normal(2, 17, 3, 5, 6)
    x[:, :, 1] = torch.roll(x[:, :, 0], 1, 3) + x[:, :, 1] / 4
    x[:, :, 2] = torch.roll(x[:, :, 1], -2, 2) + x[:, :, 2] / 4
    return x


def cases():
    x, volume, wide = similar(), normal(2, 15, 2, 4, 5), normal(2, 5, 3, 5, 6)
    v = normal(2, 2, 2, 5, 6)
    plain, long, small = normal(2, 3, 7, 2, 3), normal(2, 3, 32, 2, 1), normal(2, 2, 2, 3, 5)
    ties = torch.from_numpy(random.randint(0, 3, (2, 15, 2, 4, 5)).astype(np.float32))
    other = normal(2, 3, 7, 2, 3)
    holes, broken = ties.clone(), torch.zeros(2, 1, 2, 4, 5)
    holes[0, 3, 0, 1, 1] = holes[1, 14, 1, 3, 4] = holes[1, 0, 1, 0, 0] = float("nan")
    broken[0, :, 0, 1, 1] = broken[1, :, 1, 3, 4] = broken[1, :, 1, 0, 0] = float("nan")
    far, known = v.clone(), torch.ones(2, 1, 2, 5, 6)
    far[:, 0, 0, 0, 0], far[:, 1, 1, 2, 3] = 3e38, -1e9
    known[:, :, 0, 0, 0] = known[:, :, 1, 2, 3] = 0
    spread = torch.linspace(0, 31, 8).long()
    return {
        "frames": {"x": plain, "y": plain[:, :, 2::2]},
        "frames_spread": {"x": long, "y": long[:, :, spread]},
        "subtract": {"a": plain, "b": other, "y": plain - other},
        "stack": {"x": plain, "y": plain.transpose(1, 2).flatten(1, 2)[:, :, None]},
        "cost": {"x": x, "y": cosines(x, 2, 2)},
        "cost_wide": {"x": x, "y": cosines(x, 1, 3, 1e-2)},
        "soft": {"c": volume, "y": expectation(volume, 1, 2, 0.25)},
        "mask": {"c": volume, "y": expectation(volume, 1, 2, 0.25, True)},
        "wta": {"c": ties, "y": best(ties, 1, 2)},
        "nan": {"c": holes, "y": best(ties, 1, 2) + broken},
        "match": {"x": x, "y": expectation(cosines(x, 2, 2), 2, 2, 0.05)},
        "match_mask": {"x": x, "y": expectation(cosines(x, 2, 1), 2, 1, 0.05, True)},
        "match_wta": {"x": x, "y": best(cosines(x, 2, 3), 2, 3)},
        "warp": {"x": wide, "v": v, "y": warped(wide, v)},
        "warp_plus": {"x": wide, "v": 3 * v, "y": warped(wide, 3 * v, 1)},
        "warp_far": {"x": wide, "v": far, "y": warped(wide, v) * known},
        "warp_hard": {"x": wide, "v": v, "y": hard(wide, v)},
        "difference": {"x": wide, "v": v, "y": wide[:, :, 1:] - warped(wide, v)},
        "up": {"x": small, "y": resized(small, 7, 10, 2)},
        "down": {"x": small, "y": resized(small, 2, 3, 0.5)},
    }


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "data", "op")
    save(target, "motion", cases())
