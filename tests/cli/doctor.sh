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
lacks "" none --root "$work/root"
has out "renderD128: may be used"
# denied MODE GROUP WORDS: of a node that another user's process may not open
denied() {
    node=common/sys/dev/dri/renderD128
    rm -rf common
    mkdir -p common/none common/sys/dev/dri
    : >$node
    [ "$2" = "" ] || chgrp "$2" $node
    chmod "$1" $node
    # shellcheck disable=SC2086
    bad 4 "doctor: no usable OpenCL device" env OCL_ICD_VENDORS="$work/common/none" \
        $other "$clact" doctor --root "$work/common/sys"
    grep 'renderD128: Permission denied; ' out | grep -q -F -e "$3" || fail "no '$3'"
}
other="setpriv --reuid=65534 --regid=65534 --clear-groups"
if [ "$(id -u)" != 0 ]; then
    other=
    denied 0 "" "no group may use it: sudo chgrp render"
elif command -v setpriv >/dev/null && $other "$clact" --version >/dev/null 2>&1; then
    denied 0 "" "no group may use it: sudo chgrp render"
    denied 660 daemon "add yourself to the group daemon (sudo usermod -aG daemon \$USER) and log in"
else
    echo "no other user to be: permissions are not tried"
fi

# ---- watchdogs: how long drivers let a GPU work ----
mkdir -p root/sys/class/drm/card0/engine/rcs0 root/sys/module/amdgpu/parameters
echo 640 >root/sys/class/drm/card0/engine/rcs0/preempt_timeout_ms
echo 10000,60000,10000 >root/sys/module/amdgpu/parameters/lockup_timeout
lacks "rcs0/preempt_timeout_ms: the driver ends work of a GPU after 640 ms" none --root "$work/root"
has out "as root, write 7500 into that file"
has out "amdgpu/parameters/lockup_timeout: the driver ends work of a GPU after 10000 ms; clact splits"
echo 7500 >root/sys/class/drm/card0/engine/rcs0/preempt_timeout_ms
echo 0 >root/sys/module/amdgpu/parameters/lockup_timeout # no watchdog
lacks "" none --root "$work/root"
has out "preempt_timeout_ms: the driver ends work of a GPU after 7500 ms; clact splits"
hasnt out lockup_timeout

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
cp out first
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
# Halfs: what a device without fp16 arithmetic can do, and what one does wrong.
"$clact" devices >list
! grep -q "fp16 arithmetic no" list || grep -q "no fp16 arithmetic, which is not needed" first ||
    fail "nothing on a lack of fp16"
has first "stores half, so --fp16 works"
# A GPU that draws the screen, and a CLBlast that multiplies wrong.
echo 1 >root/sys/bus/pci/devices/0000:00:02.0/boot_vga
run env OPENCL_LAYERS="$layer" FAULTS="type=gpu name=Intel lie=value:XgemmDirectTN" "$clact" doctor \
    --root "$work/root"
[ "$code" = 0 ] || fail "exit code $code, not 0"
has out "0000:00:02.0 (Intel): has an OpenCL driver; it also draws the screen"
has out "clact splits what may take longer than 200 ms"
grep -q "^problem: device .*: CLBlast .* multiplies wrong: .*update libclblast1" out ||
    fail "a wrong CLBlast is not explained"
has out "clact uses its own kernels instead"
unsure "CL_OUT_OF_RESOURCES" "fail=clCreateContext:1+:-5"
finish
