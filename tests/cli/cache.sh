#!/bin/sh
# SPDX-License-Identifier: MIT
# The second run compiles nothing: neither clact nor the driver behind it.
. "${0%/*}/lib.sh"
need_device
make_model
export CLACT_CACHE_DIR="$work/clact" POCL_CACHE_DIR="$work/pocl"
mkdir clact pocl
# Names, sizes and checksums of all files. PoCL writes down when a program was used, and leaves an
# empty temporary file at some starts.
listing() {
    find "$1" -type f -size +0 ! -name last_accessed -exec cksum {} + | sort -k 3
}
count() { # compiled programs, summed over the lines of one run
    sed -n 's/.* programs, \([0-9]*\) compiled.*/\1/p' err | awk '{n += $1} END {print n + 0}'
}

run env CLACT_LOG=build "$clact" run m.graph "$clips/bframes.mp4"
[ "$code" = 0 ] || fail "first run: exit code $code"
[ "$(count)" -gt 0 ] || fail "the first run compiled nothing"
cp out first
[ -n "$(find clact -type f)" ] || fail "nothing in CLACT_CACHE_DIR"
! find clact -name '*.tmp' | grep -q . || fail "a temporary file stays in the cache"

# The driver may add what it makes while a program from a binary is used for the first time.
run "$clact" run m.graph "$clips/bframes.mp4"
same out first "second run"
listing clact >clact.before
listing pocl >pocl.before
run env CLACT_LOG=build "$clact" run m.graph "$clips/bframes.mp4"
[ "$code" = 0 ] || fail "third run: exit code $code"
same out first "third run"
[ "$(count)" = 0 ] || fail "$(count) compiled"
has err "programs, 0 compiled"
listing clact >clact.after
listing pocl >pocl.after
same clact.before clact.after "clact's cache"
same pocl.before pocl.after "the driver's cache"

# Another clip of another size needs nothing new either.
run env CLACT_LOG=build "$clact" run m.graph "$clips/long.mp4"
[ "$(count)" = 0 ] || fail "another clip: $(count) compiled"

# A driver that can tell nothing of a binary's parameters loads it all the same.
layer=$tools/fault_layer.so
run env OPENCL_LAYERS="$layer" FAULTS="fail=clGetPlatformIDs:1:-6" "$clact" devices
if [ "$code" = 4 ]; then # the OpenCL loader knows layers
    run env OPENCL_LAYERS="$layer" FAULTS="fail=clGetKernelArgInfo:1+:-19" CLACT_LOG=build \
        "$clact" run m.graph "$clips/bframes.mp4"
    [ "$code" = 0 ] || fail "no parameters' names: exit code $code"
    same out first "no parameters' names"
    [ "$(count)" = 0 ] || fail "no parameters' names: $(count) compiled"
fi

# A damaged cache is ignored and mended, an unwritable one is no error.
for f in $(find clact -type f | head -n 3); do
    printf 'garbage' >"$f"
done
f=$(find clact -type f | tail -n 1)
head -c 100 "$f" >cut && cat cut >"$f"
run env CLACT_LOG=build "$clact" run m.graph "$clips/bframes.mp4"
[ "$code" = 0 ] || fail "damaged cache: exit code $code"
same out first "damaged cache"
[ "$(count)" -gt 0 ] || fail "damaged entries were used"
run env CLACT_LOG=build "$clact" run m.graph "$clips/bframes.mp4"
[ "$(count)" = 0 ] || fail "the cache was not mended"
ok env CLACT_CACHE_DIR=/dev/null/none "$clact" run m.graph "$clips/bframes.mp4"
same out first "no cache"
finish
