#!/bin/sh
# SPDX-License-Identifier: MIT
# mutants.sh BUILD SOURCE [all]: kernels that are changed on purpose, one place each, and the
# self-check that runs before a kernel's first use, which must name the kernel. tests/data/mutants.tsv
# has the list, of which a few are tried by default. Without a change the same graphs must pass.
set -u
export LC_ALL=C
build=$1 source=$2 which=${3:-}
[ "${CLACT_TEST_FULL:-no}" != yes ] || which=all
clact=$build/clact layer=$build/tests/fault_layer.so work=$build/mutants
list=$source/tests/data/mutants.tsv graphs=$source/tests/data/mutants

rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
export CLACT_CACHE_DIR="$work/cache" POCL_CACHE_DIR="$work/pocl"
export ASAN_OPTIONS=handle_segv=0 # what crashes shall do so
unset CLACT_DEVICE CLACT_LOG CLACT_KERNELS CLACT_TUNING || true
skip() {
    echo "skipped: $*"
    exit 77
}
"$clact" devices >/dev/null 2>err || skip "$(head -n 1 err)"
OPENCL_LAYERS=$layer FAULTS="fail=clGetPlatformIDs:1:-6" "$clact" devices >/dev/null 2>&1 &&
    skip "the OpenCL loader knows no layers, so no device can pose as another"

# check GRAPH FORM: the self-check of the process that looks before a first use, into out. The device
# poses as one whose kernels have the form, so that every machine runs the same ones.
check() {
    graph=$1 faults="" options=""
    for word in $2; do
        case $word in
        cpu) faults="type=cpu vector=16 units=2" ;;
        gpu) faults="type=gpu local=65536 group=256 units=2" ;;
        fp16) options="$options --fp16" ;;
        strict) options="$options --precision strict" ;;
        b2) options="$options -b 2" ;;
        quick) ;;
        *) echo "FAILED: form $word is not known"; exit 1 ;;
        esac
    done
    # shellcheck disable=SC2086
    OPENCL_LAYERS=$layer FAULTS=$faults "$clact" self-check $options "$graphs/$graph.graph" >out 2>err
}

# mutate FILE OLD NEW: in a copy of the kernels; OLD must be there once.
mutate() {
    rm -rf kernels && cp -r "$source/cl/kernels" kernels
    OLD=$2 NEW=$3 awk '{
        while ((at = index($0, ENVIRON["OLD"])) && ++n)
            $0 = substr($0, 1, at - 1) "\001" substr($0, at + length(ENVIRON["OLD"]))
        at = index($0, "\001")
        print at ? substr($0, 1, at - 1) ENVIRON["NEW"] substr($0, at + 1) : $0
    } END {exit n != 1}' "$source/cl/kernels/$1" >"kernels/$1"
}

tried=0 failed=0
fail() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    head -n 3 out err
}
tab=$(printf '\t')
[ "$which" = all ] || echo "a few of them; all with CLACT_TEST_FULL=yes"
while IFS=$tab read -r kernel file graph form old new; do
    case $kernel in '#'* | '') continue ;; esac
    case "$which $form" in all* | *quick*) ;; *) continue ;; esac
    key=$(echo "right.$graph.$form" | tr ' ' _)
    if [ ! -f "$key" ]; then
        check "$graph" "$form" || fail "$graph ($form), not changed"
        : >"$key"
    fi
    tried=$((tried + 1))
    mutate "$file" "$old" "$new" || { : >out; fail "$file has not one place '$old'"; continue; }
    CLACT_KERNELS=$work/kernels check "$graph" "$form"
    code=$?
    if [ $code = 5 ] && grep '^wrong .* '"$kernel"'[, ]' out | grep -q \
        -e 'off by' -e 'are off' -e 'where its result is not' -e 'the driver crashed'; then
        echo "caught $file ($graph, $form): $old -> $new"
    else
        fail "not caught (exit code $code): $file ($graph, $form): $old -> $new"
    fi
done <"$list"
echo "$tried mutants, $failed failed"
[ $tried -gt 0 ] && [ $failed = 0 ]
