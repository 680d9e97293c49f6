#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks at the sizes of their papers, in PyTorch and through `golden`, one after the other.

    torch_networks.py GOLDEN DIR NAME...

Weights are seeded random numbers (tests/torch/seeded.py), made in DIR and deleted after each. Every
value must be within 1e-4 of the largest of its tensor. One line a network; exit 1 if one fails.
"""
import copy
import json
import os
import re
import struct
import subprocess
import sys
import time

import numpy as np
import torch

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))
import networks  # noqa: E402
import seeded  # noqa: E402

LIMIT = 1e-4
AXES = {2: "NC", 4: "TCHW", 5: "NCTHW"}


def save(path, tensors):
    types = {"float32": "F32", "uint8": "U8", "int64": "I64"}
    header, at = {}, 0
    for k, a in tensors.items():
        header[k] = {"dtype": types[a.dtype.name], "shape": list(a.shape),
                     "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in tensors.values():
            f.write(np.ascontiguousarray(a).data if a.size else b"")


def run(net, inputs, taps=()):
    """Every value that is compared, by its node."""
    seen, hooks = {}, []
    for name in taps:
        hooks.append(net.get_submodule(name).register_forward_hook(
            lambda m, i, out, name=name: seen.__setitem__("act." + name, out.clone())))
    with torch.no_grad():
        out = net(*inputs)
    for h in hooks:
        h.remove()
    if isinstance(out, tuple):
        seen["motion.logits"], seen["appearance.logits"], seen["probs"] = out
    else:
        seen["logits"], seen["probs"] = out, torch.softmax(out, 1)
    return seen


def largest_error(got, want):
    """Relative to the largest value of each tensor."""
    return max(float((got[k].double() - want[k].double()).abs().max() / want[k].abs().max())
               for k in want)


def scores(values):
    return {k: v for k, v in values.items() if k.endswith("logits")}


def check_scores(name, net, values, seed):
    """Scores that hardly differ, between classes or between inputs, would prove nothing."""
    other = scores(run(net, networks.inputs_of(name, seed + 50)[1]))
    for k, v in scores(values).items():
        assert 1 <= float(v.std()) <= 3, "%s: the spread of %s is %g" % (name, k, v.std())
    change = largest_error(other, scores(values))
    assert change > 100 * LIMIT, "%s: another input changes the scores by %g only" % (name, change)


def own_error(name, net, seed):
    """PyTorch's float32 against its float64, where the latter is quick enough."""
    inputs = networks.inputs_of(name, seed, networks.NETWORKS[name].small)[1]
    exact = run(copy.deepcopy(net).double(), [x.double() for x in inputs])
    return largest_error(scores(run(net, inputs)), scores(exact))


def write_case(folder, name, net, frames, inputs, values):
    case = networks.NETWORKS[name]
    stored = {k: v.numpy() for k, v in values.items()}
    if name == "two_path":
        feed = {"motion.normalized": "clips", "appearance.input": "images"}
        stored["clips"], stored["images"] = (x.numpy() for x in inputs)
    else:
        feed = {"input": "input"}
        stored["input"], stored["frames"] = inputs[0].numpy(), frames
    tolerance = {k: LIMIT * float(v.abs().max()) for k, v in values.items()}
    spec = dict(name=name, arch=case.arch, kwargs=case.options, preproc=case.norm,
                residual={"mode": "abs", "step": 1} if name == "two_path" else None, feed=feed,
                axes={k: AXES[v.dim()] for k, v in values.items()}, tolerance=tolerance)
    save(os.path.join(folder, name + ".io.safetensors"), stored)
    save(os.path.join(folder, name + ".weights.safetensors"),
         {k: v.numpy() for k, v in net.state_dict().items()})
    with open(os.path.join(folder, "manifest.json"), "w") as f:
        json.dump([spec], f)


def check(golden, folder, name):
    start, seed = time.time(), 100 + list(networks.NETWORKS).index(name)
    case = networks.NETWORKS[name]
    net = case.build()
    frames, inputs = networks.inputs_of(name, seed)
    params, macs = seeded.prepare(net, inputs, seed)
    assert params == case.params, "%s: %d parameters, not %d" % (name, params, case.params)
    assert abs(macs / 1e9 - case.gmac) < 1e-3, "%s: %.4f GMAC" % (name, macs / 1e9)
    values = run(net, inputs, [t for t in case.taps if not t.endswith("logits")])
    check_scores(name, net, values, seed)
    own = own_error(name, net, seed)
    assert own < LIMIT / 5, "%s: PyTorch's own error is %g" % (name, own)
    write_case(folder, name, net, frames, inputs, values)
    made = time.time()
    del net, values, inputs, frames
    out = subprocess.run([golden, folder, name], stdout=subprocess.PIPE, text=True)
    for f in os.listdir(folder):
        os.remove(os.path.join(folder, f))
    found = re.search(r"worst (\S+) of tolerance \((.*)\)", out.stdout)
    if not found:
        print(out.stdout.strip(), flush=True)
        return False
    print("%-4s %-14s %.1e of the largest value (%s); PyTorch's own error %.1e; "
          "%.1f million parameters, %.1f GMAC; %.0f + %.0f s" %
          ("FAIL" if out.returncode else "ok", name, float(found[1]) * LIMIT, found[2], own,
           params / 1e6, macs / 1e9, made - start, time.time() - made), flush=True)
    return out.returncode == 0


def main():
    golden, folder, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    torch.set_num_threads(os.cpu_count())
    if names == ["all"]:
        names = list(networks.NETWORKS)
    unknown = set(names) - set(networks.NETWORKS)
    if unknown or not names:
        sys.exit("no network %s; there are: %s" % (", ".join(unknown), ", ".join(networks.NETWORKS)))
    sys.exit(any([not check(golden, folder, n) for n in names]))


if __name__ == "__main__":
    main()
