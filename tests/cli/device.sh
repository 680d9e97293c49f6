#!/bin/sh
# SPDX-License-Identifier: MIT
# benchmarks/device: a folder of results of this device, with a small network.
. "${0%/*}/lib.sh"
need_device
command -v python3 >/dev/null || skip "no python3"
CLACT_PYTHON=$(command -v python3)
export CLACT_PYTHON
device() {
    run "$source/benchmarks/device" --clact "$clact" -d 0:0 --torch-device none --operators add \
        --golden tao_two_path --seconds 1 -r 2 --set width=0.0625,frames=4,size=16,classes=5 "$@"
}

limit=600 # it compiles
device -o results --models resnet3d-10
[ "$code" = 0 ] || fail "exit code $code, not 0"
cp results/README.md out
cases='^- operators: [1-9][0-9]* cases in 1 files, 0 files failed$'
grep -qE "$cases" out || fail "no operators"
has out '- golden networks: 1 passed, 0 failed'
has out '- self-check: 1 networks, 0 with a wrong kernel'
for batch in 1 8; do
    grep -qE "^\| resnet3d-10 \| $batch (\| [0-9.]+ ){5}\|\$" out || fail "no row of batch $batch"
    [ -s results/bench-resnet3d-10-b$batch.json ] || fail "no file of batch $batch"
done
hasnt out 'What failed'
ok "$clact" model resnet3d-10 -o m.graph
ok "$clact" plan --caps results/device.caps m.graph

# What fails is named, and the rest goes on.
device -o broken --models nothing,resnet3d-10
[ "$code" = 1 ] || fail "exit code $code, not 1"
cp broken/README.md out
has out 'What failed'
has out 'self-check nothing'
has out '| resnet3d-10 | 8 |'

device -o none -d 9:9
[ "$code" = 1 ] || fail "exit code $code, not 1"
finish
