#!/bin/sh
# SPDX-License-Identifier: MIT
# The model that clact brings along: what PyTorch computes, the right answers for its clips, and how
# 'clact run' finds it.
. "${0%/*}/lib.sh"
model=$source/models/motion
unset CLACT_MODELS

# A model or a clip? What is neither there nor called like a model is a clip that is missing.
bad 3 "none.graph: No such file" "$clact" run none.graph "$clips/bframes.mp4"
bad 3 "not a clact graph" "$clact" run "$clips/SOURCES.md" "$clips/bframes.mp4"
bad 1 "a clip is needed" "$clact" run "$model/motion.graph"
run env CLACT_MODELS="$work" "$clact" run "$clips/bframes.mp4"
[ "$code" = 3 ] || fail "exit code $code, not 3"
has err "the shipped one, motion/motion.graph, is not in $work"

need_device
run "$clact" run none.mp4
[ "$code" = 2 ] || fail "exit code $code, not 2"
has err "none.mp4: No such file"

# The network on stored frames, as PyTorch computed it.
ok "$clact" run "$model/motion.graph" --tensors "$source/tests/data/motion.safetensors" \
    --save out.safetensors
"$tools/cli_tensors" close out.safetensors "$source/tests/data/motion.safetensors" ||
    fail "other scores than PyTorch's"

# The clips are called what they show.
ok "$clact" run -q -k 1 "$model"/clips/*.mp4
[ "$(grep -c ' h264, ' out)" = 5 ] || fail "not five clips"
awk '/^[^ ]/ { n = split($1, part, "/"); truth = part[n]; sub(/\.mp4$/, "", truth)
        gsub(/_/, " ", truth) }
    /^ / { sub(/^ *1 +[0-9.]+ +/, ""); if ($0 != truth) { print truth ": " $0; bad = 1 } }
    END { exit bad }' out >wrong || fail "wrong answers: $(cat wrong)"
cp out answers

# Given by name, found beside the program, found where it is installed: the same.
run "$clact" run -k 1 "$model"/clips/*.mp4
[ "$code" = 0 ] || fail "exit code $code, not 0"
same out answers "with and without -q"
has err "model: motion (shipped), "
[ "$(wc -l <err)" = 1 ] || fail "not one line on stderr"
mkdir -p prefix/bin prefix/share/clact/models
cp "$clact" prefix/bin/
cp -r "$model" prefix/share/clact/models/
ok prefix/bin/clact run -q -k 1 "$model"/clips/*.mp4
same out answers "another prefix"
ok "$clact" run "$model/motion.graph" -k 1 "$model"/clips/*.mp4
same out answers "by name"
ok env CLACT_MODELS="$source/models" "$clact" run -q -k 1 "$model/clips/cut.mp4"
[ "$(sed -n 's/^ *1 *[0-9.]* *//p' out)" = cut ] || fail "CLACT_MODELS: not a cut"

# Every name of a clip: standard input, windows with their times.
last="$clact run - <cut.mp4"
"$clact" run -q -k 1 --windows - <"$model/clips/cut.mp4" >out 2>err || fail "standard input"
[ "$(grep -c '^  main window' out)" = 2 ] || fail "not 2 windows"
finish
