#!/bin/sh
# SPDX-License-Identifier: MIT
# full_size.sh GOLDEN [NAME...|all]: networks at the sizes of their papers against PyTorch on this
# machine; skipped without it. Without names: all with CLACT_TEST_FULL=yes, else the quick ones.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
golden=$1
shift
if [ $# -eq 0 ]; then
    if [ "${CLACT_TEST_FULL:-no}" = yes ]; then
        set -- all
    else
        set -- r3d_18
    fi
fi
python=${CLACT_PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import torch, numpy' 2>/dev/null; then
    echo "skipped: $python has no torch (apt-get install python3-torch)"
    exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/clact-full-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
"$python" "$here/tools/torch_networks.py" "$golden" "$work" "$@"
