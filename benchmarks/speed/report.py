# SPDX-License-Identifier: MIT
"""What was measured, as a table for people or as JSON for programs."""
import datetime
import json
import os
import platform
import re
import sys


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
    else:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()


def row(name, entry, ours, best):
    """best: of each kind of PyTorch's forms the samples of the fastest, and which one it is."""
    result = {
        "network": name, "title": entry.title, "input": [list(s) for s in entry.inputs],
        "clact_ms": ours.best(), "clact_ms_median": ours.median(),
    }
    for kind, (samples, label) in best.items():
        result[kind + "_ms"], result[kind + "_ms_median"] = samples.best(), samples.median()
        result[kind + "_ratio"] = samples.best() / ours.best()
        if label:
            result[kind + "_form"] = label
    peer = min(best, key=lambda kind: best[kind][0].best())
    ratio = result[peer + "_ratio"]
    result.update(peer=peer, ratio=ratio, bar=entry.bar, reached=ratio >= entry.bar,
                  ratio_median=best[peer][0].median() / ours.median())
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
        "clact": {k: bench[k] for k in ("version", "commit", "device", "driver", "platform")},
        "torch": torch,
    }


def head(w):
    c, t = w["clact"], w["torch"]
    return [
        "clact %s (%s) on %s, %s %s" % (c["version"], c["commit"], c["device"], c["platform"],
                                        c["driver"]),
        "PyTorch %s, oneDNN %s, BLAS %s (%s)" % (t["version"], t["onednn"], t["blas"],
                                                 ", ".join(t["libraries"]) or "unknown files"),
        "%s, %d processors, %s; load average at the end %.1f" % (w["cpu"], w["cpus"], w["system"],
                                                                 w["load"]),
        "%s; %d threads each, batch 1, float32; %d rounds in turns, up to %d runs each" %
        (w["date"], w["threads"], w["rounds"], w["repeats"]),
    ]


def table(columns, lines):
    """columns: (heading, is it a number)"""
    out = ["| " + " | ".join(c for c, _ in columns) + " |",
           "|" + "|".join("--:" if n else "---" for _, n in columns) + "|"]
    return out + ["| " + " | ".join(line) + " |" for line in lines]


def pair(low, middle):
    return "%.1f (%.1f)" % (low, middle)


def network_table(rows):
    lines = []
    for r in rows:
        cells = [r["network"], " + ".join("x".join(map(str, s[2:])) for s in r["input"]),
                 pair(r["clact_ms"], r["clact_ms_median"])]
        for kind in ("frozen", "eager"):
            form = " " + r[kind + "_form"] if kind + "_form" in r else ""
            cells.append(pair(r[kind + "_ms"], r[kind + "_ms_median"]) + form)
        lines.append(cells + ["%.2f" % r["frozen_ratio"], "%.2f" % r["eager_ratio"],
                              "%.2f (%.2f)" % (r["ratio"], r["ratio_median"]),
                              "%.1f" % r["bar"], "yes" if r["reached"] else "no"])
    return table((("network", False), ("input", False), ("clact ms", True),
                  ("PyTorch frozen ms", True), ("PyTorch eager ms", True), ("frozen/clact", True),
                  ("eager/clact", True), ("ratio", True), ("bar", True), ("reached", False)),
                 lines)


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
    lines = layer_table(rows) if options.layers else network_table(rows)
    note = "Least of all runs" + ("." if options.layers else
                                  ", in brackets the median of the rounds' medians.")
    return "\n".join(["- " + h for h in head(w)] + ["", note, ""] + lines) + "\n"
