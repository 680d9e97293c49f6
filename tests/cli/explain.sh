#!/bin/sh
# SPDX-License-Identifier: MIT
# clact explain: sheets like the stored ones, videos, values, and heads that cannot be explained.
. "${0%/*}/lib.sh"
need_device
make_model
golden=$source/tests/data/pictures
clip=$clips/bframes.mp4 # 48 frames of 160x120

# like NAME: the picture is as it was when somebody looked at it; UPDATE=1 stores it
like() {
    [ -z "${UPDATE:-}" ] || "$tools/cli_picture" small "$1" "$golden/$1" 4
    ok "$tools/cli_picture" same "$1" "$golden/$1" 2.5
}

# ---- class activation maps ----
cat >two.graph <<'TEXT'
clact 1
model two-path
weights two.safetensors
clip motion frames=5 windows=even:3 space=size:40x32,crop:32 filter=pil
clip still  frames=1 windows=even:3 space=size:40x32 filter=pil
%frames = input u8[N,3,5,32,32] clip=motion
%normalized = normalize %frames scale=0.003921569
%input = residual %normalized mode=abs
%conv.w = weight f32[8,3,3,5,5]
%conv = conv3d %input %conv.w stride=1,4,4 pad=1,2,2
%motion = relu %conv
%motion.pool = global_average %motion
%motion.fc = weight f32[4,8]
%motion.logits = linear %motion.pool %motion.fc
%motion.probs = softmax %motion.logits
%motion.mean = mean_windows %motion.probs
%still.frames = input u8[N,3,1,32,40] clip=still
%still.input = normalize %still.frames scale=0.003921569 mean=0.5
%still.w = weight f32[8,3,1,5,5]
%still.conv = conv3d %still.input %still.w stride=1,3,3 pad=0,2,2
%still = relu %still.conv
%still.pool = global_average %still
%still.fc = weight f32[4,8]
%still.logits = linear %still.pool %still.fc
%still.probs = softmax %still.logits
%still.mean = mean_windows %still.probs
%probs = average %motion.mean %still.mean
output %probs
TEXT
"$tools/cli_weights" two.graph two.safetensors || exit 1
ok "$clact" explain two.graph "$clip" -o cam.png --class 1 --columns 3
like cam.png
ok "$clact" explain two.graph "$clip" -o best.png -b 2 --save cam.safetensors
has cam.safetensors '"motion":{"dtype":"F32","shape":[3,4,8,8]'
has cam.safetensors '"still":{"dtype":"F32","shape":[3,1,11,14]'
ok "$clact" run two.graph "$clip" -k 1
best=$(sed -n 's/.*class \([0-9]\)$/\1/p' out)
ok "$clact" explain two.graph "$clip" -o chosen.png --class "class $best"
same best.png chosen.png "the best class is the default"
ok "$tools/cli_picture" size best.png
has out 1450x # six columns
ok "$clact" explain two.graph "$clip" -o cam.mp4 --class 'CLASS 0' --from 0.2 --to 1
ok "$clact" run m.graph cam.mp4 --json
json_get out width | grep -qx 320 || fail "not two pictures of 160"

before=$(ls)
bad 1 "not among the 5 classes" "$clact" explain m.graph "$clip" -o x.png --class 5
bad 1 "ends in .png" "$clact" explain m.graph "$clip" -o x.jpg
bad 1 "-o FILE is needed" "$clact" explain m.graph "$clip"
bad 1 "a model and a clip" "$clact" explain m.graph -o x.png
bad 1 "standard input" "$clact" explain m.graph - -o x.png
bad 2 "missing.mp4" "$clact" explain m.graph missing.mp4 -o x.png
bad 6 "/nonexistent/x.png: cannot be written" "$clact" explain m.graph "$clip" -o /nonexistent/x.png
bad 6 "/nonexistent/x.mkv: cannot be written" "$clact" explain m.graph "$clip" -o /nonexistent/x.mkv
bad 6 "cannot be written" "$clact" explain m.graph "$clip" -o x.png --save /nonexistent/x
bad 3 "has no 'displacement'" "$clact" explain --flow m.graph "$clip" -o x.png
"$clact" model c3d --set classes=5 -o c3d.graph
before="$before
c3d.graph"
bad 3 "no class activation maps" "$clact" explain c3d.graph "$clip" -o x.png
has err '%relu7'
[ "$(ls | sort)" = "$(echo "$before" | sort)" ] || fail "files were left behind"

# ---- displacements: a texture that moves 3 pixels right and 2 up ----
for f in flow.graph flow.safetensors flow.txt; do cp "$source/models/flow/$f" .; done
if command -v python3 >/dev/null; then # what the repository has is what the script makes
    mkdir made
    ok python3 "$source/models/flow/make.py" 320x240 made
    for f in flow.graph flow.safetensors flow.txt; do same $f made/$f "models/flow/make.py"; done
fi
sed -i 's/320x240/160x120/; s/2,240,320/2,120,160/' flow.graph
mkdir still
ok "$tools/cli_picture" pair . 3 -2
ok "$tools/cli_picture" pair still 0 0
ok "$clact" explain --flow flow.graph frame%d.png -o flow.png --save flow.safetensors.out
like flow.png
ok "$tools/cli_picture" error flow.safetensors.out 3 -2
awk '{exit !($1 < 0.25)}' out || fail "end-point error $(cat out)"
ok "$tools/cli_picture" error flow.safetensors.out 0 0 # of zero flow: its length
awk '{exit !($1 > 3.4 && $1 < 3.8)}' out || fail "length $(cat out)"
ok "$clact" explain --flow flow.graph still/frame%d.png -o still.png --save still.safetensors
ok "$tools/cli_picture" error still.safetensors 0 0
awk '{exit !($1 < 0.05)}' out || fail "what stands still moves $(cat out)"
ok "$clact" run flow.graph frame%d.png
grep -q '1  [23].*pixels right' out || fail "no mean motion to the right"
ok "$clact" explain --flow flow.graph "$clip" -o flow.mp4 --to 0.3
ok "$clact" run m.graph flow.mp4 --json
json_get out width | grep -qx 320 || fail "not four pictures of 160"
finish
