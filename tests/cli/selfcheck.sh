#!/bin/sh
# SPDX-License-Identifier: MIT
# The self-check: right kernels, wrong ones, what is remembered, and what runs instead.
. "$3/tests/cli/lib.sh"
CLACT_CACHE_DIR=$work/cache # verdicts of wrong kernels concern nobody else
unset CLACT_SELF_CHECK
export ASAN_OPTIONS=handle_segv=0 # what crashes shall do so
limit=300

cp -r "$source/cl/kernels" kernels
# A network that has kernels of several kinds, Winograd's among them.
cat >net.graph <<'TEXT'
clact 1
model net
weights net.safetensors
clip main frames=4 windows=center space=size:32x32
%frames = input u8[N,3,4,32,32] clip=main
%x = normalize %frames scale=0.003921569 mean=0.45 std=0.225
%w1 = weight f32[32,3,3,7,7]
%a = conv3d %x %w1 stride=1,2,2 pad=1,3,3 act=relu
%w2 = weight f32[64,32,3,3,3]
%b = conv3d %a %w2 pad=1 act=relu
%w3 = weight f32[64,64,3,3,3]
%c = conv3d %b %w3 pad=1 act=relu # %d below has its shape
%w4 = weight f32[64,64,3,3,3]
%d = conv3d %c %w4 pad=1 act=relu
%gamma = weight f32[64]
%beta = weight f32[64]
%mean_ = weight f32[64]
%var = weight f32[64]
%n = batchnorm %d %gamma %beta %mean_ %var
%twice = add %n %n
%p = global_average %twice
%fc = weight f32[5,64]
%bias = weight f32[5]
%logits = linear %p %fc bias=%bias
%probs = softmax %logits
%mean = mean_windows %probs
output %mean
TEXT
run "$tools/cli_weights" net.graph net.safetensors
[ "$code" = 0 ] || fail "no weights for net.graph"
clip=$clips/asl_yes.mkv
ok "$clact" plan net.graph
has out winograd

ok "$clact" self-check net.graph
has out '9 of 9 nodes have right kernels, and the frames of 1 of 1 clips'

# checked N: the last run went well, and checked N nodes and clips; %d has the kernels of %c.
checked() {
    [ "$code" = 0 ] || fail "exit code $code, not 0"
    [ "$(grep -c 'check: right' err)" = "$1" ] || fail "not $1 were checked"
}
export CLACT_LOG=check
run "$clact" run net.graph "$clip" -q
checked 0 # what 'clact self-check' found is remembered
mv out plain
rm cache/checks
run "$clact" run net.graph "$clip" -q
checked 9
same out plain "with a check"
run "$clact" run net.graph "$clip" -q
checked 0
printf 'nonsense\n%032d wrong\n' 7 >cache/checks # read as if it were not there
run "$clact" run net.graph "$clip" -q
checked 9
rm cache/checks
run "$clact" run net.graph "$clip" -q --no-self-check
checked 0
CLACT_SELF_CHECK=off run "$clact" run net.graph "$clip" -q
checked 0
unset CLACT_LOG

# mutate FILE OLD NEW: the kernel's text with one place changed.
mutate() {
    cp "$source/cl/kernels/$1" "kernels/$1"
    sed -i "s|$2|$3|" "kernels/$1"
    ! cmp -s "kernels/$1" "$source/cl/kernels/$1" || fail "$1 has no '$2'"
}
restore() {
    cp "$source/cl/kernels/$1" "kernels/$1"
}
export CLACT_KERNELS="$work/kernels"

# Winograd's product is wrong: the direct convolution runs instead, and is named.
mutate winograd_multiply.cl 'it = row % Y_T - P_T' 'it = row % Y_T'
run "$clact" run net.graph "$clip" -q
[ "$code" = 0 ] || fail "exit code $code, not 0"
has err 'is wrong on this device (off by '
has err 'direct instead'
hasnt err 'without optimisation' # where shapes repeat, too
classes() {
    awk 'NR > 1 {print $1, $3, $4}' "$1"
}
classes out >got
classes plain >want
same got want "with the direct convolution"
CLACT_SELF_CHECK=off run "$clact" run net.graph "$clip" -q
has err 'direct instead' # what is known is avoided also where nothing is checked
bad 5 ' wrong; ' "$clact" self-check net.graph
has out 'winograd F('

# So are the kernels that bring frames to their size.
restore winograd_multiply.cl
mutate frame_rgb.cl 'vload3(3, matrix) + 0.5f' 'vload3(3, matrix)'
bad 5 'kernels frame_rgb, frame_across, frame_down of clip main are wrong (' \
    "$clact" run net.graph "$clip" -q
