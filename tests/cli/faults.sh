#!/bin/sh
# SPDX-License-Identifier: MIT
# Every OpenCL call may fail: tests/cli/faults.py with a tiny network. CLACT_TEST_FULL=yes: all
# calls.
. "${0%/*}/lib.sh"
need_device
command -v python3 >/dev/null || skip "no python3"
make_model
cp "$clips/bframes.mp4" clip.mp4
# Caches of its own: what fails to load is removed from them.
limit=600 # it compiles
ok "$clact" run m.graph clip.mp4 --to 0.3
mkdir caches
cp -r "$CLACT_CACHE_DIR" caches/clact
cp -r "$POCL_CACHE_DIR" caches/pocl
layer=$tools/fault_layer.so
run env OPENCL_LAYERS="$layer" FAULTS="fail=clGetPlatformIDs:1:-6" "$clact" devices
[ "$code" = 4 ] || skip "the OpenCL loader knows no layers"
all=
[ "${CLACT_TEST_FULL:-no}" = no ] || all=--all
last="faults.py"
python3 "$source/tests/cli/faults.py" $all "$clact" "$layer" m.graph clip.mp4 caches ||
    fail "see above"
finish
