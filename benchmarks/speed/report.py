# SPDX-License-Identifier: MIT
"""What was measured, as a table for people or as JSON for programs."""
import datetime
import json
import os
import platform
import re
import sys

KINDS = ("frozen", "eager", "tf32")
PEERS = ("frozen", "eager")  # those that compute in float32


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
    else:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()


def row(name, entry, ours, forms):
    """forms: (kind, label, samples) of PyTorch; the fastest of each kind counts."""
    result = {
        "network": name, "title": entry.title, "input": [list(s) for s in entry.inputs],
        "clact_ms": ours.best(), "clact_ms_median": ours.median(),
        "forms": [{"kind": kind, "form": label, "ms": s.best(), "ms_median": s.median()}
                  for kind, label, s in forms],
    }
    kinds = [k for k in KINDS if any(f["kind"] == k for f in result["forms"])]
    for kind in kinds:
        best = min((f for f in result["forms"] if f["kind"] == kind), key=lambda f: f["ms"])
        result.update({kind + "_ms": best["ms"], kind + "_ms_median": best["ms_median"],
                       kind + "_form": best["form"], kind + "_ratio": best["ms"] / ours.best()})
    peer = min(PEERS, key=lambda kind: result[kind + "_ms"])
    ratio = result[peer + "_ratio"]
    result.update(peer=peer, ratio=ratio, bar=entry.bar, reached=ratio >= entry.bar,
                  ratio_median=result[peer + "_ms_median"] / ours.median())
    return result


def processor():
    try:
        with open("/proc/cpuinfo") as f:
            return re.search(r"^model name\s*: (.*)$", f.read(), re.M).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def where(bench, torch, options):
    """bench: what one `clact bench` printed."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": processor(), "cpus": os.cpu_count(), "threads": options.threads,
        "system": "%s %s" % (platform.system(), platform.release()),
        "load": os.getloadavg()[0], "repeats": options.repeats, "rounds": options.rounds,
        "batch": options.batch,
        "clact": {k: bench[k] for k in ("version", "commit", "device", "driver", "platform")},
        "torch": torch,
    }


def torch_line(t):
    if "device" in t:
        return "PyTorch %s on %s, cuDNN %s, CUDA %s, HIP %s" % (
            t["version"], t["device"], t["cudnn"], t["cuda"], t["hip"])
    return "PyTorch %s, oneDNN %s, BLAS %s (%s)%s" % (
        t["version"], t["onednn"], t["blas"], ", ".join(t["libraries"]) or "unknown files",
        "; freed memory is kept" if t["freed_memory_is_kept"] else "")


def head(w):
    c, t = w["clact"], w["torch"]
    return [
        "clact %s (%s) on %s, %s %s" % (c["version"], c["commit"], c["device"], c["platform"],
                                        c["driver"]),
        torch_line(t),
        "%s, %d processors, %s; load average at the end %.1f" % (w["cpu"], w["cpus"], w["system"],
                                                                 w["load"]),
        "%s; %d threads each, batch %d, float32; %d rounds in turns, up to %d runs each" %
        (w["date"], w["threads"], w["batch"], w["rounds"], w["repeats"]),
    ]


def table(columns, lines):
    """columns: (heading, is it a number)"""
    out = ["| " + " | ".join(c for c, _ in columns) + " |",
           "|" + "|".join("--:" if n else "---" for _, n in columns) + "|"]
    return out + ["| " + " | ".join(line) + " |" for line in lines]


def pair(low, middle):
    return "%.1f (%.1f)" % (low, middle)


def network_table(rows):
    shown, lines = [k for k in KINDS if k + "_ms" in rows[0]], []
    for r in rows:
        cells = [r["network"], " + ".join("x".join(map(str, s[2:])) for s in r["input"]),
                 pair(r["clact_ms"], r["clact_ms_median"])]
        for kind in shown:
            cells.append(pair(r[kind + "_ms"], r[kind + "_ms_median"]))
        lines.append(cells + ["%.2f" % r["frozen_ratio"], "%.2f" % r["eager_ratio"],
                              "%.2f (%.2f)" % (r["ratio"], r["ratio_median"]),
                              "%.1f" % r["bar"], "yes" if r["reached"] else "no"])
    columns = [("network", False), ("input", False), ("clact ms", True)]
    columns += [("PyTorch %s ms" % kind, True) for kind in shown]
    columns += [("frozen/clact", True), ("eager/clact", True), ("ratio", True), ("bar", True),
                ("reached", False)]
    return table(columns, lines)


def form_lines(rows):
    """Of networks for which PyTorch has several modules, what each took."""
    return ["- %s: %s" % (r["network"], ", ".join("%s %s %.1f" % (f["kind"], f["form"], f["ms"])
                                                  for f in r["forms"]))
            for r in rows if len(r["forms"]) > 2]


def layer_table(rows):
    strict = "strict_ms" in rows[0]
    columns = [("layer", False), ("times", True), ("--conv", False), ("clact ms", True),
               ("GFLOP/s", True), ("% of roof", True)]
    columns += [("strict ms", True)] if strict else []
    columns += [("oneDNN ms", True), ("GFLOP/s", True), ("oneDNN/clact", True)]
    columns += [("oneDNN/strict", True)] if strict else []
    lines = []
    for r in rows:
        cells = [r["layer"], str(r["times"]), r["conv"], "%.3f" % r["clact_ms"],
                 "%.0f" % r["clact_gflops"], "%.0f" % (100 * r["clact_roof"])]
        cells += ["%.3f" % r["strict_ms"]] if strict else []
        cells += ["%.3f" % r["onednn_ms"], "%.0f" % r["onednn_gflops"], "%.2f" % r["ratio"]]
        cells += ["%.2f" % r["strict_ratio"]] if strict else []
        lines.append(cells)
    return table(columns, lines)


def render(w, rows, options):
    if sys.stderr.isatty():
        progress("")
    if options.format == "json":
        return json.dumps(dict(w, schema=1, results=rows), indent=1) + "\n"
    if options.layers:
        lines = layer_table(rows)
    else:
        lines = network_table(rows) + [""] + form_lines(rows)
    note = "Least of all runs" + ("." if options.layers else
                                  ", in brackets the median of the rounds' medians.")
    return "\n".join(["- " + h for h in head(w)] + ["", note, ""] + lines).rstrip() + "\n"
