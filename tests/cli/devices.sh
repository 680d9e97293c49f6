#!/bin/sh
# SPDX-License-Identifier: MIT
# clact devices: what it lists, which device is chosen, and limits of devices, with a layer that
# claims them.
. "${0%/*}/lib.sh"
need_device
layer=$tools/fault_layer.so
make_model
clip=$clips/bframes.mp4

ok "$clact" devices
has out "0:0  "
for word in driver units "work-groups up to" "KB local" "GB in one piece" "fp16 arithmetic" \
    sub-groups; do
    has out "$word"
done
ok "$clact" devices --json --measure
json_ok out
[ "$(json_get out id)" = 0:0 ] || fail "not 0:0"
grep -q '"flops":[1-9][0-9.e+]*,"bandwidth":{"1048576":[1-9]' out || fail "nothing measured"
ok "$clact" devices -d 0:0
[ "$(grep -c '^[0-9]*:[0-9]' out)" = 1 ] || fail "not one device"
bad 4 'no device matches' "$clact" devices -d nowhere
bad 1 'wanted names of: resnet3d-18, ' "$clact" devices --check=alexnet
limit=600 # compiles
ok "$clact" devices --check=resnet3d-18 -d 0:0
limit=120
grep -q 'checked 1 networks in .* s: \([1-9][0-9]*\) of \1 nodes have right kernels, and .* 1 of 1 ' out ||
    fail "not all are right"
ok "$clact" devices --check=resnet3d-18 --json -d 0:0
json_ok out
grep -q '"check":{"networks":1,.*"nodes_wrong":0,.*"wrong":\[\]}' out || fail "no check in JSON"
ok "$clact" devices --caps 0:0
for key in unified fp16 sub_groups clock launch_limit; do
    grep -q "^$key [0-9]" out || fail "no $key"
done
bad 1 "no argument is needed" "$clact" devices all

# What may be said for a device.
run "$clact" devices --caps cpu
[ "$code" = 0 ] || one_line
run "$clact" devices --caps gpu
[ "$code" = 0 ] || has err 'no device matches "gpu"; there is: 0:0 "'

# claims FAULTS COMMAND...: under the layer
claims() {
    faults=$1
    shift
    run env OPENCL_LAYERS="$layer" FAULTS="$faults" "$@"
}
claims "fail=clGetPlatformIDs:1:-6" "$clact" devices
[ "$code" = 4 ] || { echo "the OpenCL loader knows no layers: the rest is not tried"; finish; }
one_line

# A device that computes wrong.
claims "lie=kernel:global_average" "$clact" devices --check=resnet3d-18 -d 0:0
[ "$code" = 5 ] || fail "exit code $code, not 5"
one_line
has err "wrong; 'clact run' uses what is safer there"
grep -q '^     wrong .*global_average (.*): off by ' out || fail "global_average is not named"
claims "lie=kernel:global_average" "$clact" devices --check=resnet3d-18 --json
json_ok out
has out '"kernels":"global_average","why":"off by '

# The best GPU of two.
export POCL_DEVICES="basic basic"
claims "type=gpu" "$clact" devices
if grep -q '^0:1 .* GPU, ' out; then
    best() { # UNITS FAULTS: the chosen device has these units
        claims "type=gpu $2" "$clact" devices --caps gpu
        has out "compute_units $1"
        claims "type=gpu $2" "$clact" devices --caps ""
        has out "compute_units $1"
    }
    best 7 "units=5/7 clock=1000"
    best 7 "units=7/5 clock=1000"
    best 5 "units=5/7 clock=1500/1000"
    best 5 "units=5/7 clock=1000 unified=0/1"
    best 7 "units=5/7 clock=1000 unified=1/1"
    claims "type=gpu units=5/7 clock=1000" "$clact" devices --caps 0:0
    has out "compute_units 5"
    claims "type=gpu" "$clact" devices --caps cpu
    [ "$code" = 4 ] || fail "a CPU where there is none"
else
    echo "no two devices: which is better is not tried"
fi
unset POCL_DEVICES

# Limits: refused before anything is allocated.
limited() { # WORDS FAULTS OPTIONS...: exit code 7
    words=$1 faults=$2
    shift 2
    bad 7 "$words" env OPENCL_LAYERS="$layer" FAULTS="$faults" "$clact" run m.graph "$clip" "$@"
}
limited "in one piece, the device gives at most 0.0 MB" "alloc=20000"
limited "MB are allowed; try a smaller batch" "global=100000"
limited "0.0 MB are allowed" "" --max-memory 10K

# What a family's driver ought to know is asked of it first.
export CLACT_LOG=build
claims "type=gpu vendor=Intel name=Arc alloc=20000" "$clact" run m.graph "$clip"
has err "its driver refuses -cl-intel-256-GRF-per-thread: 64 registers a work-item, not 128"
unset CLACT_LOG

# A device that never answers: given up, one line, and soon.
hangs() { # LAUNCH
    bad 8 "no answer for 1 s, given up" env OPENCL_LAYERS="$layer" FAULTS="hang=launch:$1" \
        CLACT_TIMEOUT=1 "$clact" run m.graph "$clip" -o scores.json --json
    [ ! -s scores.json ] || has scores.json '"code":8'
}
limit=600
ok "$clact" run m.graph "$clip" --json # compiles
limit=20
for launch in 1 25 40; do
    hangs $launch
done
limit=600

# Launches that take too long are split, on a GPU: the same scores in every digit.
scores() {
    sed 's/.*"scores":\(\[[^]]*\]\).*/\1/' "$1"
}
claims "type=gpu" "$clact" run m.graph "$clip" --json --to 0.3 -o gpu.json
[ "$code" = 0 ] || fail "exit code $code as a GPU"
claims "type=gpu units=1 clock=1" "$clact" run m.graph "$clip" --json --to 0.3 -o slow.json
[ "$code" = 0 ] || fail "exit code $code as a slow GPU"
scores gpu.json >gpu.txt
scores slow.json >slow.txt
same gpu.txt slow.txt "split launches"
claims "type=gpu units=1 clock=1" "$clact" devices --caps 0:0
cp out slow.caps
ok "$clact" plan m.graph --caps slow.caps
has out "  in pieces of "
sed -i 's/^launch_limit .*/launch_limit 0/' slow.caps
ok "$clact" plan m.graph --caps slow.caps
hasnt out "  in pieces of "
# Nor does a dispatch have more groups along y than a grid of CUDA's.
cat >large.graph <<'TEXT'
clact 1
clip main frames=4 windows=slide
%x = input f32[N,16,4,200,200] clip=main
%y = relu %x
output %y
TEXT
{ cat "$source/tests/data/caps/sm_86.caps"; echo launch_limit 0; } >sm_86.caps
ok "$clact" plan large.graph --caps sm_86.caps
has out "x160000x1]  in pieces of 53334 along y"
finish
