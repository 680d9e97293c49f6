#!/bin/sh
# SPDX-License-Identifier: MIT
# Every window rule with every kind of crops: how many windows, and the same scores in any batch.
. "${0%/*}/lib.sh"
need_device
make_model
clip=$clips/bframes.mp4 # 48 frames

values() { # "windows":N and all scores
    sed 's/.*"windows":\([0-9]*\).*"scores":\(\[[^]]*\]\),"seconds".*/\1 \2/' out
}
for rule in "slide 12" "slide:8 6" "slide:1 46" "even:3 3" "uniform:5 5" "tsn:4 4" "tsn_caffe:3 3" \
    "subsample 1" "center 1" "all 45"; do
    name=${rule% *} count=${rule#* }
    for crops in center:1 three:3 ten:10; do
        sed "s/^clip main.*/& windows=$name crops=${crops%:*}/" m.graph >rule.graph
        ok "$clact" run rule.graph "$clip" --json
        values >one
        all=$((count * ${crops#*:}))
        [ "$(json_get out windows)" = $all ] || fail "$(json_get out windows) windows, not $all"
        ok "$clact" run rule.graph "$clip" --json -b 5
        values >five
        same one five "$name $crops in batches of 5"
    done
    # shorter than a window
    for pad in loop last; do
        sed "s/^clip main.*/& windows=$name pad=$pad/" m.graph >rule.graph
        ok "$clact" run rule.graph "$clips/img_%03d.png" --json
        has out '"status":"short"'
    done
done

# floats from the device's own resize, never rounded to bytes: nearly the same scores
sed 's/filter=pil/filter=bilinear/' m.graph >bytes.graph
sed 's/%frames = input u8/%frames = input f32/; s/filter=pil/filter=bilinear round=none/' m.graph \
    >floats.graph
for g in bytes floats; do
    ok "$clact" run $g.graph "$clip" --json
    values | tr -d '[]' | cut -d' ' -f2 | tr , '\n' >$g.txt
done
paste bytes.txt floats.txt | awk '{d = $1 - $2; if (d < 0) d = -d; if (d > 0.01) bad = 1}
    END {exit bad || NR != 5}' || fail "round=none: other scores"
# and these as half, as everything after them
ok "$clact" run floats.graph "$clip" --json --fp16
values | tr -d '[]' | cut -d' ' -f2 | tr , '\n' >half.txt
paste floats.txt half.txt | awk '{d = $1 - $2; if (d < 0) d = -d; if (d > 0.01) bad = 1}
    END {exit bad || NR != 5}' || fail "--fp16: other scores"

# a mean of features, with a classifier behind it: windows have values, and no class names
printf 'one\ntwo\nthree\nfour\nfive\n' >five.txt
sed -e 's/ : f32.*//' -e 's/^weights.*/&\nlabels five.txt/' \
    -e 's/^\(%logits = linear \)%avgpool/%mean = mean_windows %avgpool\n\1%mean/' \
    -e '/^%probs = /d' -e 's/^output.*/output %probs.window/' m.graph >features.graph
ok "$clact" run features.graph "$clip" --windows
has out 'main window 0'
has out ' value '
hasnt out 'class '
has out '  one'
finish
