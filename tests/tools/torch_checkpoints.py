#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/checkpoints with PyTorch (1.13 was used): files as training code saves them, and
files that no program should load. torch_checkpoints.py FOLDER

values*: one dictionary of tensors of every type and layout, in both formats, several protocols and
wrappings; tests/io/torch_file.c knows what is in it. net*: the weights of a small network, as
safetensors and in the ways that checkpoints carry it. The rest are refused, each for its reason."""
import argparse
import collections
import io
import json
import os
import pickle
import struct
import sys
import zipfile

import numpy
import torch

OLD = {"_use_new_zipfile_serialization": False}
folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def values():
    base = torch.arange(24.0).reshape(2, 3, 4) * 0.5 - 1
    return collections.OrderedDict(
        f32=torch.arange(6.0).reshape(2, 3) * 0.5 - 1,
        f16=(torch.arange(4.0) * 0.25 - 0.5).half(),
        bf16=torch.tensor([1.5, -2.0, 384.0]).bfloat16(),
        f64=torch.tensor([0.1, -1e-3], dtype=torch.float64),
        i64=torch.tensor(41),
        i32=torch.tensor([1, -2, 3], dtype=torch.int32),
        u8=torch.tensor([0, 255], dtype=torch.uint8),
        flag=torch.tensor([True, False]),
        parameter=torch.nn.Parameter(torch.tensor([7.0])),
        empty=torch.empty(0, 3),
        whole=base,
        part=base[1, 1:, 1:3],
        turned=base.permute(2, 0, 1),
        half_turned=(torch.arange(6.0).reshape(2, 3)).half().t(),
    )


def around(state):
    """What training code saves beside the weights."""
    return {
        "epoch": 3,
        "arch": "net",
        "best": numpy.float64(0.5),
        "args": argparse.Namespace(lr=0.1, shape=slice(1, 2), names={"a", "b"}),
        "state_dict": collections.OrderedDict(("module." + k, v) for k, v in state.items()),
        "optimizer": {
            "state": {0: {"step": 1, "m": torch.zeros(3), "c": torch.zeros(2, dtype=torch.cfloat)}},
            "param_groups": [{"lr": 0.1, "params": [0, 1]}],
        },
    }


def big_endian(source, target):
    """The same archive as a machine of the other byte order writes it."""
    sizes = {"HalfStorage": 2, "BFloat16Storage": 2, "DoubleStorage": 8, "LongStorage": 8,
             "FloatStorage": 4, "IntStorage": 4, "ByteStorage": 1, "BoolStorage": 1}
    kinds = {}

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            return type(name, (), {"__init__": lambda s, *a: None, "__setitem__": lambda *a: None})

        def persistent_load(self, pid):
            kinds[pid[2]] = sizes[pid[1].__name__]

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        names = old.namelist()
        data = next(n for n in names if n.endswith("/data.pkl"))
        Reader(io.BytesIO(old.read(data))).load()
        for name in names:
            record = old.read(name)
            key = name.rsplit("/", 1)[1]
            if "/data/" in name:
                record = numpy.frombuffer(record, "V%d" % kinds[key]).tobytes()
                size = kinds[key]
                record = b"".join(record[i:i + size][::-1] for i in range(0, len(record), size))
            new.writestr(name, record)
        new.writestr(data.replace("data.pkl", "byteorder"), b"big")


def old_views(target):
    """A file of Python 2 and PyTorch 0.3: strings of bytes, OrderedDict as a list of pairs, views
    that name their root storage."""
    magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
    head = magic + b"\x80\x02M\xe9\x03." + b"\x80\x02}U\rlittle_endian\x88s."
    entry = (b"(U%c%sctorch._utils\n_rebuild_tensor\n((U\x07storagectorch\nFloatStorage\n"
             b"U\x03keyU\x03cpuK\x06%stQK%c(K%ct(K\x01ttRla")
    view = b"(U\x01vK\x02K\x04t"
    body = b"".join(entry % (len(name), name, within, offset, count)
                    for name, within, offset, count in ((b"a", b"N", 0, 6), (b"b", view, 1, 3)))
    obj = b"\x80\x02ccollections\nOrderedDict\n(]" + body + b"tR."
    keys = b"\x80\x02]U\x03keya."
    data = struct.pack("<q6f", 6, *range(6))
    with open(target, "wb") as f:
        f.write(head + obj + keys + data)


def safetensors(target, state):
    header, data = {}, b""
    for name, t in state.items():
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": {torch.float32: "F32", torch.int64: "I64"}[t.dtype],
                        "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(target, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def network():
    """A 3D ResNet-10 of Hara et al. with projections, 1, 1, 2 and 2 channels, 3 classes."""
    torch.manual_seed(1)
    state = collections.OrderedDict()

    def conv(name, out, inputs, *kernel):
        state[name + ".weight"] = torch.randn(out, inputs, *kernel).mul(0.3).half().float()

    def norm(name, n):
        for key, t in (("weight", torch.rand(n) + 0.5), ("bias", torch.randn(n) * 0.1),
                       ("running_mean", torch.randn(n) * 0.1), ("running_var", torch.rand(n) + 0.5)):
            state[name + "." + key] = t.half().float()
        state[name + ".num_batches_tracked"] = torch.tensor(5)

    conv("conv1", 1, 3, 7, 7, 7)
    norm("bn1", 1)
    inputs = 1
    for stage, out in enumerate((1, 1, 2, 2), 1):
        block = "layer%d.0." % stage
        for i, n in ((1, inputs), (2, out)):
            conv(block + "conv%d" % i, out, n, 3, 3, 3)
            norm(block + "bn%d" % i, out)
        if stage > 1:
            conv(block + "downsample.0", out, inputs, 1, 1, 1)
            norm(block + "downsample.1", out)
        inputs = out
    state["fc.weight"] = torch.randn(3, 2).half().float()
    state["fc.bias"] = torch.randn(3).half().float()
    return state


class Harm:
    def __reduce__(self):
        return os.system, ("true",)


def main():
    v = values()
    torch.save(v, path("values.pth"))
    torch.save(v, path("values4.pt"), pickle_protocol=4)
    torch.save(v, path("values_old.pth"), **OLD)
    torch.save(around(v), path("values_nested.pth"))
    torch.save(around(v), path("values_nested_old.pth.tar"), pickle_protocol=3, **OLD)
    big_endian(path("values.pth"), path("values_big.pth"))
    old_views(path("views_old.pth"))

    n = network()
    safetensors(path("net.safetensors"), n)
    torch.save(n, path("net.pth"))
    torch.save(around(n), path("net_parallel.pth.tar"), **OLD)
    torch.save({"model_state": {k: t.half() for k, t in n.items() if "tracked" not in k}},
               path("net_half.pt"))
    torch.save({"net": {k: t.double() for k, t in n.items()}}, path("net_double.pt"))
    flat = collections.OrderedDict()  # [1, C], as batch norms were once saved, and odd layouts
    for k, t in n.items():
        flat[k] = t.reshape(1, -1) if "bn" in k and t.dim() == 1 else t
        if t.dim() == 5:
            flat[k] = t.permute(4, 3, 2, 1, 0).contiguous().permute(4, 3, 2, 1, 0)
    torch.save({"model": flat}, path("net_layouts.pth"))

    torch.save({"state_dict": {"a": torch.ones(2)}, "extra": Harm()}, path("harm.pth"))
    torch.save({"state_dict": {"a": torch.ones(2)}, "extra": Harm()}, path("harm_old.pth"), **OLD)
    with open(path("harm.pkl"), "wb") as f:
        pickle.dump(Harm(), f, 0)
    torch.save(torch.nn.Linear(2, 2), path("module.pth"))
    torch.jit.script(torch.nn.Linear(2, 2)).save(path("script.pt"))
    torch.save({"a": torch.sparse_coo_tensor([[0], [1]], [2.0], (2, 2))}, path("sparse.pth"))
    torch.save({"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
               path("quantized.pth"))
    torch.save({"a": torch.zeros(2, dtype=torch.cfloat)}, path("complex.pth"))
    torch.save(torch.ones(3), path("one_tensor.pth"))
    torch.save({"epoch": 1, "loss": [1.0]}, path("no_tensor.pth"))


main()
