# SPDX-License-Identifier: MIT
"""PyTorch's forms of a module, timed."""
import os
import re
import time
import warnings

import torch
import torch.nn as nn

CONVS = (nn.Conv2d, nn.Conv3d)


class Samples:
    """Milliseconds of runs; rounds are kept apart."""

    def __init__(self):
        self.rounds = []

    def add(self, times):
        self.rounds.append(sorted(times))

    def best(self):
        return min(r[0] for r in self.rounds)

    def median(self):
        """Of the rounds' medians: all that a clact process tells is a median."""
        return median([median(r) for r in self.rounds])


def median(values):
    return sorted(values)[len(values) // 2]


def time_runs(call, repeats, seconds):
    """Milliseconds of each run, after one that is not counted, until `seconds` are over."""
    times, start = [], time.perf_counter()
    while len(times) <= repeats:
        begin = time.perf_counter()
        call()
        end = time.perf_counter()
        times.append((end - begin) * 1e3)
        if end - start > seconds:
            break
    return times[1:] or times


def fill(net):
    """Weights under which values neither vanish, which would time denormals, nor overflow."""
    for m in net.modules():
        if isinstance(m, CONVS):
            nn.init.kaiming_normal_(m.weight)
    return net.eval()


def trace(net, inputs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes that are Python numbers: they are constant here
        return torch.jit.trace(net, inputs, check_trace=False)


def freeze(net, inputs):
    return torch.jit.optimize_for_inference(torch.jit.freeze(trace(net, inputs)))


def parameters(net):
    return sum(p.numel() for p in net.parameters())


def forms(builds, shapes):
    """(kind, label, call) of each form of each build, warmed up; and the number of parameters."""
    torch.manual_seed(1)
    inputs, made = [torch.randn(s) for s in shapes], []
    for label, build in builds.items():
        net = fill(build())
        frozen = freeze(net, inputs)
        made.append(("frozen", label, lambda f=frozen: f(*inputs)))
        made.append(("eager", label, lambda f=net: f(*inputs)))
        for _ in range(2):  # the executor of TorchScript changes its graph after the first run
            frozen(*inputs)
    return made, parameters(net)


def libraries():
    """What PyTorch multiplies matrices and convolves with: files that this process has loaded."""
    try:
        with open("/proc/self/maps") as f:
            found = set(re.findall(r"/(lib(?:[a-z]*blas|mkl|dnnl|blis)[^/\s]*)$", f.read(), re.M))
    except OSError:
        found = set()
    return sorted(found)


def describe():
    config = torch.__config__.show()
    blas = re.search(r"BLAS_INFO=(\w+)", config)
    onednn = re.search(r"MKL-DNN v([\d.]+)", config)
    return {"version": torch.__version__, "threads": torch.get_num_threads(),
            "blas": blas.group(1) if blas else "unknown",
            "onednn": onednn.group(1) if onednn else "none", "libraries": libraries(),
            "freed_memory_is_kept": os.environ.get("MALLOC_MMAP_MAX_") == "0"}
