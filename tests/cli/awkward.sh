#!/bin/sh
# SPDX-License-Identifier: MIT
# Awkward files of every kind through one process: each gets a record of the class that
# tests/awkward/make.sh states, nothing crashes, nothing hangs.
. "${0%/*}/lib.sh"
need_device
need_ffmpeg
command -v python3 >/dev/null || skip "no python3: the damaged files cannot be made"
command -v bash >/dev/null || skip "no bash for tests/awkward/make.sh"
make_model
bash "$source/tests/awkward/make.sh" lavfi "$work/set" >make.log 2>&1 ||
    skip "$(tail -n 1 make.log)"
[ "$(wc -l <set/expected.tsv)" -gt 100 ] || fail "only $(wc -l <set/expected.tsv) clips were made"

cat >expected.py <<'P'
import json, os, sys

ALLOWED = {
    "ok": {"ok", "short"},
    "short": {"short", "ok"},
    "partial": {"partial", "error"},
    "error": {"error"},
    "limit": {"error", "ok", "short"},
    "any": {"ok", "short", "partial", "error"},
}
rows = []
for line in open("set/expected.tsv", "rb").read().split(b"\n"):
    if line:
        name, kind, intent = line.split(b"\t")[:3]
        name = name.replace(b"\\n", b"\n").replace(b"\\xe9", b"\xe9")
        rows.append((b"set/" + name, kind.decode(), intent.decode()))
if sys.argv[1] == "run":
    os.execvp(sys.argv[2].encode(), [a.encode() for a in sys.argv[2:]] + [r[0] for r in rows])
bad = 0
lines = open("out", "rb").read().decode("utf-8").split("\n")[:-1]
if len(lines) != len(rows):
    sys.exit("%d records for %d clips" % (len(lines), len(rows)))
for (name, kind, intent), line in zip(rows, lines):
    record = json.loads(line)
    want = name.decode("utf-8", "replace")
    if record["schema"] != 1 or record["file"] != want:
        print("record of %r is of %r" % (want, record["file"]))
        bad += 1
    if record["status"] not in ALLOWED[kind]:
        print("%r: %s, expected %s (%s)" % (want, record["status"], kind, intent))
        print("   ", record.get("error", record.get("damage", record.get("frames"))))
        bad += 1
    if record["status"] != "error" and len(record["scores"]) != 5:
        print("%r: no scores" % want)
        bad += 1
    if record["status"] == "error" and "top" in record:
        print("%r: classes beside an error" % want)
        bad += 1
sys.exit(bad != 0)
P
limit=400
run python3 expected.py run "$clact" run m.graph --json
[ "$code" = 2 ] || fail "exit code $code, not 2"
if tr -d '\n' <err | LC_ALL=C grep -q '[[:cntrl:]]'; then
    fail "control characters on stderr"
fi
! grep -v '^clact: ' err | grep -q . || fail "lines on stderr that are not clact's"
python3 expected.py check >verdict 2>&1 || { cat verdict; fail "records are not as expected"; }
finish
