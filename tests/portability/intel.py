# SPDX-License-Identifier: MIT
"""Intel: ocloc makes the final code and takes it apart again."""
import glob
import os
import re

from compilers import Failed, number
import loops

# Threads of an execution unit, execution units that share local memory, bytes of a register,
# registers of a thread (Intel's oneAPI GPU optimization guide and hardware manuals).
UNITS = {"skl": (7, 8, 32), "tgllp": (7, 16, 32), "dg2": (8, 16, 32), "pvc": (8, 8, 64)}


def _link_disassembler(compilers, folder):
    """ocloc asks for libiga64.so, which only a development package would have."""
    for root in filter(None, [compilers.root, "/"]):
        found = glob.glob(f"{root}/usr/lib/x86_64-linux-gnu/libiga64.so.1")
        if found:
            os.symlink(found[0], f"{folder}/libiga64.so")
            return
    raise Failed("there is no libiga64.so.1 beside ocloc")


def _buffers(info, simd):
    """Bytes of a work-item that are spilled, and that are private arrays."""
    spill = private = 0
    part = re.search(r"per_thread_memory_buffers:\n(.*?)(?:\n    \w|\Z)", info, re.S)
    for one in re.split(r"- type:\s+", part.group(1))[1:] if part else []:
        size = number(r"size:\s+(\d+)", one)
        size = size if "is_simt_thread:" in one else size // simd
        if "usage:           spill" in one or one.startswith("scratch"):
            spill += size
        else:
            private += size
    return spill, private


def compile(compilers, program, device, folder):
    compilers.run([compilers.ocloc, "compile", "-file", program.path, "-device", device,
                   "-out_dir", folder, "--format", "zebin", "-options",
                   program.options])
    binary = glob.glob(f"{folder}/*.bin")
    if not binary:
        raise Failed("ocloc makes no binary and does not say why")
    parts = f"{folder}/parts"
    os.mkdir(parts)
    _link_disassembler(compilers, folder)
    compilers.run(["env", f"LD_LIBRARY_PATH={compilers.env.get('LD_LIBRARY_PATH', '')}:{folder}",
                   compilers.ocloc, "disasm", "-file", binary[0], "-dump", parts, "-device",
                   device])
    with open(f"{parts}/.ze_info", errors="replace") as file:
        info = file.read().split("\nkernels_misc_info:")[0]
    with open(f"{parts}/.text.{program.kernel}.asm", errors="replace") as file:
        listing = [line.strip() for line in file]
    simd, grf = number(r"simd_size:\s+(\d+)", info, 1), number(r"grf_count:\s+(\d+)", info, 128)
    threads, units, register = UNITS[device]
    if grf > 128:
        threads //= 2
    spill, private = _buffers(info, simd)
    group_threads = (program.group + simd - 1) // simd
    # A group is on units that share local memory; those hold so many threads in all.
    most = threads * units
    groups = most // group_threads
    local = number(r"slm_size:\s+(\d+)", info)
    if local:
        groups = min(groups, (128 << 10 if device in ("dg2", "pvc") else 64 << 10) // local)
    return {
        "registers": grf * register // (4 * simd), "spill": spill, "private": private,
        "local": local, "group_most": min(program.caps["max_work_group"], most * simd),
        "occupancy": f"{groups * group_threads}/{most} threads, SIMD{simd}",
        "percent": 100 * groups * group_threads // most,
        "loop": loops.innermost([loops.parse_intel(line, simd, register)
                                 for line in listing if line]),
    }
