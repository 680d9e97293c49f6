# SPDX-License-Identifier: MIT
"""Strict OpenCL C 1.2 with every optional extension off."""
import re

from compilers import Failed

# The flag that asks for OpenCL C 1.2 and no more; warnings of unused things are the host's choice
# of defines.
FLAGS = """-x cl -cl-std=CL1.2 -target spir64 -Xclang -finclude-default-header -Xclang -cl-ext=-all
-fsyntax-only -Wall -Wextra -Werror -Wdouble-promotion -Wno-unused -Wno-unused-parameter""".split()


def compile(compilers, program, device, folder):
    del device, folder
    out = compilers.run([compilers.clang] + FLAGS + [program.path])
    if re.search("warning:", out):
        raise Failed(out)
    return None
