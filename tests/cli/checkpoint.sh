#!/bin/sh
# SPDX-License-Identifier: MIT
# Checkpoints of PyTorch (tests/tools/torch_checkpoints.py): imported, listed, and run directly, they
# are the same network as the safetensors of the same weights.
. "${0%/*}/lib.sh"
data=$source/tests/data/checkpoints

# ---- import: the same weights, whatever carries them ----
ok "$clact" import -q "$data/net.safetensors" -o want.graph --set norm=hara_old
for file in net.pth net_parallel.pth.tar net_half.pt net_double.pt net_layouts.pth; do
    ok "$clact" import -q "$data/$file" -o m.graph --set norm=hara_old
    same m.safetensors want.safetensors "$file"
    sed 's/^weights .*//' m.graph >m.text
    sed 's/^weights .*//' want.graph >want.text
    same m.text want.text "$file"
done
run "$clact" import "$data/net_parallel.pth.tar" -o m.graph
[ "$code" = 0 ] || fail "exit code $code"
has err "found: the tensors are in 'state_dict'"
has err "found: every name begins with 'module.'"
has err "found: depth=10 width=1,1,2,2 classes=3 shortcut=B"
has err "assumed: norm=hara_old"
has err "if that is wrong: --set act=relu|elu, residual=none|abs"
has out "m.graph: resnet3d-10"
rm m.graph m.safetensors

# ---- refused, and nothing is left ----
bad 3 "harm.pth: calls posix.system: refused" "$clact" import "$data/harm.pth" -o m.graph
bad 3 "harm_old.pth: calls posix.system: refused" "$clact" import "$data/harm_old.pth" -o m.graph
bad 3 "harm.pkl: calls posix.system: refused" "$clact" import "$data/harm.pkl" -o m.graph
bad 3 "torch.save(model.state_dict()" "$clact" import "$data/module.pth" -o m.graph
bad 3 "TorchScript archive" "$clact" import "$data/script.pt" -o m.graph
bad 3 "tensor 'a' is made by" "$clact" import "$data/sparse.pth" -o m.graph
bad 3 "no known network has these 14 tensors" "$clact" import "$data/values.pth" -o m.graph
head -c 9000 "$data/net.pth" >cut.pth
bad 3 "cut.pth: not a whole zip archive" "$clact" import cut.pth -o m.graph
head -c 9000 "$data/net_parallel.pth.tar" >cut.pth
bad 3 "cut.pth: " "$clact" import cut.pth -o m.graph
cp "$data/net.pth" .
run "$clact" import --link net.pth -o m.graph
[ "$code" = 1 ] || fail "--link: exit code $code"
has err "is no safetensors file, so it must be copied"
[ ! -e m.graph ] && [ ! -e m.safetensors ] || fail "a refused import left a file"

# ---- --list ----
ok "$clact" import --list "$data/net_layouts.pth"
has out "PyTorch zip archive, 74 tensors in model"
has out "  layer1.0.bn1.running_var  F32[1,1]"
has out "  resnet3d: all 62 weights fit, as resnet3d-10"
ok "$clact" import "$data/values.pth" --list
has out "no known family has any of these names"
bad 3 "calls posix.system" "$clact" import --list "$data/harm.pth"

# ---- run: as in two steps ----
need_device
clip=$clips/bframes.mp4
printf 'a\nb\nc\n' >labels.txt
set="frames=4,size=32,norm=hara_old"
ok "$clact" import -q "$data/net.safetensors" -o want.graph --set $set --labels labels.txt
scores() { # of a JSON line: model, frames, windows, classes with their scores
    sed 's/.*"model"/"model"/; s/"device":"[^"]*",//; s/"seconds".*//' out
}
ok "$clact" run -q --json want.graph "$clip"
scores >want.json
[ -s want.json ] || fail "no scores"
for file in net.safetensors net.pth net_parallel.pth.tar net_half.pt; do
    ok "$clact" run -q --json "$data/$file" "$clip" --set $set --labels labels.txt
    scores >m.json
    same m.json want.json "run $file"
done
run "$clact" run "$data/net.pth" "$clip" --set $set
[ "$code" = 0 ] || fail "exit code $code"
has err "assumed: residual=none"
has out "class 1"
bad 1 "--set and --labels go with a checkpoint" "$clact" run want.graph "$clip" --set $set
bad 1 "--tensors takes a graph" "$clact" run net.pth --set $set --tensors x --save y
bad 3 "calls posix.system" "$clact" run "$data/harm.pth" "$clip"
head -n 2 labels.txt >two.txt
bad 3 "2 class names, the network has 3 classes" "$clact" run -q net.pth "$clip" --labels two.txt
finish
