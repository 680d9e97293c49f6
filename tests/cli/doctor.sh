#!/bin/sh
# SPDX-License-Identifier: MIT
# clact doctor: what it finds with broken lists of drivers, cards without drivers, and devices that
# lie or crash.
. "${0%/*}/lib.sh"
layer=$tools/fault_layer.so

# ---- no driver at all, and broken ones: exit code 4, whatever this machine has ----
mkdir -p none broken text root/etc/OpenCL/vendors root/dev/dri
lacks() { # WORDS VENDORS OPTIONS...: a line 'problem: ... WORDS'
    problem=$1 vendors=$2
    shift 2
    bad 4 "doctor: no usable OpenCL device" \
        env OCL_ICD_VENDORS="$work/$vendors" "$clact" doctor "$@"
    grep '^problem: ' out | grep -q -F -e "$problem" || fail "no problem '$problem'"
    ! grep -q -v -e '^ok: ' -e '^problem: ' out || fail "other lines"
}
lacks "none: no driver (*.icd); install one: pocl-opencl-icd" none
lacks "no OpenCL platform found: install a driver" none
hasnt out "clact doctor"
echo libno-such-driver.so.1 >broken/a.icd
: >broken/b.icd
lacks "broken/a.icd: libno-such-driver.so.1: cannot open shared object file" broken
has out "broken/b.icd: names no library"
echo "this is no library" >text/driver.so
echo "$work/text/driver.so" >text/c.icd
lacks "text/c.icd: $work/text/driver.so: " text
lacks "driver OCL_ICD_VENDORS: $work/text/driver.so: " text/driver.so
lacks "text/c.icd: $work/text/driver.so: " text/c.icd

# ---- cards and permissions, of a machine that is made up ----
card() { # ADDRESS CLASS VENDOR
    mkdir -p "root/sys/bus/pci/devices/$1"
    echo "$2" >"root/sys/bus/pci/devices/$1/class"
    echo "$3" >"root/sys/bus/pci/devices/$1/vendor"
}
card 0000:00:02.0 0x030000 0x8086
card 0000:01:00.0 0x030000 0x10de
card 0000:03:00.0 0x038000 0x1002
card 0000:04:00.0 0x020000 0x8086 # a network card
lacks "graphics card 0000:00:02.0 (Intel): no OpenCL driver shows it; install intel-opencl-icd" \
    none --root "$work/root"
has out "graphics card 0000:01:00.0 (NVIDIA): no OpenCL driver shows it; install nvidia-opencl-icd"
has out "0000:03:00.0 (AMD): no OpenCL driver shows it; install ROCm's OpenCL"
hasnt out "0000:04:00.0"
has out "no render nodes"
: >root/dev/dri/renderD128
if [ "$(id -u)" != 0 ]; then
    chmod 0 root/dev/dri/renderD128
    lacks "renderD128: Permission denied; add yourself to the group" none --root "$work/root"
else
    lacks "" none --root "$work/root"
    has out "renderD128: may be used"
fi

# ---- folders ----
export POCL_CACHE_DIR=/dev/null/pocl
lacks "what PoCL compiles: /dev/null/pocl cannot be written" none
export POCL_CACHE_DIR="${work%/*}/kernels/pocl"
export CLACT_CACHE_DIR=/dev/null/x
lacks "compiled kernels: /dev/null/x cannot be written; every run compiles them again" none
export CLACT_CACHE_DIR="${work%/*}/kernels/clact"
bad 1 "doctor: no argument is needed" "$clact" doctor now

# ---- devices: one that works, lies, crashes, hangs ----
need_device
ok "$clact" doctor
has out "compiles and computes right"
has out "stores half"
has out "CLBlast"
grep -q "^[1-9][0-9]* devices* works*, " out || fail "no last line"
unsure() { # WORDS FAULTS
    bad 4 "doctor: no usable OpenCL device" env OPENCL_LAYERS="$layer" FAULTS="$2" "$clact" doctor
    grep '^problem: ' out | grep -q -F -e "$1" || fail "no problem '$1'"
}
OPENCL_LAYERS=$layer FAULTS="fail=clGetPlatformIDs:1:-6" "$clact" devices >/dev/null 2>err &&
    { echo "the OpenCL loader knows no layers: faults are not tried"; finish; }
unsure "gave" "lie=read:1"
unsure "gave" "lie=kernel:add"
unsure "the driver crashed (signal 6)" "crash=kernel:add"
export CLACT_TIMEOUT=1
unsure "no answer for 1 s" "hang=launch:1"
unset CLACT_TIMEOUT
unsure "CL_OUT_OF_RESOURCES" "fail=clCreateContext:1+:-5"
finish
