#!/bin/sh
# SPDX-License-Identifier: MIT
# A small network of every family, from clips to scores: probabilities that differ between clips,
# the same in every run, and for every window the same in any batch.
. "${0%/*}/lib.sh"
need_device

# NAME|settings[|full]; one line a family at least; those with `full` are run only with
# CLACT_TEST_FULL=yes. Like sizes share kernels.
networks='
resnet3d-18|width=4,4,4,4,frames=8,size=16
resnet3d-pre-18|width=4,4,4,4,frames=8,size=16|full
resnet3d-wide-50|width=4,4,4,4,frames=8,size=16|full
resnext3d-101|width=4,4,4,4,blocks=1,1,1,1,cardinality=2,frames=8,size=16
resnet2p1d-18|width=4,4,4,4,frames=8,size=16|full
r3d_18|width=4,4,4,4,frames=4,size=16
mc3_18|width=4,4,4,4,frames=4,size=16|full
r2plus1d_18|width=4,4,4,4,frames=4,size=16
iic-r21d|width=4,4,4,4,frames=4,size=16|full
resnet18|width=8,8,8,8,size=32
tao-resnet18|width=4,4,4,4,frames=8,size=16
tao-r2plus1d|width=4,4,4,4,frames=4,size=16|full
app-resnet18|width=8,8,8,8,size=32|full
tao-two-path|width=0.0625,frames=8,size=16|full
chen-p3d|width=4,4,4,4,fc=8,frames=4,size=8|full
tao-i3d|width=0.001,frames=8,size=32|full
s3d|width=0.0625,frames=8,size=32|full
s3d-torchvision|width=0.0625,frames=8,size=32|full
c3d|width=0.0625,frames=16,size=32
bninception|width=0.0625,size=64
zhao|width=0.0625,frames=3,size=64,segments=3,radius=1
slow_r50|width=0.0625,blocks=1,1,1,1,frames=4,rate=2,size=32|full
c2d_r50|width=0.0625,blocks=1,1,1,1,frames=4,rate=2,size=32|full
i3d_r50|width=0.0625,blocks=1,1,1,1,frames=4,rate=2,size=32|full
mmaction_i3d_r50|width=0.0625,blocks=1,1,1,1,frames=8,rate=2,size=32|full
slowfast_r50|width=0.25,blocks=1,1,1,1,frames=8,rate=1,size=32
x3d_s|width=0.25,blocks=1,1,1,1,frames=4,rate=2,size=32
'

# no family that `clact model` knows is missing from the table
echo "$networks" | sed -n 's/|.*//p' >covered
ok "$clact" model --format md
awk -F'`' 'NR == FNR {covered[$0]; next}
    /^## / {family = substr($0, 4); has[family] += 0}
    /^[|] `/ && ($2 in covered) {has[family]++}
    END {for (family in has) if (!has[family]) print family}' covered out >missing
[ ! -s missing ] || fail "no network of: $(tr '\n' ';' <missing)"
[ "$(grep -c '^## ' out)" -ge 5 ] || fail "the page of networks has no families"

[ "${CLACT_TEST_FULL:-no}" = yes ] || networks=$(echo "$networks" | grep -v '|full$')

# RECORD CLIP WINDOW CROP|SCORES, and RECORD video|SCORES, sorted: windows stand in records as they
# were ready, which with two clips depends on the batch.
scores() {
    awk '{n = split($0, part, "\"clip\":\"")
        for (i = 1; i <= n; i++) {
            key = i == 1 ? "video" : part[i]
            sub(/,"start".*/, "", key)
            if (match(part[i], /"scores":\[[^]]*\]/))
                print NR " " key "|" substr(part[i], RSTART + 10, RLENGTH - 11)}}' "$1" | tr , ' ' |
        sort
}
# The same windows with as many scores, all finite and within 1e-5 of each other.
close() {
    paste -d '|' "$1" "$2" | awk -F'|' '
        function number(x) {return x ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/}
        {n = split($2, a, " "); if ($1 != $3 || n != split($4, b, " ") || !n) bad = 1
         for (i = 1; i <= n; i++) {
            d = a[i] - b[i]; most = a[i] < -1 ? -a[i] : a[i] > 1 ? a[i] : 1
            if (!number(a[i]) || !number(b[i]) || d > 1e-5 * most || d < -1e-5 * most) bad = 1}}
        END {exit bad || !NR}'
}

# Two networks at a time, since most of the time goes into building kernels.
echo "$networks" | grep '|' >table
produce() { # every second line of the table, from line $1 on
    line=0
    while IFS='|' read -r name settings _; do
        line=$((line + 1))
        [ $((line % 2)) = $(($1 % 2)) ] || continue
        "$clact" model "$name" --set "$settings,classes=5" --random 7 -o "$name.graph" ||
            continue
        for run in 1.first 1.second 3.batch; do
            "$clact" run "$name.graph" "$bframes" "$interlaced" "$ten" --json --windows \
                -b ${run%.*} >"$name.$run" || break
        done
    done <table >"log.$1" 2>&1
}
bframes=$clips/bframes.mp4 interlaced=$clips/interlaced.ts ten=$clips/main10.mkv
produce 1 &
produce 2 &
wait

while IFS='|' read -r name settings _; do
    last="clact run $name.graph, $settings"
    cat "$name.1.first" "$name.1.second" "$name.3.batch" >out 2>err
    if [ "$(grep -c '"status":"ok"' out)" != 9 ]; then
        fail "$name: not three records of each run"
        continue
    fi
    json_ok out
    ! grep -q '"windows":1,' out || fail "$name: one window is no batch"

    # of each video: five probabilities that sum to 1, none of them all of it
    sed 's/.*"top":[^]]*\],"scores":\[\([^]]*\)\].*/\1/; s/,/ /g' "$name.1.first" >videos
    awk 'NF != 5 {bad = 1} {s = 0; for (i = 1; i <= NF; i++) {s += $i; if ($i > 0.999) bad = 1}
         if (s < 0.9999 || s > 1.0001) bad = 1} END {exit bad || NR != 3}' videos ||
        fail "$name: no probabilities: $(tr '\n' ';' <videos)"
    [ "$(sort -u videos | wc -l)" = 3 ] || fail "$name: the same scores for different clips"

    for run in first second; do
        sed 's/,"seconds":{[^}]*}//' "$name.1.$run" >$run
    done
    same first second "$name: two runs"
    scores "$name.1.first" >one
    scores "$name.3.batch" >three
    close one three || fail "$name: other scores in batches of 3"
done <table
last="clact model and run"
cat log.1 log.2 >out 2>err
[ ! -s out ] || fail "said something"
finish
