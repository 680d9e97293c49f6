# SPDX-License-Identifier: MIT
"""The innermost loop of a listing: how much of it is multiply-adds, and what it loads for them.

A line is parsed to (kind, value): a label's name, a jump's target, or an instruction as a count of
multiply-adds and the bytes that one work-item loads from local and from global memory.
"""
import collections
import re

Label = collections.namedtuple("Label", "name")
Jump = collections.namedtuple("Jump", "target")
# operations: what it counts for, 2 where two operations share an instruction, 0 for a hint to the
# scheduler; fma: multiply-adds among them.
Instruction = collections.namedtuple("Instruction", "operations fma local global_")


def innermost(lines):
    """Of the loops that hold no other, the one with the most multiply-adds; None without any.

    One that loads from local memory, else any memory, goes before: compilers place parts of what
    follows in front of it, and the jump back to them looks like a loop.
    """
    at = {line.name: i for i, line in enumerate(lines) if isinstance(line, Label)}
    spans = sorted({(at[line.target], i) for i, line in enumerate(lines)
                    if isinstance(line, Jump) and at.get(line.target, i) < i})
    best = None
    for first, last in spans:
        if any((a, b) != (first, last) and first <= a and b <= last for a, b in spans):
            continue
        body = lines[first:last + 1]
        code = [line for line in body if isinstance(line, Instruction)]
        jumps = sum(isinstance(line, Jump) for line in body)
        fma = sum(line.fma for line in code)
        local, global_ = (sum(getattr(line, m) for line in code) for m in ("local", "global_"))
        loop = {"fma": fma, "operations": jumps + sum(line.operations for line in code),
                "local": local, "global": global_}
        rank = lambda of: (of["local"] > 0, of["global"] > 0, of["fma"])
        if fma and (best is None or rank(loop) > rank(best)):
            best = loop
    return best


def share(loop):
    return 100.0 * loop["fma"] / loop["operations"] if loop else 0.0


_HINTS = ("s_delay_alu", "s_clause", "s_nop", "s_code_end", "s_inst_prefetch",
          "s_set_inst_prefetch_distance")


def parse_amd(line, wave):
    label = re.match(r"(\.?\w+):", line)
    if label:
        return Label(label.group(1))
    name = line.split()[0]
    if name.startswith("."):
        return None
    if name.startswith(("s_cbranch", "s_branch")):
        return Jump(line.split()[-1])
    if name in _HINTS:
        return Instruction(0, 0, 0, 0)
    halves = line.split("::")  # two instructions issued as one
    fma = sum(2 if "pk_fma" in half else 1 for half in halves
              if re.search(r"\bv_(dual_|pk_)?fm(a|ac|aak|amk)(_legacy)?_f32", half))
    local = global_ = 0
    width = re.search(r"_(?:b|dwordx|dword|u|i)(\d*)", name)
    if name.startswith(("ds_read", "ds_load")):
        local = int(width.group(1)) // 8 if width and width.group(1) else 4
        local *= 2 if re.match(r"ds_(read|load)_?2", name) else 1
    elif name.startswith(("global_load", "flat_load", "buffer_load", "s_load", "s_buffer_load")):
        bits = re.search(r"_b(\d+)", name)
        words = re.search(r"_dwordx(\d+)", name)
        global_ = int(bits.group(1)) // 8 if bits else 4 * int(words.group(1)) if words else \
            2 if re.search(r"(short|16)", name) else 4
        if name.startswith("s_"):
            global_ /= wave  # one load for all work-items of a wave
    return Instruction(len(halves) + (fma - len(halves) if "pk_fma" in line else 0), fma, local,
                       global_)


def parse_intel(line, simd, register):
    label = re.match(r"(L\d+|\w+):$", line)
    if label:
        return Label(label.group(1))
    text = re.sub(r"^\(\S+\)\s*", "", line)  # the predicate
    name = text.split()[0]
    if name.startswith(("jmpi", "while", "goto", "if", "else", "brd", "brc", "break", "cont")):
        return Jump(re.findall(r"\bL\d+\b", text)[0])  # of goto and break: the jump, not the join
    if name.startswith(("sync", "join", "endif")):
        return Instruction(0, 0, 0, 0)
    local = global_ = 0
    loads = re.search(r"\brd:(\d+)", text)
    if name.startswith("send") and loads:
        # The last byte of the descriptor is the surface; 0xFE is local memory.
        descriptor = re.findall(r"0x[0-9A-F]{8}\b", text)
        is_local = "slm" in name or (descriptor and descriptor[-1].endswith("FE"))
        loaded = int(loads.group(1)) * register / simd
        local, global_ = (loaded, 0) if is_local else (0, loaded)
    fma = name.startswith(("mad", "mac")) and ":f" in text
    return Instruction(1, 1 if fma else 0, local, global_)
