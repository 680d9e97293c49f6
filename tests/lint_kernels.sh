#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles every kernel with clang, no device needed: lint_kernels.sh [FILE.cl...]
#
# A kernel says with which defines, one set a line: "// LINT: -DA=1 -DB=2 SHARED"; a word that is
# not an option stands for all words of the lines "// LINT SHARED: -DC=3". A kernel without such a line
# fails. Each set is compiled with operands stored as float and as half. Exit 77 when clang is
# missing.
dir=$(dirname "$0")/../cl/kernels
clang=${CLANG:-clang}
command -v "$clang" >/dev/null || exit 77
[ $# -gt 0 ] || set -- "$dir"/*.cl
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=0 sets=0

for file; do
    awk '
        /^\/\/ LINT: / { sub(/^\/\/ LINT: /, ""); set[++sets] = $0 }
        /^\/\/ LINT [A-Z_]+: / {
            name = $3; sub(/:$/, "", name); sub(/^\/\/ LINT [A-Z_]+: /, "")
            shared[name] = shared[name] " " $0
        }
        END {
            for (i = 1; i <= sets; i++) {
                n = split(set[i], word, " "); line = ""
                for (k = 1; k <= n; k++)
                    line = line " " (word[k] ~ /^-/ ? word[k] : shared[word[k]])
                print line
            }
        }' "$file" >"$tmp/sets"
    if [ ! -s "$tmp/sets" ]; then
        echo "$file: no // LINT: line"
        bad=1
    fi
    # A kernel with barriers must not return early (CONVENTIONS.md, 1).
    if ! awk '/__kernel/ { early = 0 } /if \(!run\)/ { early = NR }
              /barrier\(/ && early { print FILENAME ":" early ": returns before a barrier"; bad = 1 }
              END { exit bad }' "$file"; then
        bad=1
    fi
    # In C99 an inline function that is not static has its body elsewhere, where it is not inlined.
    if grep -n '^ *inline ' "$file"; then
        echo "$file: an inline function that is not static"
        bad=1
    fi
    # One that can be split must not ask for what a piece answers otherwise (CONVENTIONS.md, 3).
    if ! grep -q '^// WHOLE: ' "$file" && grep -n -E \
        'get_global_size\(([12]|[^0-9])|get_num_groups|get_group_id|get_global_offset' "$file"; then
        echo "$file: asks for the size of a launch that may be split"
        bad=1
    fi
    family=$(basename "$file" .cl)
    family=$dir/${family%%_*}.h
    [ -f "$family" ] || family=
    cat "$dir/lane.h" $family "$file" >"$tmp/kernel.cl"
    while read -r defines; do
        for half in 0 1; do
            sets=$((sets + 1))
            # The defines are separate words on purpose.
            if ! "$clang" -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -Wall -Wextra \
                -Werror -Wno-unused-parameter -fsyntax-only -DHALF=$half $defines \
                "$tmp/kernel.cl" 2>"$tmp/log"; then
                echo "$file: -DHALF=$half $defines"
                cat "$tmp/log"
                bad=1
            fi
        done
    done <"$tmp/sets"
done
echo "$sets sets of defines"
exit $bad
