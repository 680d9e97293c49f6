#!/bin/sh
# SPDX-License-Identifier: MIT
# clact tune: what it measures is saved, found again and used; damage, interruption and two at once
# lose nothing. How long anything took is not looked at.
. "${0%/*}/lib.sh"
need_device
export CLACT_CACHE_DIR="$work/clact"
unset CLACT_TUNING || true
# One convolution that Winograd fits, so small that few candidates differ.
spec=c16t1h4w4k16x1x3x3s1p0x1x1
cat >one.graph <<EOF
clact 1
model one
weights one.safetensors
clip main frames=1 space=crop:4
%x = input f32[N,16,1,4,4]
%w = weight f32[16,16,1,3,3]
%y = conv3d %x %w pad=0,1,1
output %y
EOF
entries() { # entries FILE...: lines of convolutions
    cat "$@" 2>/dev/null | grep -c '^c[0-9]'
}
add() { # add SPEC ALGORITHM: a line for this device, by hand
    echo "$1 $2" >>"$file"
}

# It writes a file; a second run has nothing to do, unless it is told to.
run "$clact" tune -t 1000 one.graph
[ "$code" = 0 ] || fail "exit code $code"
[ ! -s err ] || fail "said something on stderr"
has out "$spec"
has out "1 measured"
file=$(ls clact/*.tuning)
[ "$(entries "$file")" = 1 ] || fail "not one entry in the file"
has "$file" "$spec "
cp "$file" first
ok "$clact" tune -t 1000 one.graph
has out "0 measured, 0 of them faster than the rule, 1 known already"
same "$file" first "a second run"
ok "$clact" tune --conv "$spec" --again --seconds 0
has out "1 left"
same "$file" first "no time at all"

# What stands there is used, by name and by file of the device; a strict plan has no Winograd.
"$clact" devices --caps "${CLACT_DEVICE:-0:0}" >here.caps
sed 1,2p "$file" -n >head
for choice in "direct blocks=1 tile=3" "f2 blocks=2 tile=2" "f4-fused"; do
    cp head "$file"
    add $spec "$choice"
    ok "$clact" plan one.graph --caps here.caps
    has out ", tuned"
    case $choice in
    direct*) has out "direct 2x1" ;;
    f2*) has out "winograd F(2,3)" ;;
    f4*) has out "winograd F(4,3)" ;;
    esac
    ok "$clact" plan one.graph --caps here.caps --precision strict
    hasnt out winograd
    ok "$clact" bench --conv n1$spec -r 1
    has out ", tuned"
    ok env CLACT_TUNING=off "$clact" bench --conv n1$spec -r 1
    hasnt out ", tuned"
done
cp head "$file"
add $spec rule
ok "$clact" plan one.graph --caps here.caps
hasnt out ", tuned"

# A damaged file: one line, and it is ignored, then made anew.
add $spec "f3 tile=1"
bad 0 ".tuning:4: 'f3' is no algorithm" "$clact" plan one.graph --caps here.caps
hasnt out ", tuned"
bad 0 "ignored" "$clact" bench --conv n1$spec -r 1
bad 0 "is no algorithm" "$clact" tune -t 1000 one.graph
has out "1 measured"
[ "$(entries "$file")" = 1 ] || fail "not one entry in the new file"
ok "$clact" plan one.graph --caps here.caps

# Two at once, with different convolutions and a common one, lose nothing.
rm "$file"
other=c16t1h4w4k16x1x3x3s1x2x2p0x1x1
cat >two.graph <<EOF
clact 1
model two
weights two.safetensors
clip main frames=1 space=crop:4
%x = input f32[N,16,1,4,4]
%w = weight f32[16,16,1,3,3]
%v = weight f32[7,16,1,1,1]
%y = conv3d %x %w pad=0,1,1
%z = conv3d %y %v
output %z
EOF
"$clact" tune -t 1000 two.graph >two.out 2>&1 &
pid=$!
ok "$clact" tune -t 1000 --conv $other
wait $pid || fail "the other one failed: $(tail -n 1 two.out)"
for s in $spec $other c16t1h4w4k7x1x1x1s1; do
    [ "$(grep -c "^$s .*ms=" "$file")" = 1 ] || fail "no entry of $s"
done
! grep -q partial "$file" || fail "something is not whole"
! ls clact/*.tmp 2>/dev/null | grep -q . || fail "a temporary file stays"

# Interrupted, at any time: the file is whole, and the next run goes on.
for signal in INT TERM KILL; do
    "$clact" tune -t 1000 --again two.graph >killed.out 2>&1 &
    pid=$!
    sleep 1
    kill -$signal $pid 2>/dev/null
    wait $pid 2>/dev/null
    run "$clact" plan one.graph --caps here.caps
    [ "$code" = 0 ] && [ ! -s err ] || fail "SIG$signal left a file in doubt"
    [ "$(entries "$file")" = 3 ] || fail "SIG$signal: entries are lost"
done
ok "$clact" tune -t 1000 two.graph
has out "2 known already"

# Where nothing can be saved, it says so at once.
bad 6 "no folder to save in" env CLACT_CACHE_DIR= "$clact" tune -t 1000 one.graph
bad 6 "/dev/null: " env CLACT_CACHE_DIR=/dev/null/none "$clact" tune -t 1000 --conv $other
for bad in "nothing.graph" "one.graph two.graph" "--conv c1" "one.graph --seconds x"; do
    run "$clact" tune $bad
    [ "$code" != 0 ] || fail "accepted"
    one_line
done
finish
