# SPDX-License-Identifier: MIT
"""The offline gate: what the kernels need on GPUs that are not there; see scripts/portability."""
import argparse
import concurrent.futures
import os
import sys
import tempfile

import amd
import cache
import compilers
import intel
import lint
import nvidia
import programs
import report

TOP = os.path.abspath(os.path.dirname(os.path.abspath(__file__)) + "/../..")
DEVICES = ("lint gfx803 gfx900 gfx90a gfx1030 gfx1100 gfx1201 sm_75 sm_86 sm_90 "
           "skl tgllp dg2 pvc").split()
QUICK_DEVICES = ["lint", "gfx1030", "sm_86", "dg2"]
QUICK_MODELS = ["r3d_18", "zhao"]
QUICK_HALF = "r3d_18"  # of which one variant of each kernel with a loop to watch has half storage
SKIPPED = 77


def back_end(device):
    return {"lin": lint, "gfx": amd, "sm_": nvidia}.get(device[:3], intel)


def options():
    p = argparse.ArgumentParser(
        prog="scripts/portability", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compiles every kernel that the published networks run on a GPU for GPUs that "
        "are not there,\nand fails where one does not compile, spills, has private arrays or does "
        "not fit the device.",
        epilog="A line is a kernel on a device: the variants of it, the most registers, spilled, "
        "private and\nlocal bytes and work-items of a group among them, the lowest occupancy, the "
        "share of multiply-adds\nin the instructions of the innermost loop and the bytes it loads "
        "for each.\n\n" + compilers.HOW + ".")
    p.add_argument("--get", metavar="DIR", help="unpack the compilers there, and stop")
    p.add_argument("--compilers", metavar="DIR", default=f"{TOP}/build/compilers",
                   help="where --get put them (build/compilers), else they are looked for on PATH")
    p.add_argument("--clact", default=f"{TOP}/build/clact", help="the program (build/clact)")
    p.add_argument("--quick", action="store_true", help="one device a vendor, few networks, one "
                   "variant of each form of a kernel")
    p.add_argument("--forms", action="store_true", help="one variant of each form of a kernel: "
                   "sizes differ, code does not")
    p.add_argument("--fp16", action="store_true", help="with half storage")
    p.add_argument("--devices", help="of " + ",".join(DEVICES))
    p.add_argument("--models", help="names, comma separated (all; 'clact model' lists them)")
    p.add_argument("--kernels", help="only these, comma separated")
    p.add_argument("--cache", metavar="FILE", help="results of earlier runs (build/portability.db)",
                   default=f"{TOP}/build/portability.db")
    p.add_argument("--keep", metavar="DIR", help="leave the programs there")
    p.add_argument("--variants", action="store_true", help="a line for each variant as well")
    p.add_argument("--markdown", action="store_true", help="a summary a device, as in the manual")
    p.add_argument("-j", type=int, default=2, help="compilers at a time (2)")
    return p.parse_args()


def one(job):
    tools, known, device, program = job
    result = known.get(device, program.key)
    if result is None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = back_end(device).compile(tools, program, device, folder) or {}
            except compilers.Failed as message:
                result = {"failed": str(message)}
        known.put(result, device, program.key)
    return device, program, result


def programs_for(caps_name, o, folder):
    """What the device of a caps file runs."""
    caps = f"{TOP}/tests/data/caps/{caps_name}.caps"
    models = o.models.split(",") if o.models else QUICK_MODELS if o.quick else \
        programs.shipped_models(o.clact)
    found = programs.of_plans(o.clact, models, caps, folder, ["--fp16"] if o.fp16 else [])
    found.update(programs.of_frames(f"{TOP}/cl/kernels", caps, folder))
    wanted, forms = [], set()
    for program in found.values():
        if o.kernels and program.kernel not in o.kernels.split(","):
            continue
        if (o.quick or o.forms) and program.form in forms:
            continue
        forms.add(program.form)
        wanted.append(program)
    if o.quick and not o.fp16:
        half = programs.of_plans(o.clact, [QUICK_HALF], caps, folder, ["--fp16"]).values()
        wanted += {p.kernel: p for p in half if p.kernel in report.SHARE_KERNELS}.values()
    for program in wanted:
        program.caps = programs.read_caps(caps)
    return wanted


def programs_of(device, asked, o, folder):
    """What a device runs; the lint takes what all that are asked for run, and a plain GPU."""
    if device != "lint":
        return programs_for(device, o, folder)
    found = {}
    for name in ["gpu"] + [d for d in asked if d != "lint"]:
        found.update({p.key: p for p in programs_for(name, o, folder)})
    return list(found.values())


def print_variant(device, program, result):
    loop = result.get("loop")
    share = f", {report.loops.share(loop):.0f} % fma" if loop else ""
    print(f"{device} {program.kernel} {result.get('registers', '')} registers{share}: "
          f"{program.defines}")


def print_faults(done):
    """Every violation with what it takes to see it again; returns how many."""
    bad = 0
    for device, program, result in done:
        found = report.faults(device, program, result)
        if not found:
            continue
        bad += 1
        print(f"\n{device}: {program.kernel} of {program.models[0]}: {', '.join(found)}\n"
              f"    {program.defines}")
        for line in result.get("failed", "").splitlines()[:6]:
            print("    " + line)
    return bad


def main():
    o = options()
    if o.get:
        return 0 if compilers.get(o.get) else 1
    tools = compilers.Compilers(o.compilers if os.path.isdir(o.compilers) else None)
    asked = o.devices.split(",") if o.devices else QUICK_DEVICES if o.quick else DEVICES
    devices, missing = [], {}
    for device in asked:
        if device not in DEVICES:
            sys.exit(f"portability: there is no device {device}: {', '.join(DEVICES)}")
        try:
            tools.for_device(device)
            devices.append(device)
        except compilers.Missing as name:
            missing.setdefault(str(name), []).append(device)
    jobs, done = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = o.keep or temporary
        known = cache.Cache(o.cache, tools.versions)
        for device in devices:
            jobs += [(tools, known, device, p) for p in programs_of(device, asked, o, folder)]
        with concurrent.futures.ThreadPoolExecutor(o.j) as pool:
            done = list(pool.map(one, jobs))
    if o.variants:
        for entry in done:
            print_variant(*entry)
    if done:
        print(report.HEAD)
    for line in report.table(done):
        print(line)
    if o.markdown:
        print("\n".join([report.SUMMARY_HEAD, *report.summary(done).values()]))
    bad = print_faults(done)
    for name, without in missing.items():
        print(f"skipped: no {name}, so not {', '.join(without)}: {compilers.HOW}")
    print(f"{len(done)} programs on {len(devices)} devices (lint is one), {bad} bad, "
          f"{len(asked) - len(devices)} devices skipped")
    return 1 if bad else SKIPPED if missing and o.quick else 0


if __name__ == "__main__":
    sys.exit(main())