has err 'without optimisation too'
restore frame_rgb.cl

# Nothing safer is right: refused, with the kernel's name.
mutate linear.cl 'sum += bias' 'sum -= 1.0f + bias'
bad 5 'kernel linear of %logits ' "$clact" run net.graph "$clip" -q
has err 'without optimisation too'

# One that crashes takes the checking process with it, not this one.
restore linear.cl
mutate softmax.cl 'get_global_id(1) \* ROW;' '&\n    if (run)\n        *(__global volatile float *)8 = 1.0f;'
bad 5 'the driver crashed: Segmentation fault' "$clact" run net.graph "$clip" -q
unset CLACT_KERNELS
ok "$clact" run net.graph "$clip" -q
same out plain "in the end"

# ---- a driver that lies ----
layer=$tools/fault_layer.so
OPENCL_LAYERS=$layer FAULTS="fail=clGetPlatformIDs:1:-6" "$clact" devices >/dev/null 2>&1 &&
    { echo "the OpenCL loader knows no layers: liars are not tried"; finish; }

# on FAULTS GRAPH: runs it on such a driver, with the verdicts that are there.
on() {
    CLACT_LOG=check run env OPENCL_LAYERS="$layer" FAULTS="$1" CLACT_CACHE_DIR="$work/liar" \
        "$clact" run "$2" "$clip" -q
}
# replaced FAULTS GRAPH KERNEL BY: with no verdicts the kernel is named, something else runs, and the
# scores are right.
replaced() {
    rm -f liar/checks
    on "$1" "$2"
    [ "$code" = 0 ] || fail "exit code $code, not 0"
    grep -q "$3.* wrong on this device (.*): $4 instead" err || fail "$3 is not replaced"
    classes out >got
    classes "$2.plain" >want
    same got want "$2 with $1"
}
# A kernel that does nothing and says that it is done; one whose result changes afterwards.
cp plain net.graph.plain
cp -r cache liar
replaced lie=kernel:winograd_output net.graph winograd_output direct
replaced lie=value:winograd_input net.graph winograd_input direct

# A small network, which is quickly compiled.
cat >small.graph <<'TEXT'
clact 1
model small
weights small.safetensors
clip main frames=2 windows=center space=size:24x20
%frames = input u8[N,3,2,20,24] clip=main
%x = normalize %frames scale=0.003921569 mean=0.45 std=0.225
%p = global_average %x
%fc = weight f32[5,3]
%logits = linear %p %fc
%probs = softmax %logits
%mean = mean_windows %probs
output %mean
TEXT
run "$tools/cli_weights" small.graph small.safetensors
rm -rf liar
on "" small.graph
checked 5
cp out small.graph.plain
on "" small.graph
checked 0
# The verdicts are of this device with this driver.
on driver=2 small.graph
checked 5
on name=other small.graph
checked 5
on "" small.graph
checked 0

# A compiler that takes one function for another; without optimisation it does not.
rm -rf liar
replaced miscompile=softmax:exp=exp2 small.graph softmax 'compiled without optimisation'
on "" small.graph
has err 'kernel softmax is wrong on this device' # which is remembered
rm -rf liar
replaced miscompile=frame_rgb:min=max small.graph frame_rgb 'compiled without optimisation'
# One whose every result is lost, or comes too late: nothing is left that could be trusted.
rm -f liar/checks
on lie=done small.graph
[ "$code" = 5 ] || fail "exit code $code, not 5"
has err 'kernel normalize_frames of %x '
has err ', without optimisation too: try another driver, or another device with -d'
for kernel in global_average linear; do
    rm -f liar/checks
    on "lie=value:$kernel" small.graph
    [ "$code" = 5 ] || fail "exit code $code, not 5"
    has err "$kernel of %"
done

# A product of CLBlast that is wrong on a GPU: our own.
cat >product.graph <<'TEXT'
clact 1
model product
weights product.safetensors
clip main frames=1 windows=center
%x = input f32[N,24,1,4,4] clip=main
%w = weight f32[20,24]
%y = gemm %x %w
output %y
TEXT
run "$tools/cli_weights" product.graph product.safetensors
run env OPENCL_LAYERS="$layer" FAULTS="type=gpu lie=value:XgemmDirectTN" "$clact" bench product.graph
[ "$code" = 0 ] || fail "exit code $code, not 0"
has err "CLBlast's GEMM is wrong on this device ("
has err 'own kernel instead'
finish
