# SPDX-License-Identifier: MIT
"""Describes, checks, tunes and times one device, beside PyTorch if it is there; see README.md."""
import argparse
import datetime
import glob
import json
import os
import re
import subprocess
import sys

import clact_side
from report import progress, table

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", ".."))
BATCHES = (1, 8)


def without_folders(text):
    """Nobody else needs to know where this tree and its user's files are."""
    for folder, name in ((TOP, "."), (os.path.expanduser("~"), "~")):
        text = text.replace(folder, name) if len(folder) > 1 else text
    return text


class Session:
    """Runs commands for a device and keeps what they print; a failure is kept too, not fatal."""

    def __init__(self, o, clact):
        self.o, self.clact, self.failed = o, clact, []
        self.build = os.path.dirname(os.path.realpath(clact))
        self.folder = None
        self.env = dict(os.environ, CLACT_DEVICE=o.device)

    def run(self, *words, program=None):
        """Standard output; None, and a note of why, if the command fails."""
        words = [program or self.clact, *words]
        progress(" ".join([os.path.basename(words[0])] + words[1:4]))
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, env=self.env)
        except OSError as why:
            self.failed.append("%s: %s" % (words[0], why.strerror))
            return None
        if done.returncode == 0:
            return done.stdout
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:] or ["nothing printed"]
        self.failed.append("%s: exit code %d: %s" % (" ".join(words), done.returncode, last[0]))
        return None

    def keep(self, name, text):
        if text is not None:
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(without_folders(text))
        return text


def networks(s):
    if s.o.models:
        return s.o.models.split(",")
    return [line.split()[0] for line in s.run("model").splitlines() if line.strip()]


def settings(s):
    return ["--set", s.o.set] if s.o.set else []


def operators(s):
    """Every operator against its definition in plain C and PyTorch's values: cases, bad files."""
    lines, cases = [], 0
    for graph in sorted(glob.glob(os.path.join(TOP, "tests", "op", s.o.operators + ".graph"))):
        out = s.run("-d", s.o.device, graph, program=os.path.join(s.build, "tests", "checkop"))
        last = out.splitlines()[-1] if out else "FAILED"
        lines.append("%s: %s" % (os.path.basename(graph), last))
        cases += len(re.findall(r"^ok ", out or "", re.M))
    s.keep("operators.txt", "\n".join(lines) + "\n")
    return "%d cases in %d files, %d files failed" % (
        cases, len(lines), sum(line.endswith("FAILED") for line in lines))


def golden(s):
    out = s.run(os.path.join(TOP, "tests", "data", "golden"), *s.o.golden.split(),
                program=os.path.join(s.build, "tests", "golden"))
    s.keep("golden.txt", out)
    return out.splitlines()[-1] if out else "failed"


def self_checks(s, names):
    lines = []
    for name in names:
        out = s.run("self-check", name, *settings(s), "-d", s.o.device)
        lines.append("%s: %s" % (name, out.splitlines()[-1] if out else "FAILED"))
    s.keep("self-check.txt", "\n".join(lines) + "\n")
    return "%d networks, %d with a wrong kernel" % (
        len(lines), sum(line.endswith("FAILED") for line in lines))


