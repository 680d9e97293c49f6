#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks the shell scripts that users run; scripts/*.py is not one.
cd "$(dirname "$0")/.." || exit 1
if ! command -v shellcheck >/dev/null; then
    echo 'skipped: no shellcheck'
    exit 77
fi
exec shellcheck scripts/*[!y] .ci/run tests/layers.sh tests/words.sh tests/scripts.sh tests/man.sh \
    tests/symbols.sh
