# SPDX-License-Identifier: MIT
"""Single convolutions: clact's kernels against oneDNN's, both on the layout that each likes."""
import re

import torch

import entries
import report
from torch_side import Samples, time_runs


def numbers(text):
    values = [int(v) for v in text.split("x")]
    return values * 3 if len(values) == 1 else values


def parse(spec):
    """n1c64t16h56w56k64x3x3x3s1p1: the shape of the input, of the weights, stride, pad."""
    f = dict(re.findall(r"([a-z])(\d+(?:x\d+)*)", spec))
    outputs, *kernel = (int(v) for v in f["k"].split("x"))
    shape = [int(f[k]) for k in "ncthw"]
    return shape, [outputs, shape[1]] + kernel, numbers(f["s"]), numbers(f["p"])


def blocked(shape):
    """A tensor in the layout that oneDNN's convolutions hand on: the result of one of them."""
    n, c, t, h, w = shape
    x = torch.randn(shape).to_mkldnn()
    if c < 16:  # plain frames: what the first layer of a network gets
        return x
    weight = torch.randn(c, c, 1, 1, 1).to_mkldnn()
    return torch.mkldnn_convolution(x, weight, None, [0] * 3, [1] * 3, [1] * 3, 1)


def onednn(spec):
    """A call of the convolution alone: weights are reordered beforehand, nothing is afterwards."""
    shape, weights, stride, pad = parse(spec)
    x = blocked(shape)
    packed = torch._C._nn.mkldnn_reorder_conv3d_weight(
        torch.randn(weights).to_mkldnn(), pad, stride, [1] * 3, 1)
    return lambda: torch.mkldnn_convolution(x, packed, None, pad, stride, [1] * 3, 1)


def gflop(spec):
    shape, weights, stride, pad = parse(spec)
    count = 2
    for n in weights:
        count *= n
    for n, k, s, p in zip(shape[2:], weights[2:], stride, pad):
        count *= (n + 2 * p - k) // s + 1
    return count / 1e9


def steps_of(bench, spec):
    """Milliseconds of all steps that the convolution takes, and their share of the roof."""
    steps = [s for s in bench["steps"] if s["node"] == spec]
    ms = sum(s["ms"] for s in steps)
    return ms, sum(s["roof"] * s["ms"] for s in steps) / ms


def measure_one(clact, layer, options):
    name, times, spec = layer
    call, kinds = onednn(spec), [False] + ([True] if clact.strict else [])
    ours, theirs, last = {k: [] for k in kinds}, Samples(), None
    for i in range(options.rounds):
        report.progress("%s: round %d of %d" % (name, i + 1, options.rounds))
        for strict in kinds:
            last = clact.bench("--conv", spec, repeats=options.repeats, strict=strict)
            ours[strict].append(steps_of(last, spec))
        theirs.add(time_runs(call, options.repeats, options.seconds))
    ms, roof = min(ours[False])
    result = {"layer": name, "times": times, "conv": spec, "clact_ms": ms, "clact_roof": roof,
              "clact_gflops": gflop(spec) / ms * 1e3, "onednn_ms": theirs.best(),
              "onednn_gflops": gflop(spec) / theirs.best() * 1e3, "ratio": theirs.best() / ms}
    if clact.strict:
        strict_ms = min(ours[True])[0]
        result.update(strict_ms=strict_ms, strict_ratio=theirs.best() / strict_ms)
    return result, last


def measure(clact, options):
    rows, last = [], None
    for layer in entries.LAYERS:
        row, last = measure_one(clact, layer, options)
        rows.append(row)
    return rows, last
