#!/bin/sh
# SPDX-License-Identifier: MIT
# full_size.sh GOLDEN: full-size networks against PyTorch on this machine; skipped without PyTorch.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${CLACT_PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import torch, numpy' 2>/dev/null; then
    echo "skipped: $python has no torch (apt-get install python3-torch)"
    exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/clact-full-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
"$python" "$here/tools/torch_networks.py" "$work"
"$1" "$work"
