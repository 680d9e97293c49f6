#!/bin/sh
# SPDX-License-Identifier: MIT
# matrix.sh BUILD SOURCE CONFIGURATION [all|operators|networks]: the same numbers elsewhere. Runs
# operator tests and a small network of every family (clact self-check) with an OpenCL that is not
# the usual one:
#   end, start   every buffer, and every value in one, ends or begins at a page that must not be
#                touched, and holds NaN first
#   small        a device with work-groups of at most 64 and 32 KiB of local memory
#   two          the second of two devices
#   gpu          the forms of kernels that GPUs get
#   rusticl      Mesa's driver on the processor
#   oclgrind     the simulator that finds races and uninitialised values
# By default what takes seconds; `all`: everything in the forms for processors and for GPUs, or all
# operators or networks alone. Exit status 77: not installed.
#
# matrix.sh --get FOLDER: unpacks rusticl and Oclgrind there (Debian 12, 40 MB to load). Nothing is
# installed, and no driver appears on the machine. They are looked for in BUILD/drivers, then where
# Debian puts them.
set -eu
export LC_ALL=C

get() {
    # what this machine lacks of them, and of what they need
    packages=$(apt-get -s install --no-install-recommends mesa-opencl-icd oclgrind |
        sed -n 's/^Inst \([^ ]*\).*/\1/p')
    [ -n "$packages" ] || return 0
    load=$(mktemp -d)
    trap 'rm -rf "$load"' EXIT
    # shellcheck disable=SC2086 # names of packages
    (cd "$load" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download $packages)
    mkdir -p "$1"
    for package in "$load"/*.deb; do
        dpkg -x "$package" "$1"
    done
    rm -rf "${1:?}/etc" # that would register the drivers
}
if [ "$1" = --get ]; then
    get "$2"
    exit
fi

build=$(cd "$1" && pwd) source=$(cd "$2" && pwd) configuration=$3 all=${4-}
work=$build/matrix/$configuration
mkdir -p "$work"
cd "$work"
export CLACT_CACHE_DIR="$work/cache" POCL_CACHE_DIR="${POCL_CACHE_DIR:-$work/pocl}"
export CLACT_SELF_CHECK=off CLACT_TUNING=off CLACT_TIMEOUT=0
rm -rf "$work/cache"
mkdir -p "$POCL_CACHE_DIR"
unset CLACT_DEVICE CLACT_KERNELS || true

# driver NAME FILE: its library, unpacked in BUILD/drivers or installed
driver() {
    lib=$build/drivers/usr/lib
    if [ -e "$lib/$2" ]; then
        multiarch=$lib/x86_64-linux-gnu
        old=$build/drivers/lib/x86_64-linux-gnu
        export LD_LIBRARY_PATH="$multiarch:$multiarch/oclgrind:$old" LIBCLC_FOLDER="$lib/clc" \
            LD_PRELOAD="$build/tests/libclc_folder.so"
        OCL_ICD_VENDORS=$lib/$2
    elif [ -e "/usr/lib/$2" ]; then
        OCL_ICD_VENDORS=/usr/lib/$2
    else
        echo "skipped: no $1: tests/matrix.sh --get $build/drivers"
        exit 77
    fi
    export OCL_ICD_VENDORS
}

# As small as they can be, for drivers that are slow.
smallest='
resnet3d-18|width=1,1,1,1,frames=2,size=8
resnet3d-pre-18|width=1,1,1,1,frames=2,size=8
resnet3d-wide-50|width=1,1,1,1,frames=2,size=8
resnext3d-101|width=2,2,2,2,blocks=1,1,1,1,cardinality=2,frames=2,size=8
resnet2p1d-18|width=1,1,1,1,frames=2,size=8
r3d_18|width=1,1,1,1,frames=2,size=8
mc3_18|width=1,1,1,1,frames=2,size=8
r2plus1d_18|width=1,1,1,1,frames=2,size=8
iic-r21d|width=2,2,2,2,frames=2,size=8
resnet18|width=1,1,1,1,size=16
tao-resnet18|width=1,1,1,1,frames=4,size=8
tao-r2plus1d|width=1,1,1,1,frames=2,size=8
app-resnet18|width=1,1,1,1,size=16
tao-two-path|width=0.02,frames=4,size=8
chen-p3d|width=1,1,1,1,fc=2,frames=2,size=4
tao-i3d|width=0.001,frames=2,size=8
s3d|width=0.01,frames=8,size=32
s3d-torchvision|width=0.01,frames=8,size=32
c3d|width=0.02,frames=16,size=32
bninception|width=0.02,size=64
zhao|width=0.02,frames=2,size=64,segments=2,radius=1
slow_r50|width=0.02,blocks=1,1,1,1,frames=2,rate=1,size=8
c2d_r50|width=0.02,blocks=1,1,1,1,frames=2,rate=1,size=8
i3d_r50|width=0.02,blocks=1,1,1,1,frames=2,rate=1,size=8
mmaction_i3d_r50|width=0.02,blocks=1,1,1,1,frames=8,rate=1,size=8
slowfast_r50|width=0.125,blocks=1,1,1,1,frames=4,rate=1,size=8
x3d_s|width=0.1,blocks=1,1,1,1,frames=2,rate=1,size=8
'

# PoCL, if there are other drivers: what its configurations want is that of a processor.
pocl() {
    icd=$(grep -l pocl /etc/OpenCL/vendors/*.icd 2>/dev/null | head -n 1)
    [ -z "$icd" ] || export OCL_ICD_VENDORS="$icd"
    "$build/clact" devices >out 2>&1 || { echo "skipped: $(head -n 1 out)"; exit 77; }
    if OPENCL_LAYERS=$build/tests/fault_layer.so FAULTS=fail=clGetPlatformIDs:1:-6 \
        "$build/clact" devices >/dev/null 2>&1; then
        echo 'skipped: the OpenCL loader knows no layers'
        exit 77
    fi
}

operators='maxpool3d add linear softmax global_average residual warp concat gemm'
networks='resnet3d-10|width=0.0625,frames=4,size=16,classes=5
tao-two-path|width=0.0625,frames=4,size=16,classes=5'
forms=cpu layers='' faults='' most='' log='' alone=''
case $configuration in
end | start)
    pocl
    layers=$build/tests/memory_layer.so
    export MEMORY="$configuration,nan,apart" ;;
small)
    pocl
    faults='group=64 local=32768' ;;
two)
    pocl
    export POCL_DEVICES='pthread pthread' CLACT_DEVICE=0:1 ;;
gpu)
    pocl
    forms=gpu ;;
rusticl)
    operators='maxpool3d linear softmax global_average warp gemm'
    networks='resnet3d-10|width=1,1,1,1,frames=2,size=8,classes=2'
    forms=gpu
    driver rusticl x86_64-linux-gnu/libRusticlOpenCL.so.1
    export RUSTICL_ENABLE=llvmpipe MESA_SHADER_CACHE_DIR="$work/cache" ;;
oclgrind)
    driver Oclgrind oclgrind/liboclgrind-rt-icd.so
    operators='global_average linear conv3d winograd_weight'
    networks='resnet3d-10|width=1,1,1,1,frames=2,size=8,classes=2'
    forms=gpu most='-m 3000'
    log=$work/log
    # It cannot compile two programs at a time.
    alone="taskset -c $(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')"
    # Its check for uninitialised values knows no "freeze", which optimisation makes, and once
    # reported with two threads what it did not with one.
    layers=$build/tests/memory_layer.so
    export MEMORY=apart,simulator OCLGRIND_DATA_RACES=1 OCLGRIND_UNINITIALIZED=1 \
        OCLGRIND_CHECK_API=1 OCLGRIND_BUILD_OPTIONS=-cl-opt-disable \
        OCLGRIND_NUM_THREADS=1 OCLGRIND_LOG="$work/pipe" ;;
*)
    sed -n 's/^# //p' "$0" >&2
    exit 2 ;;
esac
if [ -n "$all" ]; then
    [ "$configuration" = gpu ] || forms='cpu gpu'
    operators=$(cd "$source/tests/op" && echo *.graph | sed 's/\.graph//g')
    networks=$(sed -n "/^networks='/,/^'/p" "$source/tests/cli/videos.sh" | grep '|')
    [ "$configuration" != oclgrind ] || most='-m 30000'
    if [ "$configuration" = oclgrind ] || [ "$configuration" = rusticl ]; then
        echo "$networks" | sed 's/|.*//' >wanted
        networks=$(echo "$smallest" | grep '|')
        echo "$networks" | sed 's/|.*//' | diff wanted - || exit 1
    fi
    [ "$all" != networks ] || operators=''
    [ "$all" != operators ] || networks=''
fi

# Cases of an operator that a driver gets wrong; docs/portability.md says why.
faulty() { # FORM OPERATOR
    case $configuration-$1-$2 in
    rusticl-cpu-conv3d) echo stride_beyond_int ;;
    rusticl-cpu-winograd_weight)
        echo fused_rows,fused_frames_alone,time_fused,padded_square_fused ;;
    rusticl-gpu-conv3d) echo stride_beyond_int,stem_bias_relu ;;
    esac
}

