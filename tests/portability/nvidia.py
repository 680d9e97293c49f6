# SPDX-License-Identifier: MIT
"""NVIDIA: clang and libclc make PTX, NVIDIA's own ptxas the final code."""
import re

from compilers import Failed, number
import loops

TARGET = ["-x", "cl", "-cl-std=CL1.2", "-target", "nvptx64--nvidiacl"]
# Warps and work-groups that a multiprocessor holds, its local memory, what each group takes of it
# besides its own (CUDA C++ Programming Guide, compute capabilities).
SM = {75: (32, 16, 64 << 10, 0), 86: (48, 16, 100 << 10, 1 << 10), 90: (64, 32, 228 << 10, 1 << 10)}
REGISTERS = 65536

# Built-ins that libclc leaves to a driver, or makes calls of that LLVM does not know here.
MISSING = """#define OV __attribute__((overloadable))
#define VECTORS(F) OV float2 F(float2 x) { return (float2)(F(x.x), F(x.y)); } \\
    OV float4 F(float4 x) { return (float4)(F(x.lo), F(x.hi)); }
OV float native_exp(float x) { return __nvvm_ex2_approx_f(x * 1.442695041f); }
OV float native_recip(float x) { return __nvvm_rcp_approx_ftz_f(x); }
VECTORS(native_exp)
VECTORS(native_recip)
OV size_t get_global_offset(uint d) { return 0; }
"""


def _missing(compilers, folder):
    source, bitcode = f"{folder}/missing.cl", f"{folder}/missing.bc"
    with open(source, "w") as out:
        out.write(MISSING)
    compilers.run([compilers.clang] + TARGET + ["-O2", "-w", "-emit-llvm", "-c", source, "-o",
                                                bitcode])
    return bitcode


def compile(compilers, program, device, folder):
    ptx, chip = f"{folder}/k.ptx", int(device[3:])
    link = ["-Xclang", "-mlink-builtin-bitcode", "-Xclang"]
    compilers.run([compilers.clang] + TARGET + [f"-march={device}"] + link +
                  [_missing(compilers, folder)] + link + [compilers.libclc] +
                  ["-Wno-unknown-cuda-version", "-O3", "-S", "-o", ptx, program.path])
    with open(ptx, errors="replace") as file:
        text = file.read()
    called = sorted(set(re.findall(r"^\.extern \.func .*?(\w+)\s*$", text, re.M)))
    if called:
        raise Failed("built-ins that libclc does not have: " + " ".join(called))
    out = compilers.run([compilers.ptxas, "-v", f"-arch={device}", ptx, "-o", f"{folder}/k.cubin"])
    part = re.split(r"Compiling entry function '", out)[-1]
    registers, local = number(r"Used (\d+) registers", part), number(r"(\d+) bytes smem", part)
    warps_most, groups_most, memory, taken = SM[chip]
    warps = (program.group + 31) // 32
    # Registers are given out to warps in units of 256.
    fit = REGISTERS // max(256, (registers * 32 + 255) // 256 * 256)
    groups = min(fit // warps, warps_most // warps, groups_most)
    if local + taken:
        groups = min(groups, memory // (local + taken))
    return {
        "registers": registers, "spill": number(r"(\d+) bytes spill stores", part),
        "private": number(r"(\d+) bytes stack frame", part), "local": local,
        "group_most": min(1024, fit * 32), "occupancy": f"{groups * warps}/{warps_most} warps",
        "percent": 100 * groups * warps // warps_most, "loop": None,
    }
