#!/bin/sh
# SPDX-License-Identifier: MIT
# clact run: what it prints, for every kind of clip.
. "${0%/*}/lib.sh"
need_device
make_model
clip=$clips/bframes.mp4

# the table
ok "$clact" run m.graph "$clip"
has out "bframes.mp4  160x120 h264, 1.88 s, 48 frames, 12 windows"
[ "$(grep -c '^ *[1-5]  0\.[0-9]\{4\}  class [0-4]$' out)" = 5 ] || fail "not five lines of classes"
cp out table
ok "$clact" run m.graph "$clip"
same out table "two runs"
ok "$clact" run m.graph "$clip" -k 2
[ "$(wc -l <out)" = 3 ] || fail "-k 2 prints $(wc -l <out) lines"
ok "$clact" run m.graph -k 100000 "$clip"
same out table "-k 100000"
printf 'ab\ncd\nef\ngh\nij "quoted"\n' >names.txt
sed 's/^weights .*/&\nlabels names.txt/' m.graph >named.graph
ok "$clact" run named.graph "$clip" --json
json_ok out
has out 'ij \"quoted\"'

# JSON
ok "$clact" run m.graph "$clip" --json
json_ok out
cp out json
has out '"status":"ok"'
has out '"windows":12'
[ "$(json_get out frames)" = 48 ] || fail "frames: $(json_get out frames)"
scores() { # of a JSON line
    sed 's/.*"scores":\(\[[^]]*\]\).*/\1/' "$1"
}
for options in "-b 3" "-b 5" "-b 100" "--threads 1" "--threads 7"; do
    ok "$clact" run m.graph "$clip" --json $options
    [ "$(scores out)" = "$(scores json)" ] || fail "$options: other scores"
done

# windows with their times
ok "$clact" run m.graph "$clip" --windows
[ "$(grep -c '^  main window' out)" = 12 ] || fail "not 12 windows"
has out "main window 0     0.000 -    0.160 s"
has out "main window 11     1.760 -    1.920 s"
ok "$clact" run m.graph "$clip" --windows --json -b 5
json_ok out
[ "$(grep -o '"window":' out | wc -l)" = 12 ] || fail "not 12 windows"

# a part of the clip
ok "$clact" run m.graph "$clip" --json --from 1 --to 1.5
[ "$(json_get out frames)" = 13 ] || [ "$(json_get out frames)" = 12 ] ||
    fail "frames: $(json_get out frames)"
ok "$clact" run m.graph "$clip" --windows --from 1 --to 1.5
has out "main window 0     1.000 -    1.160 s"

# at another rate, from the start and from the middle
sed 's/^clip main.*/& fps=12.5/' m.graph >slow.graph
ok "$clact" run slow.graph "$clip" --windows
[ "$(grep -c '^  main window' out)" = 6 ] || fail "not 6 windows at 12.5 fps"
has out "main window 5     1.600 -    1.920 s"
ok "$clact" run slow.graph "$clip" --windows --from 1
[ "$(grep -c '^  main window' out)" = 3 ] || fail "not 3 windows at 12.5 fps from 1 s"
has out "main window 0     1.000 -    1.320 s"
ok "$clact" run slow.graph "$clip" --windows --from 0.99 --to 1.3
has out "main window 0     0.990 -    1.310 s"

