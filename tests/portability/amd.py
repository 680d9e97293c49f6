# SPDX-License-Identifier: MIT
"""AMD: clang and ROCm's device libraries make the final code."""
import os
import re

from compilers import number
import loops

TARGET = ["-x", "cl", "-cl-std=CL1.2", "-target", "amdgcn-amd-amdhsa", "-mcode-object-version=5"]

# ROCm 5.2 does not know newer targets; all that it has for each is one constant.
ISA_VERSION = """target triple = "amdgcn-amd-amdhsa"
@__oclc_ISA_version = linkonce_odr protected local_unnamed_addr addrspace(4) constant i32 %d
"""


def _libraries(compilers, device, folder):
    chip = device[3:]
    if os.path.exists(f"{compilers.rocm}/oclc_isa_version_{chip}.bc"):
        return compilers.rocm
    libs = f"{folder}/bitcode"
    os.mkdir(libs)
    for name in os.listdir(compilers.rocm):
        os.symlink(f"{compilers.rocm}/{name}", f"{libs}/{name}")
    version = int(chip[:-2]) * 1000 + int(chip[-2], 16) * 100 + int(chip[-1], 16)
    with open(f"{folder}/isa.ll", "w") as out:
        out.write(ISA_VERSION % version)
    compilers.run([compilers.clang, "-target", "amdgcn-amd-amdhsa", "-nogpulib",
                   "-Wno-override-module", "-x", "ir", "-emit-llvm", "-c", f"{folder}/isa.ll",
                   "-o", f"{libs}/oclc_isa_version_{chip}.bc"])
    return libs


def _waves_most(device):
    """Waves that a SIMD unit can hold."""
    return 16 if device[3:5] in ("10", "11", "12") else 8 if device == "gfx90a" else 10


def compile(compilers, program, device, folder):
    assembly = f"{folder}/k.s"
    libs = _libraries(compilers, device, folder)
    compilers.run([compilers.clang] + TARGET + [
        f"-mcpu={device}", f"--rocm-device-lib-path={libs}", "-O3", "-S", "-o", assembly,
        program.path])
    with open(assembly, errors="replace") as file:
        text = file.read()
    metadata = text.split("amdhsa.kernels:")[-1]
    body = text[text.find(f"\n{program.kernel}:"):]
    body = body[:body.find("\n.Lfunc_end")]
    after = text[text.find(f"\n{program.kernel}:"):]
    of = lambda key: number(rf"\.{key}:\s+(\d+)", metadata)
    waves, most = number(r"^; Occupancy: (\d+)", after), _waves_most(device)
    wave = of("wavefront_size") or 64
    code = [line.split(";")[0].strip() for line in body.splitlines()]
    return {
        "registers": of("vgpr_count"), "spill": 4 * of("vgpr_spill_count"),
        "private": of("private_segment_fixed_size"), "local": of("group_segment_fixed_size"),
        "group_most": of("max_flat_workgroup_size"), "occupancy": f"{waves}/{most} waves",
        "percent": 100 * waves // most,
        "loop": loops.innermost([loops.parse_amd(line, wave) for line in code if line]),
    }
