#!/bin/sh
# SPDX-License-Identifier: MIT
# The pictures that clact draws: graph --svg, run --timeline and --overlay, bench --html. What they
# say, that they are what XML calls well-formed, and what happens when they cannot be written.
. "${0%/*}/lib.sh"
python=/usr/bin/python3

well_formed() { # FILE: as XML
    [ -x $python ] || return 0
    $python -c 'import sys, xml.dom.minidom as x; x.parse(sys.argv[1])' "$1" 2>err ||
        fail "$1 is not well-formed"
}

# ---- graph --svg needs no device ----
ok "$clact" model resnet3d-18 -o r18.graph
ok "$clact" graph r18.graph --svg -o r18.svg
well_formed r18.svg
has r18.svg 'in the file: 69 operators'
has r18.svg 'after fusion: 26'
has r18.svg '33.2 M parameters, 8.30 G multiply-adds a window'
has r18.svg 'conv3d_frames 7×7×7 stride=1,2,2 pad=3 act=relu'
has r18.svg '512×1×4×4'
# eight shortcuts, and three blocks whose first convolution passes a shortcut_pad by
edges=$(grep -c 'class="e"' r18.svg)
[ "$edges" = $((25 + 11 - 3)) ] || fail "$edges edges"
hasnt r18.svg ' ×</text>'
for name in resnet3d-101 i3d tao-two-path zhao slowfast_r50 chen-p3d; do
    ok "$clact" model $name -o m.graph
    ok "$clact" graph m.graph --svg -o m.svg
    well_formed m.svg
    [ $name != resnet3d-101 ] || has m.svg '22 ×</text>'
    [ $name != tao-two-path ] || has m.svg 'after fusion, clip appearance'
done
ok "$clact" graph r18.graph --svg --keep bn1 # what is tapped is not fused
has out '>bn1</text>'
bad 1 "without --after and --count" "$clact" graph r18.graph --svg -O
bad 6 "/nonexistent/x.svg: cannot be written" "$clact" graph r18.graph --svg -o /nonexistent/x.svg

# ---- a time line of made-up scores: one class or many, seconds or an hour ----
ok "$tools/cli_timeline" 5600 400 3600
well_formed out
has out '5600 windows, 13 to a point'
has out '>50:00</text>'
has out '>1:00:00</text>'
[ "$(grep -c 'class="c s[0-9]" d="M[0-9. ]*L' out)" = 5 ] || fail "five curves"
ok "$tools/cli_timeline" 1 1 2
well_formed out
has out '>0.4 s</text>'
has out '1 window<'

# ---- runs ----
need_device
make_model
sed 's/^clip main.*/& windows=slide:2/' m.graph >slide.graph
clip=$clips/bframes.mp4 # 48 frames of 160x120
ok "$clact" run slide.graph "$clip" --timeline t.svg --overlay o.mp4
cp out plain
ok "$clact" run slide.graph "$clip"
same out plain "what is printed does not depend on pictures"
well_formed t.svg
has t.svg '24 windows'
has t.svg 'bframes.mp4'
has t.svg 'class 4'
ok "$clact" run slide.graph "$clip" --timeline t.html -k 2
has t.html '</table>'
has t.html '<svg '
hasnt t.html '<script'
hasnt t.html 'http://www.w3.org/1999'
[ "$(grep -c '<tr><td>' t.html)" = 2 ] || fail "two classes"

# the overlay is a clip again, of as many frames, a bit darker below
ok "$clact" run slide.graph o.mp4 --json
json_get out frames | grep -qx 48 || fail "not 48 frames"
json_get out width | grep -qx 160 || fail "not 160 pixels wide"
ok "$clact" run slide.graph "$clip" --overlay part.mkv --from 0.5 --to 1
ok "$clact" run slide.graph part.mkv --json

ln -s /dev/full full.svg
before=$(ls)
nowhere=/nonexistent/x
bad 6 "$nowhere.svg: cannot be written" "$clact" run m.graph "$clip" --timeline $nowhere.svg
bad 6 "$nowhere.mp4: cannot be written" "$clact" run m.graph "$clip" --overlay $nowhere.mp4
[ ! -e /dev/full ] || bad 6 "cannot be written" "$clact" run m.graph "$clip" --timeline full.svg
for file in --timeline:x.png --timeline:svg --overlay:x.gif --overlay:x; do
    bad 1 "its name ends in ." "$clact" run m.graph "$clip" "${file%:*}" "${file#*:}"
done
bad 1 "take one clip" "$clact" run m.graph "$clip" "$clip" --timeline x.svg
bad 1 "standard input" "$clact" run m.graph - --overlay x.mp4
[ "$(ls)" = "$before" ] || fail "files were left behind"
sed -e 's/^\(%logits = linear \)%avgpool/%mean = mean_windows %avgpool\n\1%mean/' \
    -e 's/ : f32.*//' -e '/^%probs = /d' -e 's/^output.*/output %probs.window/' \
    m.graph >features.graph
bad 3 "the mean over windows stands before the classifier" \
    "$clact" run features.graph "$clip" --timeline x.svg

# ---- bench --html ----
ok "$clact" bench m.graph -r 2 --html -o bench.html
has bench.html 'prefers-color-scheme'
has bench.html 'GFLOP/s'
has bench.html '>maxpool</text>'
hasnt bench.html '<script'
[ "$(grep -c '<svg ' bench.html)" = 2 ] || fail "bars and a roofline"
sed -n '/<svg /,/<\/svg>/p' bench.html | awk '/<svg /{n++} {print >("bench" n ".svg")}'
well_formed bench1.svg
well_formed bench2.svg
bad 6 "cannot be written" "$clact" bench m.graph -r 1 --html -o /nonexistent/b.html
finish
