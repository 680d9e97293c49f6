# SPDX-License-Identifier: MIT
"""What is a violation, and the lines that are printed."""
import collections
import statistics

import loops

# The share of multiply-adds in the innermost loop, percent, of the kernels that do nearly all of
# them, where a listing can be read.
SHARE_LEAST = 70
SHARE_KERNELS = ("conv3d_direct", "winograd_multiply")
SHOWN_KERNELS = SHARE_KERNELS + ("conv3d_frames_rows", "match_frames_staged",
                                 "conv3d_depthwise_staged")
SHARE_DEVICES = ("gfx1030", "gfx1100", "dg2")
# Where that cannot be reached: (defines, least, why); the first that fits.
SHARE_EXCEPTIONS = [
    (lambda d: d("TILE_W") == 1, 50, "one pixel: a weight is read for one multiply-add"),
    (lambda d: d("CHANNELS") <= 16 and d("K_T", 1) * d("K_H", 1) * d("K_W", 1) == 1, 0,
     "all channels are one stage: there is no loop"),
    (lambda d: d("TILE_C") == 1 and d("LOCAL_X") == 4 and d("X_HALF"), 62,
     "as below, and each is converted"),
    (lambda d: d("TILE_C") == 1 and d("LOCAL_X") == 4, 69,
     "16 outputs share what is staged: that is a quarter of the loop"),
]

HEAD = (f"{'device':8} {'kernel':22} {'variants':>8} {'regs':>5} {'spill':>5} {'private':>7} "
        f"{'local':>6} {'group':>5}  {'occupancy, least':26} {'fma share %':>13} "
        f"{'B/fma local':>11} {'global':>6}  verdict")


def faults(device, program, result):
    """What is wrong with one result, as texts."""
    if "failed" in result:
        return ["does not compile"]
    if device == "lint":
        return []
    bad = []
    if result["spill"]:
        bad.append(f"spills {result['spill']} bytes")
    if result["private"]:
        bad.append(f"{result['private']} bytes of private memory")
    if result["local"] > program.caps["local_memory"]:
        bad.append(f"{result['local']} bytes of local memory, "
                   f"the device has {program.caps['local_memory']}")
    most = min(program.caps["max_work_group"], result["group_most"])
    if program.group > most:
        bad.append(f"work-group of {program.group}, possible are {most}")
    if result["percent"] == 0:
        bad.append("not one work-group fits")
    if device in SHARE_DEVICES and program.kernel in SHARE_KERNELS:
        share, least = loops.share(result["loop"]), share_least(program)
        if share < least:
            bad.append(f"{share:.1f} % of the innermost loop are multiply-adds, less than {least}")
    return bad


def share_least(program):
    for fits, least, _ in SHARE_EXCEPTIONS:
        if fits(program.define):
            return least
    return SHARE_LEAST


def _share_columns(results):
    inner = [r["loop"] for r in results if r.get("loop")]
    if not inner:
        return f"{'':13} {'':11} {'':6}"
    shares = [loops.share(loop) for loop in inner]
    local = statistics.median(loop["local"] / loop["fma"] for loop in inner)
    global_ = statistics.median(loop["global"] / loop["fma"] for loop in inner)
    return f"{min(shares):5.0f} to {max(shares):3.0f}   {local:11.2f} {global_:6.2f}"


def table(done):
    """Lines of a device's kernels; done: [(device, program, result)]."""
    kernels = collections.defaultdict(list)
    for device, program, result in done:
        if device != "lint":
            kernels[device, program.kernel].append((program, result))
    for (device, kernel), pairs in kernels.items():
        bad = sum(bool(faults(device, p, r)) for p, r in pairs)
        results = [r for _, r in pairs if "failed" not in r]
        verdict = f"{bad} BAD" if bad else "ok"
        if not results:
            yield f"{device:8} {kernel:22} {len(pairs):8} {'':72}  {verdict}"
            continue
        most = lambda key: max(r[key] for r in results)
        least = min(results, key=lambda r: r["percent"])
        yield (f"{device:8} {kernel:22} {len(pairs):8} {most('registers'):5} {most('spill'):5} "
               f"{most('private'):7} {most('local'):6} {max(p.group for p, _ in pairs):5}  "
               f"{least['occupancy']:20} {least['percent']:3} % {_share_columns(results)}  "
               f"{verdict}")


SUMMARY_HEAD = """\
| device | programs | registers | spilled | private | local | occupancy % | direct % | product % \
| first % | matching % | depthwise % |
|---|--:|--:|--:|--:|--:|---|---|---|---|---|---|"""


def summary(done):
    """{device: a line in Markdown} for docs/portability.md."""
    devices = collections.defaultdict(list)
    for device, program, result in done:
        if device != "lint" and "failed" not in result:
            devices[device].append((program, result))
    lines = {}
    for device, pairs in devices.items():
        results = [r for _, r in pairs]
        columns = [device, str(len(pairs)), str(max(r["registers"] for r in results)),
                   str(max(r["spill"] for r in results)), str(max(r["private"] for r in results)),
                   str(max(r["local"] for r in results)),
                   f"{min(r['percent'] for r in results)} to {max(r['percent'] for r in results)}"]
        for kernel in SHOWN_KERNELS:
            shares = sorted(loops.share(r["loop"]) for p, r in pairs
                            if p.kernel == kernel and r["loop"])
            columns.append(f"{shares[0]:.0f} to {shares[-1]:.0f}, half above "
                           f"{statistics.median(shares):.0f}" if shares else "")
        lines[device] = "| " + " | ".join(columns) + " |"
    return lines
