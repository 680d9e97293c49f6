#!/bin/sh
# SPDX-License-Identifier: MIT
# A run takes the memory that `clact plan` foretells, within a tenth. The program, its driver and
# the clip's frames, which the plan does not count, are measured with a network of next to nothing.
. "${0%/*}/lib.sh"
need_device
need_ffmpeg
[ "$(uname -s)" = Linux ] || skip "the unit of ru_maxrss is not known here"
! grep -q -a __asan_init "$clact" || skip "the address sanitizer keeps what was freed"
case $("$clact" devices) in
*CPU*) ;;
*) skip "no processor among the devices: other memory cannot be seen from here" ;;
esac
CLACT_DEVICE=$("$clact" devices | sed -n '/ CPU, /{s/^\([0-9]*:[0-9]*\).*/\1/p;q;}')
export CLACT_DEVICE
"$clact" devices --caps "$CLACT_DEVICE" >caps || fail "no caps of $CLACT_DEVICE"

make_clip clip.mp4 -f lavfi -i testsrc=s=64x48:r=25:d=4 -c:v mpeg4 -q:v 8
write() { # write NAME OPTIONS: a graph that slides over the clip
    "$clact" model resnet3d-10 --set "$2" -o $1.graph --random 1 || exit 1
    sed -i 's/^clip main.*/clip main frames=16 space=size:112x112/' $1.graph
}
write small width=0.0625,classes=5,frames=16,size=112
write large classes=5,frames=16,size=112

# peak GRAPH OPTIONS...: kB, of the second run, which compiles nothing
peak() {
    "$clact" run "$@" clip.mp4 >/dev/null 2>&1
    ok "$tools/cli_peak" kb "$clact" run "$@" clip.mp4
    cat kb
}
planned() { # planned GRAPH OPTIONS...: kB
    "$clact" plan "$@" --caps caps |
        sed -n 's/^memory: .*; at most \([0-9.]*\) MB at a time$/\1/p' |
        awk '{print int($1 * 1e3 / 1.024)}'
}
for batch in 1 2; do
    small=$(peak small.graph -b 1) large=$(peak large.graph -b $batch)
    want=$(($(planned large.graph -b $batch) - $(planned small.graph)))
    have=$((large - small))
    echo "batch $batch: $have kB, planned $want kB; $small kB without"
    last="clact run large.graph -b $batch"
    [ $want -gt 50000 ] || fail "planned: $want kB"
    [ $((have * 10)) -le $((want * 11)) ] || fail "$have kB, more than a tenth over $want kB"
    # Less is fine, but the plan must be about this run: weights are loaded before the decoder and
    # the kernels, which the small network's peak includes, are there.
    [ $((have * 4)) -ge $((want * 3)) ] || fail "$have kB, far less than $want kB"
done
finish
