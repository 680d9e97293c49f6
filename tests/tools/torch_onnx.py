#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/onnx/*.onnx: small networks as PyTorch exports them, and beside each the input,
values of modules and the scores as safetensors. Needs torch; the tests do not.

Usage: torch_onnx.py [FOLDER] [NAME...]
"""
import os
import sys
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "..", "scripts"))
from store_values import save, store  # noqa: E402

CLASSES = 7


def conv(cin, cout, k, s=1, p=0, **rest):
    return nn.Sequential(nn.Conv3d(cin, cout, k, s, p, bias=False, **rest), nn.BatchNorm3d(cout))


class Head(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(channels, CLASSES)

    def forward(self, x):
        return self.fc(self.avgpool(x).flatten(1))


class Block(nn.Module):
    """Residual block; shortcut A (strides, then channels of zeros) or B (convolution)."""

    def __init__(self, cin, cout, stride, shortcut):
        super().__init__()
        self.conv1, self.conv2 = conv(cin, cout, 3, stride, 1), conv(cout, cout, 3, 1, 1)
        self.relu, self.stride, self.more = nn.ReLU(), stride, cout - cin
        self.down = conv(cin, cout, 1, stride) if shortcut == "B" else None

    def forward(self, x):
        s = self.stride
        r = self.down(x) if self.down else F.pad(x[:, :, ::s, ::s, ::s], (0,) * 7 + (self.more,))
        return self.relu(self.conv2(self.relu(self.conv1(x))) + r)


def resnet(shortcut):
    return nn.Sequential(conv(3, 5, (3, 7, 7), (1, 2, 2), (1, 3, 3)), nn.ReLU(),
                         nn.MaxPool3d(3, 2, 1), Block(5, 6, 1, shortcut),
                         Block(6, 11, 2, shortcut), Head(11))


class Differences(nn.Module):
    """Frames less their neighbours, in all the ways that are written."""

    def __init__(self, mode, step=1):
        super().__init__()
        self.mode, self.step = mode, step
        self.net = nn.Sequential(conv(3, 4, 3, 1, 1), nn.ELU(), Head(4))

    def forward(self, x):
        s, m = self.step, self.mode
        if m.startswith("roll"):
            r = torch.roll(x, 1, 2)
            x = x - r if m == "roll_signed" else ((r - x) + 1) / 2
        elif m in ("replicate", "zero", "circular"):
            x = {"replicate": lambda: torch.cat([x[:, :, 1:], x[:, :, -1:]], 2),
                 "zero": lambda: F.pad(x[:, :, s:], (0, 0, 0, 0, 0, s)),
                 "circular": lambda: torch.roll(x, -s, 2)}[m]().sub(x).abs()
        else:
            a, b = x[:, :, :-s], x[:, :, s:]
            x = {"abs": (b - a).abs(), "signed": b - a, "half": ((a - b) + 1) / 2}[m]
        return self.net(x)


class SamePad(nn.Module):
    """TensorFlow's padding in front of a convolution and a pooling that pad nothing themselves."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv3d(3, 6, 3, 2), nn.BatchNorm3d(6, eps=1e-3)
        self.head = nn.Conv3d(6, CLASSES, 1)

    def same(self, x, k, s):
        pads = []
        for n in x.shape[:1:-1]:
            p = max(k - (s if n % s == 0 else n % s), 0)
            pads += [p // 2, p - p // 2]
        return F.pad(x, pads)

    def forward(self, x):
        x = F.elu(self.bn(self.conv(self.same(x, 3, 2))))
        x = F.max_pool3d(self.same(x, 3, 1), 3, 1)
        x = F.avg_pool3d(x, (2, 3, 3), 1)
        return self.head(x).mean((2, 3, 4))


class Excite(nn.Module):
    """Squeeze and excitation, swish in two spellings, channels masked by frame."""

    def __init__(self):
        super().__init__()
        self.a, self.b = conv(3, 8, 3, 1, 1), conv(8, 8, 3, 1, 1, groups=8)
        self.gate = nn.Sequential(nn.Conv3d(8, 4, 1), nn.ReLU(), nn.Conv3d(4, 8, 1), nn.Sigmoid())
        self.fc, self.mask = nn.Linear(8, 8), nn.Linear(8, 8)
        self.proj = nn.Linear(8, CLASSES)

    def forward(self, x):
        x = F.silu(self.a(x))
        y = self.b(x)
        y = F.hardswish(y * self.gate(y.mean((2, 3, 4), keepdim=True)))
        m = torch.sigmoid(self.fc(y.mean((2, 3, 4))))[:, :, None, None, None]
        y = y * m + y
        m = torch.sigmoid(self.mask(y.mean((3, 4)).transpose(1, 2))).transpose(1, 2)
        y = y * m[..., None, None]
        return self.proj(y.permute(0, 2, 3, 4, 1)).mean((1, 2, 3))


class Frames2d(nn.Module):
    """A 2D network of the frames of one window, [T,3,H,W], pooled over time on the way."""

    def __init__(self, frames):
        super().__init__()
        self.frames = frames
        self.conv1, self.conv2 = nn.Conv2d(3, 5, 7, 2, 3), nn.Conv2d(5, 6, 3, 1, 1)
        self.bn, self.fc = nn.BatchNorm2d(6), nn.Linear(6, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, 0, ceil_mode=True)
        nt, c, h, w = x.shape
        y = x.view(nt // self.frames, self.frames, c * h * w).transpose(1, 2)
        y = F.max_pool1d(y, 2, 2, ceil_mode=True)
        t = y.shape[2]
        x = y.transpose(1, 2).reshape(-1, c, h, w)
        x = F.relu(self.bn(self.conv2(F.avg_pool2d(x, 3, 1, 1, ceil_mode=True))))
        f = x.mean((2, 3)).view(-1, t, 6).mean(1)
        return self.fc(f)


class Segments(nn.Module):
    """[N,T,3,H,W]: each frame by a 2D network, attention between frames."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, 2, 1)
        self.q, self.k, self.v = nn.Linear(6, 5), nn.Linear(6, 5), nn.Linear(6, 8)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x):
        n, t = x.shape[:2]
        y = F.relu(self.conv(x.flatten(0, 1))).mean((2, 3)).view(n, t, 6)
        a = torch.softmax(self.q(y) @ self.k(y).transpose(1, 2) / 5 ** 0.5, -1)
        return self.fc((a @ self.v(y)).amax(1))


class Functions(nn.Module):
    """Everything that is done element by element."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(3, 6, 1)
        self.scale = nn.Parameter(torch.rand(6, 1, 1, 1) + 0.5)
        self.place = nn.Parameter(torch.rand(1, 6, 4, 5, 1))
        self.head = Head(6)

    def forward(self, x):
        x = (x - torch.tensor([.4, .5, .6]).view(1, 3, 1, 1, 1)) / 0.25
        x = self.conv(x)
        y = F.leaky_relu(x, 0.1) + F.hardsigmoid(x) * torch.tanh(x) + F.elu(x, 0.5)
        y = y + x.clamp(-1, 0.75) - x.abs().sqrt() + (-x.clamp(max=1)).exp() / 3
        y = (y + 0.1) * self.scale + self.place ** 2 - 1 / (1 + x ** 2)
        y = y * x.mean(1, keepdim=True) + x.amax((2, 3), keepdim=True) + 2 / self.place
        p, q = y.split([2, 4], 1)
        y = torch.cat([p.flip(2), q[:, 1:3], q[:, :1].expand(-1, 2, -1, -1, -1)], 1)
        y = F.pad(y, (1, 2, 2, 1), value=0.5)[..., 1:-1, 1:]
        y = F.pad(y[:, :, 1:, :, [0, 2, 4]], (1, 1, 0, 2, 1, 0), mode="replicate")
        return self.head(torch.cat([y, y[:, :, :1] * 2], 2))


class Shapes(nn.Module):
    """Reshapes that move elements, sums, a 1D network behind a 3D one."""

    def __init__(self):
        super().__init__()
        self.conv, self.one = nn.Conv3d(3, 4, 3, (1, 2, 2), 1), nn.Conv1d(8, 6, 3, padding=1)
        self.fc = nn.Linear(6, CLASSES)

    def forward(self, x):
        x = F.relu(self.conv(x))
        n, c, t, h, w = x.shape
        x = x.view(n, 2, 2, t, h * w).permute(0, 2, 1, 3, 4).reshape(n, c, t, h, w)
        x = x.permute(0, 1, 3, 2, 4).reshape(n, c * h // 2, t * 2, w).sum(3)
        return self.fc(F.relu(self.one(x)).mean(2))


class Sampled(nn.Module):
    """Pictures read at places that the network computes."""

    def __init__(self):
        super().__init__()
        self.conv, self.move = nn.Conv2d(3, 5, 3, 1, 1), nn.Conv2d(3, 2, 3, 1, 1)
        self.fc = nn.Linear(5, CLASSES)

    def forward(self, x):
        grid = torch.tanh(self.move(x)).permute(0, 2, 3, 1)
        return self.fc(F.grid_sample(self.conv(x), grid, "bilinear", "border", False).mean((2, 3)))


class TwoClips(nn.Module):
    def __init__(self):
        super().__init__()
        self.motion, self.frame = Differences("abs"), Sampled()

    def forward(self, clips, frames):
        p = torch.softmax(self.motion(clips), 1).mean(0, keepdim=True)
        q = torch.softmax(self.frame(frames), 1).mean(0, keepdim=True)
        return (p + q) / 2


class SlowFast(nn.Module):
    def __init__(self):
        super().__init__()
        self.slow, self.fast = conv(3, 6, 3, 1, 1), conv(3, 4, 3, 1, 1)
        self.join = nn.Conv3d(4, 4, (5, 1, 1), (4, 1, 1), (2, 0, 0))
        self.head = Head(10)

    def forward(self, slow, fast):
        return self.head(torch.cat([self.slow(slow), self.join(F.relu(self.fast(fast)))], 1))


def clip(*shape):
    return torch.rand(*shape) * 2 - 1


def cases():
    small = (1, 3, 6, 8, 7)
    for mode in ("abs", "signed", "half", "roll_signed", "roll_half", "replicate", "circular"):
        yield "differences_" + mode, Differences(mode), clip(*small), {}
    yield "differences_step", Differences("abs", 3), clip(*small), {}
    yield "differences_zero", Differences("zero", 2), clip(*small), {}
    yield "resnet_a", resnet("A"), clip(1, 3, 9, 32, 29), {}
    yield "resnet_b", resnet("B"), clip(1, 3, 8, 32, 32), {"layers": True}
    yield "resnet_merged", resnet("B"), clip(1, 3, 8, 32, 32), {"opset": 17}
    yield "resnet_open", resnet("B"), clip(2, 3, 8, 32, 32), {"dynamic": True, "opset": 11}
    yield "same_pad", SamePad(), clip(1, 3, 9, 17, 14), {"layers": True}
    yield "excite", Excite(), clip(1, 3, 4, 6, 5), {"layers": True, "opset": 14}
    yield "frames2d", Frames2d(5), clip(5, 3, 20, 22), {}
    yield "segments", Segments(), clip(1, 6, 3, 9, 8), {}
    yield "functions", Functions(), clip(1, 3, 4, 5, 5), {}
    yield "functions_11", Functions(), clip(1, 3, 4, 5, 5), {"opset": 11}
    yield "shapes", Shapes(), clip(1, 3, 4, 8, 9), {}
    yield "sampled", Sampled(), clip(1, 3, 9, 8), {"opset": 16}
    yield "two_clips", TwoClips(), {"clips": clip(1, 3, 5, 8, 8), "frames": clip(1, 3, 9, 8)},\
            {"opset": 16}
    yield "slow_fast", SlowFast(), {"slow": clip(1, 3, 2, 6, 6), "fast": clip(1, 3, 8, 6, 6)}, {}


def randomize(model):
    for m in model.modules():
        if isinstance(m, (nn.BatchNorm3d, nn.BatchNorm2d)):
            nn.init.uniform_(m.weight, 0.6, 1.4)
            nn.init.normal_(m.bias, 0, 0.2)
            nn.init.normal_(m.running_mean, 0, 0.3)
            nn.init.uniform_(m.running_var, 0.4, 2)
    return model.eval()


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "data", "onnx")
    os.makedirs(folder, exist_ok=True)
    warnings.filterwarnings("ignore")
    for seed, (name, model, inputs, how) in enumerate(cases()):
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        torch.manual_seed(seed)
        model = randomize(model)
        path = os.path.join(folder, name)
        several = isinstance(inputs, dict)
        names = list(inputs) if several else ["x"]
        mode = torch.onnx.TrainingMode
        torch.onnx.export(model, tuple(inputs.values()) if several else inputs, path + ".onnx",
                          opset_version=how.get("opset", 13), input_names=names,
                          training=mode.PRESERVE if how.get("layers") else mode.EVAL,
                          dynamic_axes={"x": {0: "n"}} if how.get("dynamic") else None)
        if how.get("layers"):
            store(model, inputs, path + ".safetensors")
            continue
        values = {k + ".input": v for k, v in inputs.items()} if several else {"input": inputs}
        with torch.no_grad():
            y = model(*inputs.values()) if several else model(inputs)
        if name == "frames2d":  # a fixed batch of pictures is the frames of one window
            values["input"] = inputs.transpose(0, 1)[None]
        elif name == "segments":
            values["input"] = inputs.transpose(1, 2)
        values["probs" if name == "two_clips" else "logits"] = y
        save(path + ".safetensors", values)


if __name__ == "__main__":
    main()
