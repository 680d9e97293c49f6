#!/bin/sh
# SPDX-License-Identifier: MIT
# words.sh: no notes to self, no paths of somebody's machine, no conflict markers, no debugging left
# in the files of this tree.
cd "$(dirname "$0")/.." || exit 1

# Brackets keep this file from finding itself.
notes='[T]ODO|[F]IXME|[X]XX|[H]ACK'
paths='/[h]ome/[a-z]|/[r]oot/|/[U]sers/|/[w]ork/'
conflicts='^(<<<<<<<|>>>>>>>)( |$)'
bad=0

# Text only: clips, tensors and pictures are not ours to read. mkdtemp and mktemp patterns end in
# a row of the letter that one of the notes is made of.
if find . \( -name .git -o -path './build*' \) -prune -o -type f -print0 |
    xargs -0 grep -InE "$notes|$paths|$conflicts" | grep -vE '[-.][X]{6}'; then
    echo 'words.sh: the words above do not belong here'
    bad=1
fi

# Indentation is spaces.
if find base graph cl io models engine cli tests docs \( -name '*.[ch]' -o -name '*.cl' \) \
    -exec grep -Hn "$(printf '\t')" {} +; then
    echo 'words.sh: tabs in the lines above'
    bad=1
fi

# Every source says under which licence it comes, in its first or second line.
find base graph cl io models engine cli tests scripts .ci docs man -type f \
    \( -name '*.[ch]' -o -name '*.cl' -o -name '*.sh' -o -path 'scripts/*' -o -name '*.1' \) \
    -exec awk 'FNR == 1 { found = 0 }
        FNR <= 2 && /SPDX-License-Identifier: MIT/ { found = 1 }
        FNR == 2 && !found { print FILENAME ": no licence line"; bad = 1 }
        END { exit bad }' {} + || bad=1
exit $bad
