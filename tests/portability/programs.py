# SPDX-License-Identifier: MIT
"""The programs that shipped models run on a device, from the plans that clact makes for it."""
import glob
import hashlib
import os
import re
import subprocess

CAPS_NUMBERS = ("max_work_group", "local_memory", "sub_group")
FRAME_GROUP = 128  # engine/frames.c
# Sizes that decide how often a kernel's loops run but not what they are.
SIZES = re.compile(r"#define (?:[XY]_[NTHW]|[A-Z]*_?ROW|[A-Z]*_?POINT|ROWS|PIXELS|FRAMES|[XY]_C|"
                   r"[XYV]_OWN|[A-Z]+_OFFSET|CHANNELS|CHUNK|INPUTS|POSITIONS|OUTPUTS) \d+\n")


class Program:
    """One program text, the kernel in it and the work-group that it is launched with."""

    def __init__(self, path, text, kernel, local, model, options):
        self.path, self.kernel, self.models = path, kernel, [model]
        self.local, self.options = local, options
        self.group = local[0] * local[1] * local[2] or 64
        self.key = hashlib.sha256(f"{text} {local} {options}".encode()).hexdigest()
        defines = re.search(r'#line 1 "defines"\n(.*?)#line', text, re.S).group(1)
        self.defines = " ".join(re.findall(r"^#define (.*)$", defines, re.M))
        self.values = dict(re.findall(r"^#define (\w+) (-?\d+)$", defines, re.M))
        self.form = (kernel, SIZES.sub("", defines), tuple(local))
        self.caps = {}

    def define(self, name, absent=0):
        return int(self.values.get(name, absent))


def read_caps(path):
    with open(path) as file:
        pairs = dict(line.rstrip("\n").split(" ", 1) for line in file
                     if line.strip() and not line.startswith("#"))
    return {key: int(pairs[key]) for key in CAPS_NUMBERS}


def shipped_models(clact):
    out = subprocess.run([clact, "model"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split()[0] for line in out.splitlines() if line.strip()]


def _store(folder, text, kernel, local, model, known, options="-cl-std=CL1.2"):
    program = Program(None, text, kernel, local, model, options)
    if program.key in known:
        known[program.key].models.append(model)
        return
    program.path = f"{folder}/{kernel}-{program.key[:12]}.cl"
    with open(program.path, "w") as out:
        out.write(text)
    known[program.key] = program


def of_plans(clact, models, caps, folder, options=()):
    """{key: Program} of the models' plans for the device of a caps file."""
    known = {}
    env = dict(os.environ, CLACT_CACHE_DIR="")  # nothing that was measured on this machine
    os.makedirs(folder, exist_ok=True)
    for model in models:
        graph, dump = f"{folder}/{model}.graph", f"{folder}/{model}.dump"
        if not os.path.exists(graph):
            subprocess.run([clact, "model", model, "-o", graph], check=True)
        subprocess.run([clact, "plan", "--caps", caps, "--dump", dump, graph, *options], check=True,
                       env=env, stdout=subprocess.DEVNULL)
        for path in sorted(glob.glob(dump + "/*.cl")):
            with open(path) as file:
                text = file.read()
            os.remove(path)
            kernel, local, build = re.match(r"// kernel (\w+)\n// local (.*)\n// options (.*)\n",
                                            text).groups()
            text = text[text.index("#line"):]
            _store(folder, text, kernel, [int(n) for n in local.split()], model, known, build)
    return known


def of_frames(kernels, caps, folder):
    """The programs that turn pictures into windows, which no plan has: as their lint lines say."""
    known, lanes = {}, read_caps(caps)["sub_group"]
    common = f"#define SUB_GROUP {lanes}\n" if lanes else ""
    with open(f"{kernels}/lane.h") as file:
        lane = file.read()
    for path in sorted(glob.glob(f"{kernels}/frame_*.cl")):
        with open(path) as file:
            source = file.read()
        for line in re.findall(r"^// LINT: (.*)$", source, re.M):
            defines = common + "".join("#define %s\n" % word[2:].replace("=", " ")
                              for word in line.split())
            text = f'#line 1 "defines"\n{defines}#line 1 "lane.h"\n{lane}\n#line 1 ' \
                   f'"{os.path.basename(path)}"\n{source}'
            functions = re.findall(r"__kernel void\s+(\w+)", source)
            wanted = [f for f in functions if f.split("_")[-1].upper() in defines.split()]
            _store(folder, text, (wanted or functions)[0], [FRAME_GROUP // 4, 4, 1], "video",
                   known)
    return known
