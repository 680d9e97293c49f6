#!/bin/sh
# SPDX-License-Identifier: MIT
# symbols.sh LIBRARY HEADER: the shared library exports what the public header declares, no more.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
nm -D --defined-only "$1" | awk '$2 ~ /[A-Z]/ { print $3 }' | sort >"$work/exported"
awk '/^CLACT_API / && match($0, /clact_[a-z_]+\(/) { print substr($0, RSTART, RLENGTH - 1) }' "$2" |
    sort >"$work/declared"
[ -s "$work/declared" ] && diff "$work/declared" "$work/exported"
