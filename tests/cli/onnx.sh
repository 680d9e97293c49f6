#!/bin/sh
# SPDX-License-Identifier: MIT
# ONNX files on the command line: run, import, verify, recipes, what is refused.
. "${0%/*}/lib.sh"
data=$source/tests/data/onnx
clip=$clips/bframes.mp4

# what needs no device
ok "$clact" import --recipe list
has out "torchvision-s3d"
has out "tao-residual"
bad 1 "hara-old, torchvision" "$clact" import "$data/resnet_a.onnx" -o r.graph --recipe nobodys
bad 1 "name a recipe" "$clact" run "$data/resnet_a.onnx" "$clip"
has err "pytorchvideo"
bad 1 "neither --set" "$clact" import "$data/resnet_a.onnx" -o r.graph --set width=2
head -c 1000 "$data/resnet_a.onnx" >cut.onnx
bad 3 "cut off or damaged" "$clact" import cut.onnx -o r.graph
ok "$clact" import "$data/resnet_a.onnx" -o r.graph --recipe hara
has out "r.graph: resnet_a"
has r.graph "clip main frames=9 space=short"
[ -s r.safetensors ] || fail "no weights"
ok "$clact" graph r.graph
cp "$data/resnet_a.onnx" large.ONNX
ok "$clact" import large.ONNX -o large.graph
has out "large.graph: large"
bad 1 "list is for checkpoints" "$clact" import large.ONNX --list

need_device
# the same in one step and in two
small=$data/differences_abs.onnx
ok "$clact" run "$small" "$clip" --recipe torchvision --json -q
grep -o '"windows":[0-9]*,"top":[^]]*' out >direct
ok "$clact" import "$small" -o two.graph --recipe torchvision
ok "$clact" run two.graph "$clip" --json -q
grep -o '"windows":[0-9]*,"top":[^]]*' out >steps
[ -s steps ] || fail "no scores"
same direct steps "one step and two"

# what was assumed is said, unless quiet: a second output, which protocol buffers allow to append
{ cat "$small" && printf ':\005b\003\n\001z'; } >outputs.onnx
run "$clact" run outputs.onnx "$clip" --recipe torchvision --json
[ "$code" = 0 ] || fail "exit code $code, not 0"
has err "2 outputs: "
ok "$clact" run outputs.onnx "$clip" --recipe torchvision --json -q

# verify: stored values of PyTorch, a graph and the file itself; then a wrong weight
values=$data/same_pad.safetensors
ok "$clact" verify "$data/same_pad.onnx" --tensors "$values"
has out "values agree"
ok "$clact" import "$data/same_pad.onnx" -o same.graph -q
ok "$clact" verify same.graph --tensors "$values" --tolerance 1e-5
bad 5 "values are off" "$clact" verify same.graph --tensors "$values" --tolerance 1e-9
has out "bad, the first"
sed 's/eps=0.001/eps=0.9/' same.graph >wrong.graph
sed -i 's/^weights .*/weights same.safetensors/' wrong.graph
bad 5 "values are off" "$clact" verify wrong.graph --tensors "$values"
grep -q '^bn .*bad, the first' out || fail "the first bad layer is not bn"
bad 2 "no tensor named like an input" "$clact" verify same.graph --tensors "$data/two_clips.safetensors"
bad 1 "is needed" "$clact" verify same.graph
finish
