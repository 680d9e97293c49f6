#!/bin/sh
# SPDX-License-Identifier: MIT
# clact run --tensors: stored tensors in, values of nodes out.
. "${0%/*}/lib.sh"
need_device
make_model
names() { # NAME:SHAPE of all tensors of a file, sorted
    "$tools/cli_tensors" list "$1" | sort | tr '\n' ' '
}
make_tensor() { # FILE NAME TYPE DIM...
    "$tools/cli_tensors" make "$@" || fail "cannot make $1"
}
make_tensor in.safetensors input F32 7 3 4 32 32
ok "$clact" run m.graph --tensors in.safetensors --save out.safetensors
[ "$(names out.safetensors)" = "logits:7,5 probs:1,5 " ] || fail "$(names out.safetensors)"
cp out.safetensors plain.safetensors
for b in 2 3 7 20; do
    ok "$clact" run m.graph --tensors in.safetensors --save out.safetensors -b $b
    same out.safetensors plain.safetensors "-b $b"
done

# taps; the scores hold with them
ok "$clact" run m.graph --tensors in.safetensors --save taps.safetensors --taps layer1,avgpool
[ "$(names taps.safetensors)" = "avgpool:7,32 layer1:7,4,2,8,8 logits:7,5 probs:1,5 " ] ||
    fail "$(names taps.safetensors)"
"$tools/cli_tensors" close plain.safetensors taps.safetensors || fail "taps change the scores"
ok "$clact" run m.graph --tensors in.safetensors --save all.safetensors --taps all
for name in conv1 bn1 relu maxpool layer2.0.add layer4 input; do
    case $(names all.safetensors) in
    *"$name:"*) ;;
    *) fail "--taps all has no $name" ;;
    esac
done
"$tools/cli_tensors" close taps.safetensors all.safetensors || fail "--taps all: other values"

# feeding in the middle, with what was tapped there
ok "$clact" run m.graph --tensors all.safetensors --feed layer2=layer2 --save mid.safetensors
"$tools/cli_tensors" close mid.safetensors plain.safetensors || fail "fed at layer2: other values"
ok "$clact" run m.graph --tensors all.safetensors --feed avgpool=avgpool --save mid.safetensors
"$tools/cli_tensors" close mid.safetensors plain.safetensors || fail "fed at avgpool: other values"
ok "$clact" run m.graph --tensors all.safetensors --feed logits=logits --save mid.safetensors
"$tools/cli_tensors" close mid.safetensors plain.safetensors || fail "fed at logits: other values"
ok "$clact" run m.graph --tensors all.safetensors --feed probs.window=probs.window \
    --save mid.safetensors
[ "$(names mid.safetensors)" = "probs:1,5 " ] ||
    fail "fed at probs.window: $(names mid.safetensors)"

# frames as bytes: T H W C and N T H W C
make_tensor u8.safetensors frames U8 4 32 32 3
ok "$clact" run m.graph --tensors u8.safetensors --save out.safetensors
[ "$(names out.safetensors)" = "logits:1,5 probs:1,5 " ] || fail "$(names out.safetensors)"
make_tensor u8.safetensors clip U8 3 4 32 32 3
ok "$clact" run m.graph --tensors u8.safetensors --feed frames=clip --save out.safetensors
[ "$(names out.safetensors)" = "logits:3,5 probs:1,5 " ] || fail "$(names out.safetensors)"

# floats N C H W are single frames
make_tensor flat.safetensors input F32 3 3 32 32
ok "$clact" run m.graph --tensors flat.safetensors --save out.safetensors --taps input
[ "$(names out.safetensors)" = "input:3,3,1,32,32 logits:3,5 probs:1,5 " ] ||
    fail "$(names out.safetensors)"

# refusals
r="$clact run m.graph --save no.safetensors"
bad 1 "--tensors wants --save FILE" "$clact" run m.graph --tensors in.safetensors
bad 1 "--tensors takes no clip" $r --tensors in.safetensors clip.mp4
bad 1 "--feed, --taps and --save go with --tensors" $r clip.mp4
bad 2 "none.safetensors: No such file" $r --tensors none.safetensors
bad 2 "has no tensor named like an input of m.graph, nor 'input'" $r --tensors plain.safetensors
bad 2 "in.safetensors: no tensor 'none'" $r --tensors in.safetensors --feed input=none
bad 1 "NODE=TENSOR is needed" $r --tensors in.safetensors --feed input
bad 1 "no node %none to feed" $r --tensors in.safetensors --feed none=input
bad 1 "cannot be fed" $r --tensors in.safetensors --feed conv1.weight=input
bad 1 "cannot be fed" $r --tensors in.safetensors --feed probs=input
bad 1 "no node %none" $r --tensors in.safetensors --taps none
bad 3 "m.graph:" $r --tensors in.safetensors --feed logits=input
make_tensor shape.safetensors input F32 1 4 4 32 32
bad 3 "input has 4 channels, weight wants 3" $r --tensors shape.safetensors
make_tensor rank.safetensors input F32 3 32 32
bad 2 "tensor 'input' is F32[3,32,32]" $r --tensors rank.safetensors
make_tensor empty.safetensors input F32 0 3 4 32 32
bad 2 "empty or too large" $r --tensors empty.safetensors
make_tensor type.safetensors input I64 1 3 4 32 32
bad 2 "tensor 'input' is I64" $r --tensors type.safetensors
make_tensor u8.safetensors frames U8 4 32 32 4
bad 3 "u8 inputs are frames, u8[N,3,T,H,W]" $r --tensors u8.safetensors
head -c 2000 in.safetensors >cut.safetensors
bad 2 "cut.safetensors" $r --tensors cut.safetensors
bad 6 "cannot be written" "$clact" run m.graph --tensors in.safetensors --save none/x.safetensors
bad 6 "cannot be written" "$clact" run m.graph --tensors in.safetensors --save /dev/full
mkfifo pipe.safetensors
bad 2 "pipe.safetensors: not a regular file" $r --tensors pipe.safetensors
[ ! -e no.safetensors ] || fail "a failing run wrote its file"
finish
