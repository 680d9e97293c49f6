#!/bin/sh
# SPDX-License-Identifier: MIT
# matrix.sh BUILD SOURCE CONFIGURATION [all]: the same numbers elsewhere. Runs operator tests and a
# small network of every family (clact self-check) with an OpenCL that is not the usual one:
#   end, start   every buffer ends or begins at a page that must not be touched, and holds NaN first
#   small        a device with work-groups of at most 64 and 32 KiB of local memory
#   two          the second of two devices
#   gpu          the forms of kernels that GPUs get
#   rusticl      Mesa's driver on the processor: mesa-opencl-icd
#   oclgrind     the simulator that finds races and uninitialised values: oclgrind
# Without `all`, what takes seconds where kernels are cached. Exit status 77: not installed.
set -eu
export LC_ALL=C
build=$(cd "$1" && pwd) source=$(cd "$2" && pwd) configuration=$3 all=${4-}
work=$build/matrix/$configuration
mkdir -p "$work"
cd "$work"
export CLACT_CACHE_DIR="$work/cache" CLACT_SELF_CHECK=off CLACT_TUNING=off
rm -rf "$work/cache"
unset CLACT_DEVICE CLACT_KERNELS || true

skip() {
    echo "skipped: $*"
    exit 77
}
# The first of these files that exists.
first() {
    for f; do
        [ ! -e "$f" ] || { echo "$f"; return; }
    done
}

form='' log='' alone=''
case $configuration in
end | start)
    export OPENCL_LAYERS="$build/tests/memory_layer.so" MEMORY="$configuration,nan" ;;
small)
    export OPENCL_LAYERS="$build/tests/fault_layer.so" FAULTS='group=64 local=32768' ;;
two)
    export POCL_DEVICES='pthread pthread' CLACT_DEVICE=0:1 ;;
gpu)
    form='-v gpu'
    export OPENCL_LAYERS="$build/tests/fault_layer.so" FAULTS='type=gpu' ;;
rusticl)
    icd=$(first "${RUSTICL_ICD-}" /etc/OpenCL/vendors/rusticl.icd)
    [ -n "$icd" ] || skip 'no rusticl: apt-get install mesa-opencl-icd'
    export RUSTICL_ENABLE=llvmpipe OCL_ICD_VENDORS="$icd" ;;
oclgrind)
    icd=$(first "${OCLGRIND_ICD-}" /usr/lib/oclgrind/liboclgrind-rt-icd.so)
    [ -n "$icd" ] || skip 'no Oclgrind: apt-get install oclgrind'
    log=$work/log
    : >"$log"
    alone='taskset -c 0' # it cannot compile two programs at a time
    # Its check for uninitialised values knows no "freeze", which only optimisation makes.
    export OCL_ICD_VENDORS="$icd" OCLGRIND_DATA_RACES=1 OCLGRIND_UNINITIALIZED=1 \
        OCLGRIND_CHECK_API=1 OCLGRIND_LOG="$log" OCLGRIND_BUILD_OPTIONS=-cl-opt-disable ;;
*)
    sed -n 's/^# //p' "$0" >&2
    exit 2 ;;
esac

operators='maxpool3d add linear softmax global_average residual warp concat gemm'
networks='resnet3d-10|width=0.0625,frames=4,size=16,classes=5
tao-two-path|width=0.0625,frames=4,size=16,classes=5'
case $configuration in
oclgrind) operators='add softmax global_average' networks='' ;;
rusticl) networks='' ;;
esac
if [ -n "$all" ]; then
    operators=$(cd "$source/tests/op" && echo *.graph | sed 's/\.graph//g')
    networks=$(sed -n "/^networks='/,/^'/p" "$source/tests/cli/videos.sh" | grep '|')
fi

failed=0
for operator in $operators; do
    case $configuration-$operator in # it takes defined lanes in local memory for undefined ones
    oclgrind-global_average | oclgrind-linear | oclgrind-conv3d*) export OCLGRIND_UNINITIALIZED=0 ;;
    oclgrind-*) export OCLGRIND_UNINITIALIZED=1 ;;
    esac
    # shellcheck disable=SC2086 # an option and its value, or nothing
    if $alone "$build/tests/checkop" ${CLACT_DEVICE:+-d "$CLACT_DEVICE"} $form \
        "$source/tests/op/$operator.graph" >out 2>&1; then
        echo "ok   $configuration $operator: $(tail -n 1 out)"
    else
        failed=$((failed + 1))
        echo "FAIL $configuration $operator"
        grep -v '^ok' out | head -n 20
    fi
done
echo "$networks" >table
while IFS='|' read -r name settings _; do
    [ -n "$name" ] || continue
    # shellcheck disable=SC2086
    if $alone "$build/clact" self-check "$name" --set "$settings" >out 2>&1; then
        echo "ok   $configuration $(tail -n 1 out)"
    else
        failed=$((failed + 1))
        echo "FAIL $configuration $name"
        tail -n 20 out
    fi
done <table
if [ -n "$log" ] && [ -s "$log" ]; then
    failed=$((failed + 1))
    echo "FAIL $configuration: its log:"
    head -n 20 "$log"
fi
[ $failed = 0 ]
