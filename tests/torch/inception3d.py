# SPDX-License-Identifier: MIT
"""I3D under the names of piergiaj/pytorch-i3d, S3D under those of kylemin/S3D."""
import torch
import torch.nn as nn
import torch.nn.functional as F

# 1x1x1; reduce, 3x3x3; reduce, 3x3x3; 1x1x1 after the pool
MODULES = {
    "3b": (64, 96, 128, 16, 32, 32), "3c": (128, 128, 192, 32, 96, 64),
    "4b": (192, 96, 208, 16, 48, 64), "4c": (160, 112, 224, 24, 64, 64),
    "4d": (128, 128, 256, 24, 64, 64), "4e": (112, 144, 288, 32, 64, 64),
    "4f": (256, 160, 320, 32, 128, 128), "5b": (256, 160, 320, 32, 128, 128),
    "5c": (384, 192, 384, 48, 128, 128),
}


def norm(channels):
    return nn.BatchNorm3d(channels, eps=1e-3)


class Maxima(nn.Module):
    """nn.MaxPool3d(3, 1, 1) axis by axis as maxima of neighbours: the same values, and many times
    as fast on a processor."""

    def forward(self, x):
        for axis in (2, 3, 4):
            n, y = x.shape[axis] - 1, x.clone()
            for to, source in ((0, 1), (1, 0)):
                part = y.narrow(axis, to, n)
                torch.maximum(part, x.narrow(axis, source, n), out=part)
            x = y
        return x


def pool333():
    return nn.MaxPool3d(3, 1, 1)


def outputs(widths):
    return widths[0] + widths[2] + widths[4] + widths[5]


# ---- I3D

def same(shape, kernel, stride):
    """TensorFlow's SAME: what stands before and after each of T, H, W."""
    pads = []
    for n, k, s in zip(shape, kernel, stride):
        total = max(k - (n % s or s), 0)
        pads.append((total // 2, total - total // 2))
    return pads


class SamePool(nn.Module):
    """After a ReLU, zeros around are no more than nothing around: the pool's own padding does, and
    its ceil mode is a pad that is larger behind."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        front = [p[0] for p in same(x.shape[2:], self.kernel, self.stride)]
        return F.max_pool3d(x, self.kernel, self.stride, front, ceil_mode=True)


class Unit(nn.Module):
    def __init__(self, cin, cout, kernel=1, stride=1):
        super().__init__()
        # Strides of 2 are padded when called, strides of 1 evenly.
        self.conv3d = nn.Conv3d(cin, cout, kernel, stride, kernel // 2 if stride == 1 else 0,
                                bias=False)
        self.bn = norm(cout)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        conv = self.conv3d
        if conv.stride[0] != 1:
            (t0, t1), (y0, y1), (x0, x1) = same(x.shape[2:], conv.kernel_size, conv.stride)
            x = F.pad(x, (x0, x1, y0, y1, t0, t1))
        return self.relu(self.bn(conv(x)))


class Mixed(nn.Module):
    def __init__(self, cin, w, pool=pool333):
        super().__init__()
        self.b0 = Unit(cin, w[0])
        self.b1a, self.b1b = Unit(cin, w[1]), Unit(w[1], w[2], 3)
        self.b2a, self.b2b = Unit(cin, w[3]), Unit(w[3], w[4], 3)
        self.b3a, self.b3b = pool(), Unit(cin, w[5])

    def forward(self, x):
        return torch.cat((self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)),
                          self.b3b(self.b3a(x))), 1)


class Logits(nn.Module):
    def __init__(self, cin, classes):
        super().__init__()
        self.conv3d = nn.Conv3d(cin, classes, 1)

    def forward(self, x):
        return self.conv3d(x)


class I3D(nn.Module):
    heads = ("logits.conv3d",)

    def __init__(self, classes=400, pool=pool333):
        super().__init__()
        self.Conv3d_1a_7x7 = Unit(3, 64, 7, 2)
        self.MaxPool3d_2a_3x3 = SamePool((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit(64, 64)
        self.Conv3d_2c_3x3 = Unit(64, 192, 3)
        self.MaxPool3d_3a_3x3 = SamePool((1, 3, 3), (1, 2, 2))
        cin = 192
        for name, widths in MODULES.items():
            setattr(self, "Mixed_" + name, Mixed(cin, widths, pool))
            cin = outputs(widths)
        self.MaxPool3d_4a_3x3 = SamePool((3, 3, 3), (2, 2, 2))
        self.MaxPool3d_5a_2x2 = SamePool((2, 2, 2), (2, 2, 2))
        self.logits = Logits(cin, classes)

    def forward(self, x):
        x = self.MaxPool3d_2a_3x3(self.Conv3d_1a_7x7(x))
        x = self.MaxPool3d_3a_3x3(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)))
        x = self.MaxPool3d_4a_3x3(self.Mixed_3c(self.Mixed_3b(x)))
        x = self.Mixed_4f(self.Mixed_4e(self.Mixed_4d(self.Mixed_4c(self.Mixed_4b(x)))))
        x = self.Mixed_5c(self.Mixed_5b(self.MaxPool3d_5a_2x2(x)))
        return self.logits(F.avg_pool3d(x, (2, 7, 7), 1)).mean((2, 3, 4))


# ---- S3D

class Pointwise(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv, self.bn = nn.Conv3d(cin, cout, 1, bias=False), norm(cout)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class Separate(nn.Module):
    def __init__(self, cin, cout, k, s=1):
        super().__init__()
        p = k // 2
        self.conv_s = nn.Conv3d(cin, cout, (1, k, k), (1, s, s), (0, p, p), bias=False)
        self.bn_s = norm(cout)
        self.conv_t = nn.Conv3d(cout, cout, (k, 1, 1), (s, 1, 1), (p, 0, 0), bias=False)
        self.bn_t = norm(cout)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.bn_t(self.conv_t(self.relu(self.bn_s(self.conv_s(x))))))


class Branches(nn.Module):
    def __init__(self, cin, w, pool=pool333):
        super().__init__()
        self.branch0 = nn.Sequential(Pointwise(cin, w[0]))
        self.branch1 = nn.Sequential(Pointwise(cin, w[1]), Separate(w[1], w[2], 3))
        self.branch2 = nn.Sequential(Pointwise(cin, w[3]), Separate(w[3], w[4], 3))
        self.branch3 = nn.Sequential(pool(), Pointwise(cin, w[5]))

    def forward(self, x):
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)), 1)


class S3D(nn.Module):
    heads = ("fc.0",)

    def __init__(self, classes=400, pool=pool333):
        super().__init__()
        flat = dict(kernel_size=(1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        parts = [Separate(3, 64, 7, 2), nn.MaxPool3d(**flat), Pointwise(64, 64),
                 Separate(64, 192, 3), nn.MaxPool3d(**flat)]
        before = {"4b": nn.MaxPool3d(3, 2, 1), "5b": nn.MaxPool3d(2, 2)}
        cin = 192
        for name, widths in MODULES.items():
            if name in before:
                parts.append(before[name])
            parts.append(Branches(cin, widths, pool))
            cin = outputs(widths)
        self.base = nn.Sequential(*parts)
        self.fc = nn.Sequential(nn.Conv3d(cin, classes, 1))

    def forward(self, x):
        x = self.base(x)
        x = F.avg_pool3d(x, (2, x.shape[3], x.shape[4]), 1)
        return self.fc(x).mean((2, 3, 4))
