#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/op/*.safetensors: operator inputs and what PyTorch makes of them.

Usage: torch_vectors.py [FOLDER]. Needs torch and numpy; the tests do not: the files are committed.
Everything is computed in float64 and rounded once, except where float rounding is the definition
(normalize, residual). Case PREFIX of a file has PREFIX.NODE for every source and PREFIX.y.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

random = np.random.RandomState(20240601)


def normal(*shape):
    return torch.from_numpy(random.standard_normal(shape).astype(np.float32))


def save(folder, name, cases):
    """cases: {prefix: {node: tensor}}; float64 results become float32."""
    header, blobs, offset = {}, [], 0
    for prefix, tensors in cases.items():
        for node, tensor in tensors.items():
            a = tensor.detach().numpy()
            a = np.ascontiguousarray(a if a.dtype == np.uint8 else a.astype(np.float32))
            raw = a.tobytes()
            header[prefix + "." + node] = {
                "dtype": "U8" if a.dtype == np.uint8 else "F32",
                "shape": list(a.shape),
                "data_offsets": [offset, offset + len(raw)],
            }
            offset += len(raw)
            blobs.append(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path = os.path.join(folder, name + ".safetensors")
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    print(path, 8 + len(text) + offset)


def conv(n, c_in, size, c_out, kernel, bias=False, groups=1, add=False, act=None, **how):
    x = normal(n, c_in, *size)
    w = normal(c_out, c_in // groups, *kernel)
    case = {"x": x, "w": w}
    if bias:
        case["b"] = normal(c_out)
    y = F.conv3d(x.double(), w.double(), case["b"].double() if bias else None, groups=groups, **how)
    if add:
        case["a"] = normal(*y.shape)
        y = y + case["a"].double()
    case["y"] = act(y) if act else y
    return case


def convolutions():
    return {
        "plain": conv(1, 4, (3, 5, 6), 20, (3, 3, 3)),
        "stem": conv(1, 3, (4, 13, 11), 18, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3)),
        "bias_relu": conv(2, 17, (2, 5, 4), 16, (3, 3, 3), bias=True, padding=1, act=F.relu),
        "add_elu": conv(1, 8, (2, 5, 4), 21, (1, 3, 3), bias=True, add=True, act=F.elu,
                        padding=(0, 1, 1)),
        "stride": conv(1, 16, (4, 7, 5), 33, (1, 1, 1), stride=2),
        "dilation": conv(1, 5, (5, 7, 6), 16, (2, 3, 3), dilation=(2, 1, 2), padding=(1, 1, 2)),
        "groups": conv(1, 32, (2, 4, 5), 32, (3, 3, 3), groups=8, padding=1),
        "depthwise": conv(2, 19, (3, 4, 5), 19, (3, 3, 3), groups=19, padding=1, bias=True),
        "temporal": conv(1, 24, (5, 3, 3), 16, (3, 1, 1), padding=(1, 0, 0)),
    }


def linears():
    x, w, b = normal(3, 37), normal(21, 37), normal(21)
    return {
        "plain": {"x": x, "w": w, "y": F.linear(x.double(), w.double())},
        "bias": {"x": x, "w": w, "b": b, "y": F.linear(x.double(), w.double(), b.double())},
    }


def points():
    x, other = normal(2, 3, 2, 3, 4), normal(2, 3, 2, 3, 4)
    wide = normal(2, 19, 2, 3, 4)
    gamma, beta, mean, var = normal(19), normal(19), normal(19), normal(19).abs() + 0.1
    scores = normal(3, 37) * 4
    inf, nan = float("inf"), float("nan")
    extreme = torch.tensor([[1e4, 9999.0, -1e4, 0, 1e4, 3], [1, -inf, 2, -inf, 0, 1],
                            [1, 2, nan, 3, 4, 5], [1, inf, 2, 3, 4, 5], [-inf] * 6])
    return {
        "relu": {"x": x, "y": F.relu(x)},
        "elu": {"x": x * 3, "y": F.elu((x * 3).double())},
        "sigmoid": {"x": x * 3, "y": torch.sigmoid((x * 3).double())},
        "add": {"a": x, "b": other, "y": F.relu(x + other)},
        "batchnorm": {
            "x": wide, "gamma": gamma, "beta": beta, "mean": mean, "var": var,
            "y": F.batch_norm(wide.double(), mean.double(), var.double(), gamma.double(),
                              beta.double(), eps=1e-3)},
        "softmax": {"x": scores, "y": F.softmax(scores.double(), 1)},
        "softmax_extreme": {"x": extreme, "y": extreme_softmax(extreme)},
    }


def extreme_softmax(x):
    """A row with a NaN or +inf is NaN throughout, so that it cannot be taken for a result."""
    y = F.softmax(x.double(), 1)
    y[torch.isnan(y).any(1)] = float("nan")
    return y


def pools():
    x = normal(1, 5, 3, 7, 6)
    d = x.double()
    holes = normal(1, 2, 3, 4, 4)
    holes[0, 0, 1, 2, 1] = float("nan")
    uneven = dict(kernel_size=(2, 3, 3), stride=2)
    same = F.max_pool3d(F.pad(x, (0, 1, 1, 1, 1, 1)), 3, (1, 2, 2))
    inside = dict(count_include_pad=False)
    return {
        "max": {"x": x, "y": F.max_pool3d(x, 3, 2, 1)},
        "max_ceil": {"x": x, "y": F.max_pool3d(x, padding=(0, 1, 1), ceil_mode=True, **uneven)},
        "max_same": {"x": x, "y": same},
        "max_nan": {"x": holes, "y": F.max_pool3d(holes, 2, 1)},
        "avg": {"x": x, "y": F.avg_pool3d(d, 3, 2, 1)},
        "avg_inside": {"x": x, "y": F.avg_pool3d(d, 3, 2, 1, **inside)},
        "avg_ceil": {"x": x, "y": F.avg_pool3d(d, padding=1, ceil_mode=True, **uneven)},
        "avg_ceil_inside": {
            "x": x, "y": F.avg_pool3d(d, padding=1, ceil_mode=True, **uneven, **inside)},
        "global": {"x": x, "y": d.mean((2, 3, 4))},
        "frame": {"x": x, "y": d.mean((3, 4), keepdim=True)},
    }


def shapes():
    x, a, b, c = (normal(2, n, 2, 3, 4) for n in (5, 3, 18, 2))
    s = normal(2, 5, 3, 4, 5)
    short = F.avg_pool3d(s, 1, 2)
    short = torch.cat([short, torch.zeros(2, 7, *short.shape[2:])], 1)
    rows = [normal(2, 7) for _ in range(3)]
    windows = normal(3, 7)
    return {
        "flatten": {"x": x, "y": torch.flatten(x, 1)},
        "concat": {"a": a, "b": b, "c": c, "y": torch.cat([a, b, c], 1)},
        "shortcut": {"x": s, "y": short},
        "average": dict(zip("abc", rows), y=torch.stack(rows).double().mean(0)),
        "mean_windows": {"x": windows, "y": windows.double().mean(0, keepdim=True)},
    }


def residuals():
    x = normal(1, 3, 6, 4, 5)
    a, b, rolled = x[:, :, :-1], x[:, :, 1:], torch.roll(x, 1, 2)
    return {
        "abs": {"x": x, "y": (b - a).abs()},
        "signed": {"x": x, "y": x[:, :, 2:] - x[:, :, :-2]},
        "half": {"x": x, "y": ((a - b) + 1) / 2},
        "roll_signed": {"x": x, "y": x - rolled},
        "roll_half": {"x": x, "y": ((rolled - x) + 1) / 2},
        "replicate": {"x": x, "y": (torch.cat([b, x[:, :, -1:]], 2) - x).abs()},
        "zero": {"x": x, "y": (F.pad(b, (0, 0, 0, 0, 0, 1)) - x).abs()},
        "circular": {"x": x, "y": (torch.roll(x, -1, 2) - x).abs()},
    }


def attention():
    """f * M + f, as a network's module has it."""
    random.seed(20240603)
    x, clip, frame = normal(2, 6, 4, 3, 5), normal(2, 6), normal(2, 6, 4, 1, 1)
    w = normal(5, 6, 1, 1, 1)
    scaled = x.double() * clip[..., None, None, None].double() + x
    return {
        "clip": {"x": x, "m": clip, "y": scaled},
        "conv": {"x": x, "m": clip, "w": w, "y": F.conv3d(scaled, w.double())},
        "frame": {"x": x, "m": frame, "y": x.double() * frame.double() + x},
    }


def feature_residuals():
    """relu(conv3x1x1), then |f(t+1) - f(t)|, where the last frame has no next one."""
    random.seed(20240602)
    x, w, b = normal(1, 4, 19, 2, 2), normal(16, 4, 3, 1, 1), normal(16)
    f = F.relu(F.conv3d(x.double(), w.double(), b.double(), padding=(1, 0, 0)))
    following = {
        "replicate": torch.cat([f[:, :, 1:], f[:, :, -1:]], 2),
        "zero": F.pad(f[:, :, 1:], (0, 0, 0, 0, 0, 1)),
        "circular": torch.roll(f, -1, 2),
    }
    return {
        last: {"x": x, "w": w, "b": b, "y": torch.cat([f, (after - f).abs()], 1)}
        for last, after in following.items()
    }


def preprocess():
    x = torch.from_numpy(random.randint(0, 256, (1, 3, 3, 4, 5)).astype(np.uint8))

    def normalized(scale, mean, std):
        row = lambda v: torch.tensor(v, dtype=torch.float32).reshape(1, 3, 1, 1, 1)
        return (x.float() * np.float32(scale) - row(mean)) / row(std)

    return {
        "new": {"x": x, "y": normalized(0.003921569, [0.4345, 0.4051, 0.3775],
                                        [0.2768, 0.2713, 0.2737])},
        "i3d": {"x": x, "y": normalized(0.007843138, [1.0] * 3, [1.0] * 3)},
        "old": {"x": x, "y": normalized(1, [114.7748, 107.7354, 99.475], [1.0] * 3)},
    }


def positions():
    x, w, b = normal(2, 19, 3, 2, 5), normal(21, 19), normal(21)
    last = lambda t: t.double().movedim(1, -1)
    y = F.linear(last(x), w.double(), b.double()).movedim(-1, 1)
    steep = torch.linspace(-120, 120, 2 * 3 * 2 * 3 * 4).reshape(2, 3, 2, 3, 4)
    far = torch.tensor([[-1e30, -3e38, -103, -87.9, -88.1, 3]])
    silu = lambda v: {"x": v, "y": F.silu(v.double())}
    return {
        "linear": {"x": x, "w": w, "b": b, "y": y},
        "linear_swish": {"x": x, "w": w, "b": b, "y": F.silu(y)},
        "swish": silu(steep),
        "swish_far": silu(far),
    }


def elementwise():
    x = normal(2, 19, 2, 3, 4) * 3
    d = x.double()
    functions = {
        "affine": d * 0.75 - 0.5,
        "abs": d.abs(),
        "sqrt": None,
        "square": d * d,
        "exp": d.exp(),
        "tanh": d.tanh(),
        "clip": d.clamp(-1, 2.5),
        "leaky_relu": F.leaky_relu(d, 0.125),
        "elu": F.elu(d, 0.5),
        "hardsigmoid": F.hardsigmoid(d),
        "hardswish": F.hardswish(d),
    }
    functions = {k: {"x": x, "y": y} for k, y in functions.items() if y is not None}
    positive = x.abs() + 0.25
    functions["sqrt"] = {"x": positive, "y": positive.double().sqrt()}
    functions["pow"] = {"x": positive, "y": positive.double().pow(-1.5)}
    a, b, w = normal(2, 5, 3, 2, 4), normal(2, 5, 1, 1, 1), normal(1, 5, 1, 2, 4) + 3
    two = {
        "mul": {"a": a, "b": b, "y": a.double() * b.double()},
        "div": {"a": a, "w": w, "y": a.double() / w.double()},
        "sub": {"a": a, "w": w, "y": w.double() - a.double()},
        "max": {"a": a, "b": b, "y": torch.maximum(a, b)},
        "min": {"a": a, "b": b, "y": torch.minimum(a, b)},
        "pow_of": {"a": a.abs(), "w": w, "y": a.abs().double().pow(w.double())},
    }
    return {**functions, **two}


def movements():
    x, row = normal(2, 5, 4, 3, 6), normal(2, 12)
    one, m = normal(2, 1, 3, 1, 4), normal(2, 7, 4, 5, 1)
    return {
        "slice": {"x": x, "y": x[:, 1:4:2, 1:3, :, 1::3]},
        "flip": {"x": x, "y": x.flip(2, 4)},
        "pad": {"x": x, "y": F.pad(x, (1, 2, 0, 1, 3, 0, 2, 1), value=-1.5)},
        "edge": {"x": x, "y": F.pad(x, (1, 2, 2, 0, 0, 3), mode="replicate")},
        "reflect": {"x": x, "y": F.pad(x, (3, 5, 1, 2, 3, 0), mode="reflect")},
        "transpose": {"x": x, "y": x.permute(0, 3, 1, 4, 2)},
        "expand": {"x": one, "y": one.expand(2, 6, 3, 5, 4)},
        "reshape": {"x": x, "y": x.reshape(2, 3, 10, 4, 3)},
        "reshape_rows": {"x": row, "y": row.reshape(2, 3, 1, 2, 2)},
        "matmul": {"x": x, "m": m, "y": torch.einsum("nkthw,nmtkz->nmthw", x.double(), m.double())},
    }


def grids():
    x, v = normal(2, 5, 3, 6, 7), normal(2, 2, 3, 4, 5) * 1.3
    frames = lambda t: t.double().transpose(1, 2).flatten(0, 1)
    cases = {}
    for mode in ("bilinear", "nearest"):
        for border in ("zeros", "border", "reflection"):
            for align in (0, 1):
                y = F.grid_sample(frames(x), frames(v).permute(0, 2, 3, 1), mode, border, bool(align))
                y = y.reshape(2, 3, 5, 4, 5).transpose(1, 2)
                cases["%s_%s_%d" % (mode, border, align)] = {"x": x, "v": v, "y": y}
    return cases


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "data", "op")
    os.makedirs(folder, exist_ok=True)
    save(folder, "conv3d", convolutions())
    save(folder, "linear", linears())
    save(folder, "point", points())
    save(folder, "pool", pools())
    save(folder, "shape", shapes())
    save(folder, "residual", residuals())
    save(folder, "preprocess", preprocess())
    save(folder, "attention", attention())
    save(folder, "feature_residual", feature_residuals())
    save(folder, "positions", positions())
    save(folder, "winograd", {
        "plain": conv(2, 24, (3, 8, 9), 32, (3, 3, 3), bias=True, padding=1, act=F.relu),
        "time": conv(1, 24, (9, 3, 5), 32, (3, 1, 1), add=True, padding=(1, 0, 0)),
    })
    save(folder, "elementwise", elementwise())
    save(folder, "movements", movements())
    save(folder, "grids", grids())
    save(folder, "product", {
        "bias_relu": conv(2, 17, (2, 5, 4), 16, (1, 1, 1), bias=True, act=F.relu),
    })


if __name__ == "__main__":
    main()
