#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every OpenCL call of loading a model and running one clip fails, once and for ever.

faults.py [--all] CLACT LAYER MODEL CLIP: runs `clact run MODEL CLIP` again and again, each time
with another call made to fail by tests/tools/fault_layer.c. Each time it must end within 40 s with
an exit code of its manual; without a record, or with a whole one; with one line on standard error
if the code is not 0, else with the scores of an undisturbed run; and with nothing leaked.

Without --all a sample: for each function its first call and its last, once and for ever, and every
STEP-th call of all.
"""
import json
import os
import subprocess
import sys

STEP = 23
CODES = [-4, -5, -6, -9999]  # memory, resources, host memory, a lost device as NVIDIA calls it
BUILD_FAILURE = -11
DOCUMENTED = {4, 5, 7, 8}  # no device, build, memory, device
TOLERANCE = 1e-5  # a call that tells of the device may lead to another kernel


class Program:
    """clact with a model and a clip under the layer."""

    def __init__(self, clact, layer, model, clip):
        self.layer = layer
        self.command = [clact, "run", model, clip, "--to", "0.3", "-q", "--json", "-o", "scores"]

    def run(self, faults):
        """(exit code, lines of stderr, record or None, lines of the layer's log)"""
        for name in ("scores", "faults.log"):
            if os.path.exists(name):
                os.remove(name)
        env = dict(os.environ, OPENCL_LAYERS=self.layer, FAULTS=faults, FAULTS_LOG="faults.log")
        try:
            done = subprocess.run(self.command, env=env, timeout=40, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        except subprocess.TimeoutExpired:
            return "hangs", [], None, []
        with open("faults.log", encoding="utf-8") as log:
            lines = log.read().splitlines()
        record = None
        if os.path.exists("scores"):
            with open("scores", encoding="utf-8") as scores:
                record = json.load(scores)  # a cut one is no JSON
        return done.returncode, done.stderr.decode().splitlines(), record, lines


def complaint(result, wanted):
    """What is wrong with a run, or None."""
    code, stderr, record, log = result
    leaks = [line for line in log if line.startswith(("leaked", "released"))]
    if leaks:
        return ", ".join(leaks)
    if code == 0:
        scores = record["scores"] if record else []
        if len(scores) != len(wanted) or any(
                abs(a - b) > TOLERANCE for a, b in zip(scores, wanted)):
            return f"scores {scores}, not {wanted}"
        return f"said {stderr[0]}" if stderr else None
    if code not in DOCUMENTED:
        return f"exit code {code}"
    if len(stderr) != 1 or not stderr[0].startswith("clact: "):
        return f"{len(stderr)} lines of errors: {stderr}"
    if "OpenCL" not in stderr[0] and "CL_" not in stderr[0]:
        return f"names no OpenCL error: {stderr[0]}"
    if record and ("scores" in record or record["code"] != code):
        return f"exit code {code}, but a record {record}"
    return None


def plan(calls, everything):
    """The faults to try: (name, which call, for ever or once)."""
    for name, count in calls.items():
        some = range(1, count + 1) if everything else sorted({1, count})
        if name == "*":
            some = range(1, count + 1, 1 if everything else STEP)
        elif everything:
            some = [1]  # all its calls are among those of *
        for call in some:
            for for_ever in (False, True):
                if everything or name != "*" or for_ever == bool(call // STEP % 2):
                    yield name, call, for_ever


def main():
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    everything = len(arguments) < len(sys.argv) - 1
    program = Program(*arguments)
    code, stderr, record, log = program.run("")
    if code != 0 or any(line.startswith(("leaked", "released")) for line in log):
        sys.exit(f"undisturbed: exit code {code}, {stderr}, {log}")
    calls = {line.split()[1]: int(line.split()[2]) for line in log if line.startswith("calls ")}
    tried, failed, codes = 0, 0, {}
    for name, call, for_ever in plan(calls, everything):
        error = BUILD_FAILURE if name == "clBuildProgram" else CODES[(call + tried) % len(CODES)]
        faults = f"fail={name}:{call}{'+' if for_ever else ''}:{error}"
        result = program.run(faults)
        why = complaint(result, record["scores"])
        tried += 1
        codes[result[0]] = codes.get(result[0], 0) + 1
        if why:
            failed += 1
            first = next((line for line in result[3] if line.startswith("failed")), "")
            print(f"FAILED {faults} ({first}): {why}", flush=True)
    ends = ", ".join(f"{codes[c]} with {c}" for c in sorted(codes, key=str))
    print(f"{calls['*']} calls, {tried} faults, {failed} failed; exit codes: {ends}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
