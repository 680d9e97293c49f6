#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every OpenCL call of loading a model and running one clip fails, once and for ever.

faults.py [--all] CLACT LAYER MODEL CLIP CACHES: runs `clact run MODEL CLIP` again and again, each time
with another call made to fail by tests/tools/fault_layer.c. Each time it must end within 40 s with
an exit code of its manual; without a record, or with a whole one; with one line on standard error
if the code is not 0, else with the scores of an undisturbed run; and with nothing leaked. CACHES
has the folders clact and pocl; what fails to load is removed from them, so each of the processes
that run at a time has a copy.

With --all each call fails with each of CODES, or as a failed build. Without it a sample: for each
function its first call and its last, once and for ever, and every STEP-th call of all.
"""
import json
import os
import queue
import shutil
import subprocess
import sys
import threading

STEP = 23
CODES = [-4, -5, -6, -9999]  # memory, resources, host memory, a lost device as NVIDIA calls it
BUILD_FAILURE = -11
WORKERS_MOST = 4  # each has as many threads as there are processors
DOCUMENTED = {4, 5, 7, 8}  # no device, build, memory, device
TOLERANCE = 1e-5  # a call that tells of the device may lead to another kernel


class Program:
    """clact with a model and a clip under the layer."""

    def __init__(self, clact, layer, model, clip, caches):
        self.layer, self.caches = layer, caches
        self.command = [clact, "run", os.path.abspath(model), os.path.abspath(clip), "--to", "0.3",
                        "-q", "--json", "-o", "scores"]

    def fresh(self, folder):
        """Makes the folder that a process runs in."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.caches, folder)
        return folder

    def run(self, faults, folder):
        """(exit code, lines of stderr, record or None, lines of the layer's log)"""
        scores, log = os.path.join(folder, "scores"), os.path.join(folder, "faults.log")
        for name in (scores, log):
            if os.path.exists(name):
                os.remove(name)
        env = dict(os.environ, OPENCL_LAYERS=self.layer, FAULTS=faults, FAULTS_LOG="faults.log",
                   CLACT_CACHE_DIR=os.path.abspath(folder + "/clact"),
                   POCL_CACHE_DIR=os.path.abspath(folder + "/pocl"))
        try:
            done = subprocess.run(self.command, env=env, timeout=40, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  cwd=folder)
        except subprocess.TimeoutExpired:
            return "hangs", [], None, []
        lines, record = [], None
        if os.path.exists(log):  # a crash leaves none
            with open(log, encoding="utf-8") as file:
                lines = file.read().splitlines()
        if os.path.exists(scores):
            with open(scores, encoding="utf-8") as file:
                record = json.load(file)  # a cut one is no JSON
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


def every(calls):
    """All faults: each call with each error, once and for ever."""
    for for_ever in ("", "+"):
        for call in range(1, calls["*"] + 1):
            for code in CODES:
                yield f"fail=*:{call}{for_ever}:{code}"
        for call in range(1, calls["clBuildProgram"] + 1):
            yield f"fail=clBuildProgram:{call}{for_ever}:{BUILD_FAILURE}"


def sample(calls):
    """Some faults of each function, and of each STEP-th call; the errors take turns."""
    tried = 0
    for name, count in calls.items():
        for call in range(1, count + 1, STEP) if name == "*" else sorted({1, count}):
            for for_ever in ("", "+"):
                if name == "*" and bool(for_ever) != bool(call // STEP % 2):
                    continue
                code = BUILD_FAILURE if name == "clBuildProgram" else \
                    CODES[(call + tried) % len(CODES)]
                tried += 1
                yield f"fail={name}:{call}{for_ever}:{code}"


class Trial:
    """Tries faults, several at a time."""

    def __init__(self, program, faults, wanted):
        self.program, self.wanted = program, wanted
        self.waiting, self.lock = queue.SimpleQueue(), threading.Lock()
        self.tried, self.failed, self.codes = 0, 0, {}
        faults = list(faults)
        for fault in faults:
            self.waiting.put(fault)
        threads = [threading.Thread(target=self.work, args=(program.fresh(f"worker{i}"),))
                   for i in range(min(len(os.sched_getaffinity(0)), WORKERS_MOST))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not 0 < self.tried == len(faults):
            sys.exit(f"{self.tried} of {len(faults)} faults were tried")

    def try_one(self, fault, folder):
        """What a run came to, and what is wrong with it."""
        try:
            result = self.program.run(fault, folder)
            return result, complaint(result, self.wanted)
        except (OSError, ValueError, KeyError) as error:  # no JSON, or not what it should have
            return ("unreadable", [], None, []), repr(error)

    def work(self, folder):
        while True:
            try:
                fault = self.waiting.get_nowait()
            except queue.Empty:
                return
            result, why = self.try_one(fault, folder)
            with self.lock:
                self.tried += 1
                self.codes[result[0]] = self.codes.get(result[0], 0) + 1
                if why:
                    self.failed += 1
                    first = next((line for line in result[3] if line.startswith("failed")), "")
                    print(f"FAILED {fault} ({first}): {why}", flush=True)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    everything = len(arguments) < len(sys.argv) - 1
    program = Program(*arguments)
    code, stderr, record, log = program.run("", program.fresh("undisturbed"))
    if code != 0 or any(line.startswith(("leaked", "released")) for line in log):
        sys.exit(f"undisturbed: exit code {code}, {stderr}, {log}")
    calls = {line.split()[1]: int(line.split()[2]) for line in log if line.startswith("calls ")}
    trial = Trial(program, (every if everything else sample)(calls), record["scores"])
    ends = ", ".join(f"{trial.codes[c]} with {c}" for c in sorted(trial.codes, key=str))
    print(f"{calls['*']} calls, {trial.tried} faults, {trial.failed} failed; exit codes: {ends}")
    return trial.failed > 0


if __name__ == "__main__":
    sys.exit(main())
