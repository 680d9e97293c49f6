# SPDX-License-Identifier: MIT
"""The offline compilers: where they are, how they are called, how they are fetched."""
import functools
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

# What Debian 12 needs; unpacked in a folder of its own, nothing is installed and no OpenCL driver
# appears on the machine.
PACKAGES = """clang-19 libclang-cpp19 libllvm19 libclang-common-19-dev rocm-device-libs libclc-15
intel-opencl-icd libigc1 libigdfcl1 libigdgmm12 libopencl-clang14 libllvmspirvlib14 libllvm14
libllvm15 libclang-common-14-dev""".split()
HOW = ("scripts/portability --get DIR unpacks clang-19, rocm-device-libs, libclc-15 and Intel's "
       "ocloc there (Debian 12, 70 MB to load, nothing is installed); ptxas is in NVIDIA's CUDA")
LIB = "usr/lib/x86_64-linux-gnu"


def get(folder):
    """Loads the packages with apt and unpacks them; returns whether that worked."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as load:
        os.chmod(load, 0o755)
        done = subprocess.run(["apt-get", "-qq", "download"] + PACKAGES, cwd=load, check=False,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            print("portability: apt-get download:", done.stderr.strip(), file=sys.stderr)
            return False
        for package in glob.glob(load + "/*.deb"):
            subprocess.run(["dpkg", "-x", package, folder], check=True)
    shutil.rmtree(folder + "/etc", ignore_errors=True)  # it would register the driver
    return True


class Failed(Exception):
    """A compiler said no; the text is its output."""


class Missing(Exception):
    """There is no compiler for a device; the text says which."""


class Compilers:
    """Programs and bitcode libraries: of a folder that get() filled, else of the system."""

    def __init__(self, root):
        self.root = os.path.abspath(root) if root else None
        self.clang = self._program("usr/lib/llvm-19/bin/clang", "clang-19")
        self.ocloc = self._program("usr/bin/ocloc", "ocloc")
        self.ptxas = shutil.which("ptxas") or shutil.which("/usr/local/cuda/bin/ptxas")
        self.rocm = self._path(LIB + "/amdgcn/bitcode")
        self.libclc = self._path("usr/lib/clc/nvptx64--nvidiacl.bc")
        libs = glob.glob(f"{self.root}/usr/lib/llvm-*/lib") if self.root else []
        self.env = dict(os.environ)
        if self.root:
            self.env["LD_LIBRARY_PATH"] = ":".join([f"{self.root}/{LIB}"] + libs)

    def _path(self, name):
        for root in [self.root, "/"] if self.root else ["/"]:
            path = os.path.join(root, name)
            if os.path.exists(path):
                return path
        return None

    def _program(self, name, command):
        path = self._path(name)
        return path if path and os.access(path, os.X_OK) else shutil.which(command)

    def run(self, command, cwd=None):
        done = subprocess.run(command, cwd=cwd, env=self.env, check=False, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise Failed(done.stdout)
        return done.stdout

    @functools.cached_property
    def versions(self):
        """One text that changes with any of the compilers."""
        clang = self.clang and self.run([self.clang, "--version"])
        ptxas = self.ptxas and self.run([self.ptxas, "--version"])
        ocloc = self.ocloc and str(os.stat(os.path.realpath(self.ocloc)).st_size)
        return f"{clang}|{ptxas}|{ocloc}"

    def for_device(self, device):
        """Raises Missing with what a device lacks."""
        need = {"gfx": [(self.clang, "clang-19"), (self.rocm, "rocm-device-libs")],
                "sm_": [(self.clang, "clang-19"), (self.libclc, "libclc-15"),
                        (self.ptxas, "ptxas")],
                "lin": [(self.clang, "clang-19")]}
        for there, name in need.get(device[:3], [(self.ocloc, "ocloc")]):
            if not there:
                raise Missing(name)


def number(pattern, text, default=0):
    found = re.search(pattern, text, re.M)
    return int(found.group(1)) if found else default
