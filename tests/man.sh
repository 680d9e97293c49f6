#!/bin/sh
# SPDX-License-Identifier: MIT
# man.sh CLACT PAGE: the manual page formats without a warning and names every command and every
# long option that the program's own help names.
clact=$1 page=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

formatter=none
if command -v groff >/dev/null; then
    formatter=groff
    groff -man -Tutf8 -ww -rLL=78n "$page" >"$work/text" 2>"$work/warnings"
fi
if command -v mandoc >/dev/null; then
    formatter=mandoc
    # A page without a date changes only when its text does; long lines are groff's business.
    mandoc -T lint -W warning "$page" | grep -v 'missing date' >>"$work/warnings"
fi
if [ -s "$work/warnings" ]; then
    cat "$work/warnings"
    bad=1
fi

sed 's/\\-/-/g; s/\\f[A-Z]//g' "$page" >"$work/plain"
# "  run      what it does" at two columns is a command of the general help.
commands=$("$clact" --help | sed -n 's/^  \([a-z-]\{3,\}\)  *[a-z].*/\1/p' | grep -vx clact)
[ -n "$commands" ] || { echo 'the help names no command'; bad=1; }
for command in $commands; do
    grep -q "^\.SS \"clact $command" "$work/plain" || { echo "not in the page: $command"; bad=1; }
    # The section of this command only.
    awk -v start="^[.]SS \"clact $command" '/^[.]S[SH] / { on = $0 ~ start } on' "$work/plain" \
        >"$work/section"
    for option in $("$clact" "$command" --help | sed '/^examples:/,$d' | grep -oE -e \
        '--[a-z][a-z-]*' | sort -u); do
        [ "$option" = --help ] || grep -q -e "$option" "$work/section" ||
            { echo "not in the page: $command $option"; bad=1; }
    done
done
if [ $bad = 0 ] && [ $formatter = none ]; then
    echo 'skipped: no groff and no mandoc'
    exit 77
fi
exit $bad