# Runs a program with the layers of a form. Oclgrind writes what it finds to a pipe, since every
# process would begin a file again.
run() {
    list=$layers said=$faults
    [ "$form$alone" = cpu ] || said="type=$form $faults" # Oclgrind says that it is all types
    [ -z "$said" ] || list=$build/tests/fault_layer.so${layers:+:$layers}
    if [ -n "$log" ]; then
        rm -f pipe
        mkfifo pipe
        cat pipe >"$log" &
        reader=$!
        exec 9>pipe
    fi
    result=0
    OPENCL_LAYERS=$list ALL_LAYERS=$list FAULTS=$said $alone "$@" >out 2>&1 9>&- || result=$?
    if [ -n "$log" ]; then
        exec 9>&-
        wait "$reader"
        [ ! -s "$log" ] || result=1
    fi
}

# report NAME: a line, and of what failed what it said.
report() {
    if [ $result = 0 ]; then
        echo "ok   $configuration $form $1: $(tail -n 1 out)"
        return
    fi
    echo "FAIL $configuration $form $1"
    grep -v '^ok' out | head -n 20
    [ -z "$log" ] || head -n 20 "$log"
}

{
    for form in $forms; do
        for operator in $operators; do
            wrong=$(faulty "$form" "$operator")
            # shellcheck disable=SC2086 # an option and its value, or nothing
            set -- $most ${wrong:+-x "$wrong"} ${CLACT_DEVICE:+-d "$CLACT_DEVICE"}
            [ "$form" = cpu ] || set -- "$@" -v gpu
            run "$build/tests/checkop" "$@" "$source/tests/op/$operator.graph"
            report "$operator"
        done
    done
    echo "$networks" >table
    for form in $forms; do
        while IFS='|' read -r name settings _; do
            [ -n "$name" ] || continue
            run "$build/clact" self-check "$name" --set "$settings"
            report "$name"
        done <table
    done
    echo end
} | tee said
# What was compared, counted: "8 cases, 0 failed, worst error 0.5 of what is allowed, 1 too large",
# "9 of 9 nodes have right kernels, and ...". Without the last line, something ended it early.
awk -v name="$configuration" '
    {failed += $1 == "FAIL"}
    {ended = $1 == "end"}
    $1 != "ok" {next}
    / nodes have right kernels/ {networks++}
    {for (i = 4; i <= NF; i++) {
        if ($i == "nodes") nodes += $(i - 1)
        if ($i == "cases,") cases += $(i - 1)
        if ($i == "error" && $(i + 1) > worst) worst = $(i + 1)
        if ($i == "large") large += $(i - 2)
        if ($i == "left") out += $(i - 1)}}
    END {printf "%s: %d cases of operators, ", name, cases
        printf "worst error %.2f of what is allowed, ", worst
        printf "%d networks with %d nodes, %d failed", networks, nodes, failed
        if (large) printf "; %d cases too large", large
        if (out) printf "; %d left out because of the driver", out
        print ""
        exit failed || !ended || !(cases + networks)}' said