# several clips, one of them bad
echo "no video" >text.mp4
run "$clact" run m.graph "$clip" text.mp4 none.mp4 "$clips/altref.webm" --json
[ "$code" = 2 ] || fail "exit code $code, not 2"
json_ok out
[ "$(wc -l <out)" = 4 ] || fail "not four records"
[ "$(sed -n 2p out | grep -c '"status":"error","error":"text.mp4: ')" = 1 ] || fail "second record"
[ "$(sed -n 4p out | grep -c '"status":"ok"')" = 1 ] || fail "fourth record"
[ "$(grep -c '^clact: text.mp4: ' err)" = 1 ] || fail "no line for text.mp4"
[ "$(grep -c '^clact: none.mp4: ' err)" = 1 ] || fail "no line for none.mp4"
has err "clact: 2 of 4 clips failed or are damaged"

# other sources
last="clact run m.graph - --json"
"$clact" run m.graph - --json <"$clip" >out 2>err || fail "standard input"
[ "$(scores out)" = "$(scores json)" ] || fail "standard input: other scores"
last="cat | clact run m.graph -"
cat "$clip" | "$clact" run m.graph - --json >out 2>err || fail "a pipe"
[ "$(scores out)" = "$(scores json)" ] || fail "a pipe: other scores"
mkdir pictures
cp "$clips"/img_00*.png pictures
ok "$clact" run m.graph pictures --json
json_ok out
has out '"status":"short"'
[ "$(json_get out frames)" = 3 ] || fail "frames: $(json_get out frames)"
scores out >folder
ok "$clact" run m.graph pictures/img_%03d.png --json
[ "$(scores out)" = "$(cat folder)" ] || fail "folder and pattern differ"
ok "$clact" run m.graph pictures/img_001.png
has out "1 frames, 1 window (padded: shorter than a window)"

# features
ok "$clact" run m.graph "$clip" --features avgpool -b 5
[ -s bframes.avgpool.npy ] || fail "no bframes.avgpool.npy"
LC_ALL=C grep -a -q "'descr': '<f4', 'fortran_order': False, 'shape': (12, 32)" \
    bframes.avgpool.npy ||
    fail "npy header: $(head -n 1 bframes.avgpool.npy | cut -c1-90 | tr -cd ' -~')"
[ "$(wc -c <bframes.avgpool.npy)" = $((128 + 12 * 32 * 4)) ] || fail "npy size"
cp bframes.avgpool.npy first.npy
ok "$clact" run m.graph "$clip" --features avgpool
same first.npy bframes.avgpool.npy "batches of 5 and of 1"
ok "$clact" run m.graph "$clip" --features layer1
LC_ALL=C grep -a -q "'shape': (12, 4, 2, 8, 8)" bframes.layer1.npy || fail "shape of layer1"

# a name with control characters, on a terminal
cp "$clip" "$(printf 'a\nb\033[1m.mp4')"
ok "$clact" run m.graph "$(printf 'a\nb\033[1m.mp4')"
has out "a?b?[1m.mp4  160x120"
ok "$clact" run m.graph "$(printf 'a\nb\033[1m.mp4')" --json
json_ok out
has out '"file":"a\u000ab\u001b[1m.mp4"'

# into a file
ok "$clact" run m.graph "$clip" -o result.txt
[ ! -s out ] || fail "-o FILE prints as well"
same result.txt table "-o FILE"
ok "$clact" run m.graph "$clip" "$clips/altref.webm" --json -o result.jsonl
json_ok result.jsonl
[ "$(wc -l <result.jsonl)" = 2 ] || fail "not two records"
ok "$clact" run m.graph "$clip" -o /dev/null
ok "$clact" run m.graph -d 0:0 --max-memory 2G --max-pixels 160000 -q -- "$clip"
same out table "options"

# two clip lines of one video: windows of both gather at one time
cat >two.graph <<'G'
clact 1
weights two.safetensors
clip motion frames=3 windows=slide:5 space=size:24x20,crop:16
clip appearance frames=1 windows=even:7 space=size:40x40,crop:32
%mf = input u8[N,3,3,16,16] clip=motion
%mn = normalize %mf scale=0.003921569
%mr = residual %mn
%mw = weight f32[5,3,1,3,3]
%mc = conv3d %mr %mw pad=0,1,1 act=relu
%mg = global_average %mc
%mp = softmax %mg
%mm = mean_windows %mp
%af = input u8[N,3,1,32,32] clip=appearance
%an = normalize %af scale=0.003921569
%aw = weight f32[5,3,1,5,5]
%ac = conv3d %an %aw stride=1,2,2 act=relu
%ag = global_average %ac
%am = mean_windows %ag
%ap = softmax %am
%probs = average %mm %ap
output %probs
G
"$tools/cli_weights" two.graph two.safetensors || fail "weights"
ok "$clact" run two.graph "$clip" --json --windows
json_ok out
cp out two.json
[ "$(grep -o '"clip":"motion"' out | wc -l)" = 10 ] || fail "windows of motion"
[ "$(grep -o '"clip":"appearance"' out | wc -l)" = 7 ] || fail "windows of appearance"
top_scores() {
    sed 's/.*"scores":\(\[[^]]*\]\),"window_scores.*/\1/' "$1"
}
for b in 2 3 4 10; do
    ok "$clact" run two.graph "$clip" --json --windows -b $b
    [ "$(top_scores out)" = "$(top_scores two.json)" ] || fail "-b $b: other scores"
done
finish
