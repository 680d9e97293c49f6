# SPDX-License-Identifier: MIT
"""PyTorch's forms of a module on a GPU (cuda, which is AMD's as well, or xpu), timed."""
import copy

import torch

import torch_side

# Both layouts are timed, the faster counts: cuDNN has good kernels for either.
LAYOUTS = {"": torch.contiguous_format, "channels last": torch.channels_last_3d}


def names(label, layout):
    return ", ".join(part for part in (label, layout) if part)


def tf32(allowed):
    """Products of 19 bits on NVIDIA's GPUs, which are not float32."""
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def laid_out(x, layout):
    return x.to(memory_format=layout) if x.dim() == 5 else x


def caller(f, inputs, device, allowed):
    """A run is over when the GPU is done, as for clact."""
    wait = getattr(torch, torch.device(device).type).synchronize

    def call():
        tf32(allowed)
        f(*inputs)
        wait()
    return call


def warmed_up(call):
    """cuDNN tries its algorithms on the first run, TorchScript changes its graph after it."""
    for _ in range(3):
        call()
    return call


def forms(builds, shapes, device):
    """As torch_side.forms; tf32 is for information, and on NVIDIA's GPUs only."""
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    made, nvidia = [], torch.device(device).type == "cuda" and torch.version.hip is None
    for label, build in builds.items():
        built = torch_side.fill(build()).to(device)
        for name, layout in LAYOUTS.items():
            net = copy.deepcopy(built)
            inputs = [laid_out(torch.randn(s, device=device), layout) for s in shapes]
            for p in net.parameters():
                p.data = laid_out(p.data, layout)
            form = names(label, name)
            frozen = torch.jit.freeze(torch_side.trace(net, inputs))
            kinds = {"frozen": (frozen, False), "eager": (net, False)}
            if nvidia:
                kinds["tf32"] = (frozen, True)
            for kind, (f, allowed) in kinds.items():
                made.append((kind, form, warmed_up(caller(f, inputs, device, allowed))))
    return made, torch_side.parameters(net)


def describe(device):
    kind = torch.device(device).type
    props = getattr(torch, kind).get_device_properties(device)
    cudnn = torch.backends.cudnn.version() if torch.backends.cudnn.is_available() else None
    return {"version": torch.__version__, "device": props.name,
            "memory": props.total_memory, "cudnn": str(cudnn or "none"),
            "cuda": str(torch.version.cuda), "hip": str(torch.version.hip)}
