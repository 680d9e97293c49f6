#!/bin/sh
# SPDX-License-Identifier: MIT
# clact bench: every format holds what it should. How long anything took is not looked at.
. "${0%/*}/lib.sh"
need_device
small="classes=5,width=0.125,frames=4,size=32"
python=/usr/bin/python3

ok "$clact" bench resnet3d-10 --set $small -r 3 --steps
has out "% time"
has out "roof measured now"
has out layer4.0
ok "$clact" bench resnet3d-10 --set $small -r 3
[ "$(wc -l <out)" = 2 ] || fail "totals alone are two lines"

ok "$clact" bench resnet3d-10 --set $small -r 3 --format json -o old.json
ok "$clact" bench resnet3d-10 --set $small -r 3 -b 2 --format jsonl
has out '"batch":2'
ok "$clact" bench resnet3d-10 --set $small -r 3 --format csv
has out 'model,device,driver,version,commit,batch,'
[ "$(grep -c '^"resnet3d-10",' out)" -gt 10 ] || fail "the model is in every row"
ok "$clact" bench resnet3d-10 --set $small -r 3 --format md
has out '| step |'
ok "$clact" bench resnet3d-10 --set $small -r 3 --compare old.json --trace trace.json
grep -q '^all  *[0-9.]*  *[0-9.]*  *[0-9.]*$' out || fail "no line for the whole"
has out maxpool

# The spec of a convolution that a table prints repeats it.
ok "$clact" bench resnet3d-10 --set $small -r 1 --format csv
spec=$(sed -n 's/.*"\(n1c[0-9a-z]*x3x3x3[0-9a-z]*\)".*/\1/p' out | head -n 1)
[ -n "$spec" ] || fail "no spec of a convolution in the table"
ok "$clact" bench --conv "$spec" -r 2
has out "$spec"
ok "$clact" bench --conv n3c8t2h9w7k5x1x3x3s1x2x2p0x1x1d1x2x2 -r 1
has out "batch 3"
has out n3c8t2h9w7k5x1x3x3s1x2x2p0x1x1d1x2x2
ok "$clact" bench --conv n3c8t2h9w7k5x1x3x3s1 -r 1 --fp16
has out "half storage"
ok "$clact" bench --conv n3c8t2h9w7k5x1x3x3s1 -r 1 --fp16 --format jsonl
has out '"batch":3,"fp16":true'
for bad in n1 c3h4w4k2 c3h4w4k2x3x3x3g2 c3h4w4k2x3x3x3s0 c3h4w4k2x3x3x3q c3h4w4k2s1x2x2 \
    c99999999999h4w4k2x1x1x1; do
    run "$clact" bench --conv $bad
    [ "$code" = 1 ] || fail "exit code $code, not 1"
    one_line
done

for bad in "" "nothing.graph" "resnet3d-10 x" "--all --conv c1h1w1k1x1x1x1" "resnet3d-10 -r 0" \
    "resnet3d-10 --format xml"; do
    run "$clact" bench $bad
    [ "$code" != 0 ] || fail "accepted"
    one_line
done
echo '{"steps":[{"node":3}],"ms":1}' >bad.json
for bad in bad.json missing.json trace.json; do
    run "$clact" bench resnet3d-10 --set $small -r 1 --compare $bad
    [ "$code" = 2 ] || fail "exit code $code, not 2"
    one_line
done

# What programs read is JSON.
if [ -x $python ]; then
    run $python -c '
import json
old = json.load(open("old.json"))
assert old["schema"] == 1 and old["model"] == "resnet3d-10" and old["device"] and old["driver"]
assert old["steps"] and all(s["ms"] > 0 and s["ms"] <= s["ms_p95"] for s in old["steps"])
assert abs(sum(s["share"] for s in old["steps"]) - 1) < 1e-3
assert len(json.load(open("trace.json"))["traceEvents"]) == len(old["steps"])'
    [ "$code" = 0 ] || fail "the JSON is not what it should be"
fi
finish