def tune(s, names):
    each = max(1, s.o.seconds // len(names))
    return "\n".join(s.run("tune", name, *settings(s), "-d", s.o.device, "-t", str(each)) or ""
                     for name in names)


def bench(s, names):
    """{(name, batch): what clact bench --format json says}"""
    rows = {}
    for name in names:
        for batch in BATCHES:
            out = s.run("bench", name, *settings(s), "-d", s.o.device, "-b", str(batch),
                        "--format", "json", "-r", str(s.o.repeats))
            if s.keep("bench-%s-b%d.json" % (name, batch), out):
                rows[name, batch] = json.loads(out)
    return rows


def convolutions(row):
    """Share of the roof that the convolutions reach, by time, and the least of one."""
    steps = [s for s in row["steps"] if s.get("conv") and s["ms"] > 0]
    total = sum(s["ms"] for s in steps)
    if not total:
        return "", ""
    return ("%.0f" % (100 * sum(s["roof"] * s["ms"] for s in steps) / total),
            "%.0f" % (100 * min(s["roof"] for s in steps)))


def bench_table(rows):
    lines = [[name, str(batch), "%.2f" % r["ms"], "%.2f" % r["ms_median"],
              "%.1f" % (1000 * batch / r["ms"]), *convolutions(r)]
             for (name, batch), r in rows.items()]
    return table((("network", False), ("batch", True), ("ms", True), ("median", True),
                  ("windows/s", True), ("convolutions, % of roof", True), ("least", True)), lines)


def torch_device(asked, name):
    """The device of PyTorch (cuda, AMD's too, or xpu) that has the name of OpenCL's; or none."""
    if asked:
        return asked
    try:
        import torch
    except ImportError:
        return "none"
    for kind in ("cuda", "xpu"):
        there = getattr(torch, kind, None)
        for i in range(there.device_count() if there and there.is_available() else 0):
            own = there.get_device_properties(i).name
            if own in name or name in own:
                return "%s:%d" % (kind, i)
    return "none"


def beside_torch(s, kind):
    import entries
    names = [n for n in entries.ENTRIES if not s.o.models or n in s.o.models.split(",")]
    parts = []
    for batch in BATCHES if names else ():
        out = s.run("--clact", s.clact, "-d", s.o.device, "--torch-device", kind, "-b", str(batch),
                    "--rounds", "3", "-r", str(s.o.repeats), *names,
                    program=os.path.join(TOP, "benchmarks", "compare"))
        parts += [s.keep("torch-b%d.md" % batch, out) or "failed", ""]
    return parts or ["no network of these has a module of PyTorch's"]


def parse():
    p = argparse.ArgumentParser(prog="device", description=__doc__)
    p.add_argument("-d", "--device", default="gpu", help="as 'clact devices' lists them (gpu)")
    p.add_argument("-o", "--output", metavar="DIR", help="benchmarks/results/DATE-DEVICE")
    p.add_argument("--clact", help="the program; build/clact of this tree")
    p.add_argument("--torch-device", metavar="DEV", help="cuda (AMD's too), xpu, cpu or none; "
                   "else the one of this name")
    p.add_argument("--models", metavar="NAME,...", help="only these networks")
    p.add_argument("--set", metavar="KEY=VALUE,...", help="of the networks, as in 'clact model'")
    p.add_argument("--operators", metavar="PATTERN", default="*", help="of tests/op (*)")
    p.add_argument("--golden", metavar="NAMES", default="", help="of tests/data/golden (all)")
    p.add_argument("--seconds", type=int, default=600, help="for 'clact tune' (600); 0: none")
    p.add_argument("-r", "--repeats", type=int, default=20, help="runs of each network (20)")
    return p.parse_args()


def folder_of(o, name):
    name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return o.output or os.path.join(TOP, "benchmarks", "results", "%s-%s" % (date, name))


def main():
    o = parse()
    s = Session(o, clact_side.find(o.clact))
    caps = s.run("devices", "--caps", o.device)
    if caps is None:
        sys.exit("device: " + s.failed[0])
    name = re.search(r"^name (.*)$", caps, re.M).group(1)
    s.folder = folder_of(o, name)
    os.makedirs(s.folder, exist_ok=True)
    s.keep("device.caps", caps)
    s.keep("devices.json", s.run("devices", "--measure", "--json"))
    s.keep("doctor.txt", s.run("doctor"))
    names = networks(s)
    lines = ["# " + name, ""]
    lines += ["- operators: " + operators(s), "- golden networks: " + golden(s),
              "- self-check: " + self_checks(s, names)]
    if o.seconds:
        s.keep("tune.txt", tune(s, names))
    lines += ["", "## Networks", "", *bench_table(bench(s, names))]
    kind = torch_device(o.torch_device, name)
    if kind != "none":
        lines += ["", "## Beside PyTorch", "", *beside_torch(s, kind)]
    if s.failed:
        lines += ["", "## What failed", "", *("- " + f for f in s.failed)]
    s.keep("README.md", "\n".join(lines).rstrip() + "\n")
    progress("")
    print(s.folder)
    sys.exit(1 if s.failed else 0)


if __name__ == "__main__":
    main()
