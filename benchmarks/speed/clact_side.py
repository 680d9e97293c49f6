# SPDX-License-Identifier: MIT
"""Runs the clact program, and takes what it measured from its JSON."""
import json
import os
import re
import subprocess


class Clact:
    def __init__(self, program, device, threads):
        self.program, self.device = program, ["-d", device] if device else []
        # PoCL's two names for the number of its threads.
        self.env = dict(os.environ, POCL_MAX_PTHREAD_COUNT=str(threads),
                        POCL_CPU_MAX_CU_COUNT=str(threads))
        for name in ("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_"):  # these are for PyTorch
            self.env.pop(name, None)
        self.strict = "--precision" in self.run("bench", "--help")

    def run(self, *args):
        done = subprocess.run([self.program] + list(args), env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit("clact %s: %s" % (" ".join(args), done.stderr.strip()))
        return done.stdout

    def write_model(self, entry, path):
        """The graph and random weights; returns the number of its parameters."""
        settings = ["--set", entry.settings] if entry.settings else []
        self.run("model", entry.model, *settings, "--random-weights", "1", "-o", path)
        count = self.run("model", entry.model, *settings, "--count")
        return int(re.match(r"\d+", count).group())

    def bench(self, *args, repeats, strict=False):
        """One process: `repeats` timed runs after its own warm-up."""
        precision = ["--precision", "strict"] if strict else []
        return json.loads(self.run("bench", *args, *precision, *self.device, "-r", str(repeats),
                                   "--format", "json"))


def find(name):
    """The program: as given, else of a build folder of this tree, else in PATH."""
    tree = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    built = os.path.normpath(os.path.join(tree, "build", "clact"))
    return name or os.environ.get("CLACT") or (built if os.path.exists(built) else "clact")
