#!/bin/sh
# SPDX-License-Identifier: MIT
# Memory does not grow with the length of a video: 20 s against 400 s, and 10,000 frames against
# 100,000, which is more than an hour. Times are printed, and no reason to fail.
. "${0%/*}/lib.sh"
need_device
need_ffmpeg
make_model
for seconds in 20 400; do
    make_clip $seconds.mp4 -f lavfi -i testsrc=s=64x48:r=25:d=$seconds -c:v mpeg4 -q:v 8 -g 50
done
sed 's/^clip main.*/& windows=even:10/' m.graph >even.graph
sed 's/^clip main.*/& fps=5/' m.graph >slow.graph
"$clact" run m.graph 20.mp4 >/dev/null 2>&1 # kernels are built before anything is measured
"$clact" run m.graph 20.mp4 -b 8 >/dev/null 2>&1

peak() { # GRAPH SECONDS OPTIONS...: kB
    graph=$1 seconds=$2
    shift 2
    ok "$tools/cli_peak" kb "$clact" run $graph $seconds.mp4 --json "$@"
    json_ok out
    has out '"status":"ok"'
    cat kb
}
compare() { # WHAT SHORT LONG
    echo "$1: $2 kB for 20 s, $3 kB for 400 s"
    last=$1
    [ "$3" -le $(($2 + 20480)) ] || fail "$1: $3 kB for 400 s, $2 kB for 20 s"
}
compare slide "$(peak m.graph 20)" "$(peak m.graph 400)"
compare "slide, batches of 8" "$(peak m.graph 20 -b 8)" "$(peak m.graph 400 -b 8)"
compare even "$(peak even.graph 20)" "$(peak even.graph 400)"
compare fps=5 "$(peak slow.graph 20)" "$(peak slow.graph 400)"

ok "$clact" run m.graph 400.mp4 --json
[ "$(json_get out frames)" = 10000 ] || fail "frames: $(json_get out frames)"
[ "$(json_get out windows)" = 2500 ] || fail "windows: $(json_get out windows)"
ok "$clact" run slow.graph 400.mp4 --json
[ "$(json_get out windows)" = 500 ] || fail "fps=5: windows: $(json_get out windows)"
ok "$clact" run even.graph 400.mp4 --json
[ "$(json_get out windows)" = 10 ] || fail "even:10: windows: $(json_get out windows)"

# 100,000 frames in windows of 16, of a small network.
"$clact" model resnet3d-10 --set width=0.0625,classes=5,frames=16,size=32 -o l.graph --random 1
make_clip 100000.mp4 -f lavfi -i color=gray:s=32x32:r=25:d=4000,noise=alls=20:allf=t \
    -c:v mpeg4 -q:v 10 -g 50
make_clip 10000.mp4 -i 100000.mp4 -t 400 -c copy
"$clact" run l.graph 10000.mp4 --to 1 >/dev/null 2>&1
for frames in 10000 100000; do
    ok "$tools/cli_peak" kb "$clact" run l.graph $frames.mp4 --json
    has out '"status":"ok"'
    [ "$(json_get out frames)" = $frames ] || fail "$frames frames: $(json_get out frames)"
    [ "$(json_get out windows)" = $((frames / 16)) ] ||
        fail "$frames frames: $(json_get out windows) windows"
    echo "$frames frames: $(cat kb) kB, $(json_get out total) s"
    mv kb kb.$frames
done
[ "$(cat kb.100000)" -le $(($(cat kb.10000) + 20480)) ] || fail "100000 frames take more memory"
finish
