#!/bin/sh
# SPDX-License-Identifier: MIT
# benchmarks/compare: its table is well formed. How long anything took is not looked at.
. "${0%/*}/lib.sh"
need_device
python=${CLACT_PYTHON:-/usr/bin/python3}
"$python" -c 'import torch' 2>/dev/null || skip "$python has no torch"
compare=$source/benchmarks/compare

limit=600 # PyTorch is slow on a machine with much else to do
run "$compare" --clact "$clact" --quick resnet3d-18
[ "$code" = 0 ] || fail "exit code $code, not 0"
has out "PyTorch "
has out "oneDNN "
both='[0-9.]+ \([0-9.]+\)'
row="^\| resnet3d-18 \| 16x112x112 (\| $both ){3}(\| [0-9.]+ ){2}\| $both \| 1.6 \| (yes|no) \|\$"
[ "$(grep -cE "$row" out)" = 1 ] || fail "no row as it should be"

run "$compare" --list
has out r2plus1d_18
for bad in nothing "--format xml" "--rounds 0"; do
    run "$compare" --clact "$clact" $bad
    [ "$code" = 2 ] || fail "exit code $code, not 2"
done
finish
