# SPDX-License-Identifier: MIT
"""Zhao et al.: static appearance, apparent motion and appearance changes, each in a BN-Inception.

Names are those of yjxiong's bn_inception, under `static.`, `motion.`, `change.`; conv1 is shared.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

# 1x1; reduce, 3x3; reduce, 3x3, 3x3; pool, 1x1 after it. Without 1x1s the module has stride 2.
MODULES = {
    "3a": (64, 64, 64, 64, 96, 96, "avg", 32), "3b": (64, 64, 96, 64, 96, 96, "avg", 64),
    "3c": (0, 128, 160, 64, 96, 96, "max", 0), "4a": (224, 64, 96, 96, 128, 128, "avg", 128),
    "4b": (192, 96, 128, 96, 128, 128, "avg", 128),
    "4c": (160, 128, 160, 128, 160, 160, "avg", 128),
    "4d": (96, 128, 192, 160, 192, 192, "avg", 128), "4e": (0, 128, 192, 192, 256, 256, "max", 0),
    "5a": (352, 192, 320, 160, 224, 224, "avg", 128),
    "5b": (352, 192, 320, 192, 224, 224, "max", 128),
}


def pool2(x):
    return F.max_pool2d(x, 3, 2, ceil_mode=True)


class Convs(nn.Module):
    """Convolutions with a bias and a batch norm, found by name."""

    def add(self, name, cin, cout, kernel, stride=1):
        setattr(self, name, nn.Conv2d(cin, cout, kernel, stride, kernel // 2))
        setattr(self, name + "_bn", nn.BatchNorm2d(cout))

    def conv(self, name, x):
        return F.relu_(getattr(self, name + "_bn")(getattr(self, name)(x)))


class BNInception(Convs):
    """From conv1 on (channels, of a 112x112 map, so that it has no stride), or from pool1 on.

    gradual: frames follow each other in N; the larger of every two stays, three times.
    Otherwise the features of all frames are averaged.
    """

    def __init__(self, classes, channels=None, gradual=False):
        super().__init__()
        self.gradual, self.has_conv1 = gradual, channels is not None
        if channels:
            self.add("conv1_7x7_s2", channels, 64, 7)
        self.add("conv2_3x3_reduce", 64, 64, 1)
        self.add("conv2_3x3", 64, 192, 3)
        cin = 192
        for name, (one, r3, c3, rd, d1, d2, _, proj) in MODULES.items():
            p, stride = "inception_%s_" % name, 1 if one else 2
            if one:
                self.add(p + "1x1", cin, one, 1)
            self.add(p + "3x3_reduce", cin, r3, 1)
            self.add(p + "3x3", r3, c3, 3, stride)
            self.add(p + "double_3x3_reduce", cin, rd, 1)
            self.add(p + "double_3x3_1", rd, d1, 3)
            self.add(p + "double_3x3_2", d1, d2, 3, stride)
            if proj:
                self.add(p + "pool_proj", cin, proj, 1)
            cin = one + c3 + d2 + (proj or cin)
        self.fc = nn.Linear(cin, classes)

    def module(self, name, x):
        p, pool = "inception_%s_" % name, MODULES[name][6]
        parts = [
            self.conv(p + "3x3", self.conv(p + "3x3_reduce", x)),
            self.conv(p + "double_3x3_2",
                      self.conv(p + "double_3x3_1", self.conv(p + "double_3x3_reduce", x))),
        ]
        if not MODULES[name][0]:
            return torch.cat(parts + [pool2(x)], 1)
        pooled = F.avg_pool2d(x, 3, 1, 1) if pool == "avg" else F.max_pool2d(x, 3, 1, 1)
        parts = [self.conv(p + "1x1", x)] + parts + [self.conv(p + "pool_proj", pooled)]
        return torch.cat(parts, 1)

    def halve(self, x):
        return torch.maximum(x[0::2], x[1::2]) if self.gradual else x

    def forward(self, x):
        if self.has_conv1:
            x = self.conv("conv1_7x7_s2", x)
        x = self.conv("conv2_3x3", self.conv("conv2_3x3_reduce", pool2(x)))
        x = self.halve(pool2(x))
        for name in MODULES:
            x = self.module(name, x)
            if name in ("3c", "4e"):
                x = self.halve(x)
        return self.fc(x.mean((2, 3)).mean(0, keepdim=True))


@torch.jit.script
def products_by_pair(a, b, radius: int):
    """b: padded by radius. Maps of one pair of frames stay in the cache."""
    n, _, h, w = a.shape
    side = 2 * radius + 1
    out, product = a.new_empty([n, side * side, h, w]), torch.empty_like(a[:1])
    for i in range(n):
        for y in range(side):
            for x in range(side):
                torch.mul(a[i:i + 1], b[i:i + 1, :, y:y + h, x:x + w], out=product)
                torch.sum(product, [1], out=out[i:i + 1, y * side + x])
    return out


class CostVolume(nn.Module):
    """Cosines of each position of `a` with all within `radius` of it in `b`, zero outside.

    Three ways, with the same values. shifted: a product and a sum for each displacement. pairs:
    that for one pair of frames after the other, much faster, without gradients. blocks: for each dy
    and each 16 neighbours in x a small matrix product with all that any of them can reach
    (`unfold`), of which the diagonal band is kept; no more memory than the result needs twice.
    """

    def __init__(self, radius, way="blocks"):
        super().__init__()
        self.radius, self.way = radius, way

    def macs(self, inputs, out):
        return out.numel() * inputs[0].shape[1]

    def forward(self, a, b):
        return {"blocks": self.blocks, "pairs": self.pairs, "shifted": self.shifted}[self.way](a, b)

    def pairs(self, a, b):
        return products_by_pair(a, F.pad(b, (self.radius,) * 4), self.radius)

    def shifted(self, a, b):
        r, (h, w) = self.radius, a.shape[2:]
        b = F.pad(b, (r, r, r, r))
        side = range(2 * r + 1)
        return torch.stack([(a * b[:, :, y:y + h, x:x + w]).sum(1) for y in side for x in side], 1)

    def blocks(self, a, b, step=16):
        r, (n, c, h, w) = self.radius, a.shape
        count, reach, side = -(-w // step), step + 2 * r, 2 * r + 1
        more = count * step - w
        a = F.pad(a, (0, more)).permute(0, 2, 3, 1).reshape(n, h, count, step, c)
        b = F.pad(b, (r, r + more, r, r)).permute(0, 2, 3, 1).contiguous()
        b = b.unfold(2, reach, step)  # n, h, count, c, reach: a view
        rows = []
        for y in range(side):
            full = torch.matmul(a, b[:, y:y + h])
            s = full.stride()
            # Row i of a block needs the columns i to i + 2r.
            rows.append(full.as_strided((n, side, h, count, step),
                                        (s[0], s[4], s[1], s[2], s[3] + s[4])))
        return torch.stack(rows, 1).reshape(n, side * side, h, count * step)[..., :w]


class Displacement(nn.Module):
    """Where each position goes: the mean of (dy, dx) by the softmax of cosine / tau."""

    def __init__(self, radius, tau):
        super().__init__()
        self.tau = tau
        side = torch.arange(-radius, radius + 1.0)
        offsets = torch.stack(torch.meshgrid(side, side, indexing="ij")).flatten(1)
        self.register_buffer("offsets", offsets, persistent=False)

    def forward(self, cost):
        p = torch.softmax(cost.flatten(2) / self.tau, 1)
        return torch.matmul(self.offsets, p).unflatten(2, cost.shape[2:])


class Warp(nn.Module):
    """What stood at p - v(p), between positions by the four around, zero outside."""

    def macs(self, inputs, out):
        return out.numel() * 4

    def forward(self, f, v):
        h, w = f.shape[2:]
        y = torch.arange(h, dtype=f.dtype, device=f.device)[:, None] - v[:, 0]
        x = torch.arange(w, dtype=f.dtype, device=f.device) - v[:, 1]
        grid = torch.stack((x * (2 / (w - 1)) - 1, y * (2 / (h - 1)) - 1), 3)
        return F.grid_sample(f, grid, align_corners=True)


class Dynamics(Convs):
    """All three branches on maps of half the frames' size; one segment of 8 frames."""
    heads = ("static.fc", "motion.fc", "change.fc")

    def __init__(self, classes=101, radius=7, tau=0.01, way="blocks"):
        super().__init__()
        self.add("conv1_7x7_s2", 3, 64, 7, 2)
        self.low = nn.Identity()
        self.cost, self.disp, self.warp = CostVolume(radius, way), Displacement(radius, tau), Warp()
        self.static = BNInception(classes, gradual=True)
        self.motion = BNInception(classes, channels=2)
        self.change = BNInception(classes)

    def forward(self, x):
        f = self.low(self.conv("conv1_7x7_s2", x[0].transpose(0, 1)))
        unit = f * torch.rsqrt(f.square().sum(1, keepdim=True) + 1e-6)
        v = self.disp(self.cost(unit[:-1], unit[1:]))
        change = f[1:] - self.warp(f[:-1], v)
        return (self.static(f) + self.motion(v) + self.change(change)) / 3
