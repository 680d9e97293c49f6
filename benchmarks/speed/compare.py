# SPDX-License-Identifier: MIT
"""clact against PyTorch on this machine; README.md tells how the numbers are to be read."""
import argparse
import os
import sys
import tempfile

try:
    import torch
except ImportError:
    sys.exit("compare: %s has no torch (apt-get install python3-torch, or set CLACT_PYTHON)"
             % sys.executable)

import clact_side
import entries
import layers
import report
import torch_gpu
import torch_side
from torch_side import Samples

# A form of PyTorch that takes so many times as long as another is timed in the first round only.
HOPELESS = 3


def measure(name, clact, work, options):
    """One network: rounds of clact, then of every form of PyTorch."""
    entry = entries.ENTRIES[name]
    entry = entry._replace(inputs=[(options.batch,) + s[1:] for s in entry.inputs])
    if options.torch_device != "cpu":
        entry = entry._replace(bar=1.0)
    path = os.path.join(work, "model.graph")
    count = clact.write_model(entry, path)
    forms, torch_count = (
        torch_side.forms(entry.builds, entry.inputs) if options.torch_device == "cpu" else
        torch_gpu.forms(entry.builds, entry.inputs, options.torch_device))
    if count != torch_count:
        sys.exit("%s: clact has %d parameters, PyTorch's module %d" % (name, count, torch_count))
    ours, theirs, last = Samples(), [Samples() for _ in forms], None
    for i in range(options.rounds):
        report.progress("%s: round %d of %d" % (name, i + 1, options.rounds))
        last = clact.bench(path, "-b", str(options.batch), repeats=options.repeats)
        ours.add([last["ms"], last["ms_median"]])
        fastest = min((s.best() for s in theirs if s.rounds), default=0)
        for (_, _, call), samples in zip(forms, theirs):
            if not samples.rounds or samples.best() < HOPELESS * fastest:
                samples.add(torch_side.time_runs(call, options.repeats, options.seconds))
    return report.row(name, entry, ours, [(k, label, s) for (k, label, _), s in
                                          zip(forms, theirs)]), last


def networks(names, clact, options):
    rows, last = [], None
    with tempfile.TemporaryDirectory(prefix="clact-compare-") as work:
        for name in names:
            row, last = measure(name, clact, work, options)
            rows.append(row)
    return rows, last


def parse():
    p = argparse.ArgumentParser(
        prog="compare", description="Times clact and PyTorch in turns on this machine, "
        "float32. Without names: every network.")
    p.add_argument("names", nargs="*", metavar="NAME")
    p.add_argument("--list", action="store_true", help="the networks and their bars")
    p.add_argument("--layers", action="store_true", help="the convolutions of r3d_18 instead")
    p.add_argument("--quick", action="store_true",
                   help="two rounds of two runs, of one where they are slow")
    p.add_argument("-r", "--repeats", type=int, default=10, help="runs a round; 10 by default")
    p.add_argument("--rounds", type=int, default=5, help="rounds of each side; 5 by default")
    p.add_argument("--seconds", type=float, default=5,
                   help="a form of PyTorch begins no run after so long in a round; 5 by default")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                   help="of each side; all processors by default")
    p.add_argument("-b", "--batch", type=int, default=1, help="windows a run; 1 by default")
    p.add_argument("--torch-device", default="cpu", metavar="DEV",
                   help="of PyTorch: cpu (default), cuda (AMD's too), xpu; give -d as well")
    p.add_argument("-d", "--device", help="OpenCL device, as 'clact devices' lists them")
    p.add_argument("--clact", help="the program; build/clact of this tree or clact in PATH")
    p.add_argument("--format", choices=("md", "json"), default="md")
    p.add_argument("-o", "--output", metavar="FILE", help="there instead of standard output")
    options = p.parse_args()
    if min(options.repeats, options.rounds, options.threads, options.batch) < 1:
        p.error("-r, -b, --rounds and --threads are 1 or more")
    if options.layers and (options.torch_device != "cpu" or options.batch != 1):
        p.error("--layers is oneDNN's, on the processor, batch 1")
    unknown = sorted(set(options.names) - set(entries.ENTRIES))
    if unknown:
        p.error("no network %s; --list shows them" % ", ".join(unknown))
    if options.quick:
        options.repeats, options.rounds, options.seconds = 2, 2, 0.5
    return options


def same_processors(threads):
    """Both sides on the same processors, and no more of them than threads."""
    torch.set_num_threads(threads)
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[:threads])


def main():
    options = parse()
    if options.list:
        for name, entry in entries.ENTRIES.items():
            print("%-14s %-44s bar %.1f" % (name, entry.title, entry.bar))
        return
    # Before hours of work, not after them.
    out = open(options.output, "w") if options.output else sys.stdout
    same_processors(options.threads)
    clact = clact_side.Clact(clact_side.find(options.clact), options.device, options.threads)
    with torch.no_grad():
        if options.layers:
            rows, last = layers.measure(clact, options)
        else:
            rows, last = networks(options.names or list(entries.ENTRIES), clact, options)
    described = torch_side.describe() if options.torch_device == "cpu" else \
        torch_gpu.describe(options.torch_device)
    where = report.where(last, described, options)
    out.write(report.render(where, rows, options))
    out.close()


if __name__ == "__main__":
    main()
