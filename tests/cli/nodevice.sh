#!/bin/sh
# SPDX-License-Identifier: MIT
# Without any OpenCL driver: everything but running works.
. "${0%/*}/lib.sh"
mkdir none
export OCL_ICD_VENDORS="$work/none" OCL_ICD_FILENAMES=
make_model
for name in $("$clact" model | awk '{print $1}'); do
    ok "$clact" model "$name" -o all.graph
    ok "$clact" graph all.graph -o again.graph
    same all.graph again.graph "$name: print(parse(x))"
    ok "$clact" model "$name"
    same out again.graph "$name: -o FILE"
done
ok "$clact" graph m.graph
same out m.graph "graph"
ok "$clact" graph m.graph -O
has out "conv3d_frames"
ok "$clact" graph m.graph --after fold-batchnorm
hasnt out " batchnorm "
ok "$clact" graph m.graph --after parse
same out m.graph "--after parse"
ok "$clact" graph m.graph -O --keep conv1,layer1
has out "%layer1 = "
has out "%conv1 = "
ok "$clact" graph m.graph --count
has out "parameters"
ok "$clact" plan m.graph
has out "MFLOP"
has out "once a video: %probs"
cp out plan
ok "$clact" plan m.graph -b 4
has out "clip main: 4 windows a run"
ok "$clact" plan m.graph -k all
has out "%probs"
bad 7 "MB are allowed" "$clact" plan m.graph --max-memory 1K

# a description of a device in a file
cat >gpu.caps <<'C'
# a graphics card
name test card
vendor nobody
driver 1
platform test
gpu 1
vector_width 1
compute_units 40
max_work_group 1024
global_memory 8589934592
max_allocation 4294967296
local_memory 65536
base_alignment 256
C
ok "$clact" plan m.graph --caps gpu.caps
has out "for test card (GPU"
! cmp -s out plan || fail "the plan for a GPU is that for a CPU"
echo "colour red" >>gpu.caps
bad 2 "gpu.caps:14" "$clact" plan m.graph --caps gpu.caps
bad 2 "none.caps" "$clact" plan m.graph --caps none.caps

# Programs and their options as a driver would get them.
ok "$clact" plan m.graph --caps "$source/tests/data/caps/dg2.caps" --dump arc
grep -l "^#define LARGE_REGISTERS 1" arc/*.cl >asks || fail "nothing asks for large registers"
grep -l "^// options -cl-std=CL1.2 .*-cl-intel-256-GRF-per-thread$" arc/*.cl >gets
same asks gets "programs with large registers"
ok "$clact" plan m.graph --caps "$source/tests/data/caps/skl.caps" --dump small
! grep -q "256-GRF\|LARGE_REGISTERS 1" small/*.cl || fail "large registers on Gen9"

# import reads no device
ok "$clact" import m.safetensors -o i.graph -q --set frames=4,size=32
[ -s i.graph ] && [ -s i.safetensors ] || fail "nothing imported"
ok "$clact" graph i.graph

bad 4 "no OpenCL platform found: install a driver" "$clact" run m.graph "$clips/bframes.mp4"
has err "pocl-opencl-icd"
[ ! -s out ] || fail "output without a device"
bad 4 "no OpenCL platform found" "$clact" devices
bad 4 "no OpenCL platform found" "$clact" run m.graph "$clips/bframes.mp4" -d 0:0

unset OCL_ICD_VENDORS OCL_ICD_FILENAMES
if "$clact" devices >devices.txt 2>err; then
    bad 4 'no device matches "no such card"' "$clact" run m.graph x.mp4 -d "no such card"
    has err '0:0 "'
    bad 4 "9:9" "$clact" run m.graph x.mp4 -d 9:9
    ok "$clact" devices --caps 0:0
    cp out here.caps
    ok "$clact" plan m.graph --caps here.caps
    ok "$clact" devices --json
    json_ok out
fi
finish
