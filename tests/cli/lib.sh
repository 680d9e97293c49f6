# SPDX-License-Identifier: MIT
# What the command line tests share. Each is called as NAME.sh CLACT TOOLS SOURCE WORK: the program,
# the folder of the helper programs, the source tree, a folder of its own.
set -u
export LC_ALL=C
clact=$1 tools=$2 source=$3 work=$4
clips=$source/tests/data/clips
failures=0

# Kernels are shared between the scripts; nothing is read or written outside the build folder.
export CLACT_CACHE_DIR="${work%/*}/kernels/clact" POCL_CACHE_DIR="${work%/*}/kernels/pocl"
unset CLACT_DEVICE CLACT_LOG CLACT_KERNELS || true
export CLACT_SELF_CHECK=off # has a test of its own, and would be a second process in all others
rm -rf "$work"
mkdir -p "$work" "$CLACT_CACHE_DIR" "$POCL_CACHE_DIR" && cd "$work" || exit 1

skip() {
    echo "skipped: $*"
    exit 77
}

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
    echo "  command: $last"
    [ -s err ] && sed 's/^/  stderr: /' err | head -n 5
    [ -s out ] && cut -c1-300 out | sed 's/^/  stdout: /' | head -n 5
    return 0
}

finish() {
    [ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
    exit 0
}

# run COMMAND...: into the files out and err, the exit code into $code. Nothing may take a minute.
last=
run() {
    last="$*"
    if command -v timeout >/dev/null; then
        timeout -k 5 ${limit:-120} "$@" >out 2>err </dev/null
    else
        "$@" >out 2>err </dev/null
    fi
    code=$?
}

# ok COMMAND...: exit code 0 and nothing on stderr.
ok() {
    run "$@"
    [ "$code" = 0 ] || fail "exit code $code, not 0"
    [ ! -s err ] || fail "said something on stderr"
}

# The clact: lines of stderr: one, printable, at most hints after it.
one_line() {
    lines=$(grep -c '^clact: ' err)
    [ "$lines" = 1 ] || fail "$lines lines 'clact: ...' on stderr, not one"
    if grep -v -e '^clact: ' -e '^usage: ' -e "^Try '" err | grep -q .; then
        fail "other lines on stderr"
    fi
    if LC_ALL=C tr -d '\n' <err | LC_ALL=C grep -q '[[:cntrl:]]'; then
        fail "control characters on stderr"
    fi
}

# bad CODE WORDS COMMAND...: that exit code, and one line that has the words.
bad() {
    want=$1 words=$2
    shift 2
    run "$@"
    [ "$code" = "$want" ] || fail "exit code $code, not $want"
    one_line
    grep -q -F -e "$words" err || fail "no '$words' in its message"
}

has() { # has FILE WORDS
    grep -q -F -e "$2" "$1" || fail "no '$2' in $1"
}

hasnt() {
    ! grep -q -F -e "$2" "$1" || fail "'$2' in $1"
}

same() { # same FILE FILE WHAT
    cmp -s "$1" "$2" || fail "$3: $1 and $2 differ"
}

# Every line of a file is a JSON object with "schema":1.
json_ok() {
    if command -v python3 >/dev/null 2>&1; then
        python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    assert json.loads(line)["schema"] == 1' "$1" 2>/dev/null || fail "$1 is not JSON of schema 1"
    else
        ! grep -v -q '^{"schema":1,.*}$' "$1" || fail "$1 does not look like JSON"
    fi
}

# The value of "key": in a line of JSON, numbers and plain strings.
json_get() { # json_get FILE KEY
    sed -n "s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$1" | head -n 1
}

need_device() {
    "$clact" devices >/dev/null 2>err || skip "$(head -n 1 err)"
}

need_ffmpeg() {
    command -v ffmpeg >/dev/null || skip "no ffmpeg to make clips with"
}

make_clip() { # make_clip FILE FFMPEG-ARGUMENTS...
    file=$1
    shift
    ffmpeg -nostdin -hide_banner -loglevel error -y "$@" -threads 1 "$file" 2>err ||
        skip "ffmpeg cannot make $file: $(head -n 1 err)"
}

# m.graph and m.safetensors: windows of 4 frames of 32x32, five classes.
tiny=width=0.0625,classes=5,frames=4,size=32
make_model() {
    "$clact" model resnet3d-10 --set $tiny -o m.graph --random 1 || exit 1
}
