#!/bin/sh
# SPDX-License-Identifier: MIT
# Every error: one line that names the file and the reason, and the exit code of base/error.h.
. "${0%/*}/lib.sh"
make_model
clip=$clips/bframes.mp4
limit=60

# ---- usage: 1, with a hint ----
run "$clact"
[ "$code" = 1 ] || fail "no command: exit code $code"
bad 1 "no command 'frobnicate'" "$clact" frobnicate
has err "Try 'clact --help'."
bad 1 "no command '?[31m'" "$clact" "$(printf '\033[31m')"
bad 1 "run: a model or a clip is needed" "$clact" run
has err "Try 'clact run --help'."
bad 1 "run: a clip is needed" "$clact" run m.graph
bad 1 "run: --colour: unknown option" "$clact" run m.graph --colour x.mp4
bad 1 "run: -z: unknown option" "$clact" run m.graph -z x.mp4
bad 1 "run: --from: unknown option, or one without its value" "$clact" run m.graph x.mp4 --from
bad 1 "run: -k 0: a whole number from 1" "$clact" run m.graph x.mp4 -k 0
bad 1 "run: -k two: a whole number" "$clact" run m.graph x.mp4 -k two
bad 1 "run: --batch 1025: a whole number from 1 to 1024" "$clact" run m.graph x.mp4 -b 1025
bad 1 "run: --batch 1.5" "$clact" run m.graph x.mp4 -b 1.5
bad 1 "run: --threads 0" "$clact" run m.graph x.mp4 --threads 0
bad 1 "run: --from -1: seconds are needed" "$clact" run m.graph x.mp4 --from -1
bad 1 "run: --to 1h: seconds are needed" "$clact" run m.graph x.mp4 --to 1h
bad 1 "run: --to must be later than --from" "$clact" run m.graph x.mp4 --from 2 --to 1
bad 1 "run: --max-memory 2T: bytes are needed" "$clact" run m.graph x.mp4 --max-memory 2T
bad 1 "run: --max-memory 0" "$clact" run m.graph x.mp4 --max-memory 0
bad 1 "run: --max-memory 9999999999G" "$clact" run m.graph x.mp4 --max-memory 9999999999G
bad 1 "plan: one graph is needed" "$clact" plan
bad 1 "plan: --frames: unknown option" "$clact" plan m.graph --frames
bad 1 "graph: one graph is needed" "$clact" graph m.graph m.graph
bad 1 "graph: --bogus: unknown option" "$clact" graph --bogus m.graph
bad 1 "no pass 'none'; there are: drop-dead" "$clact" graph m.graph --after none
bad 1 "no node %none" "$clact" graph m.graph -O --keep none
bad 1 "model: no model 'vgg'" "$clact" model vgg
bad 1 "model: --random wants -o FILE.graph" "$clact" model resnet3d-18 --random 1
bad 1 "colour" "$clact" model resnet3d-18 --set colour=red
bad 1 "classes" "$clact" model resnet3d-18 --set classes=0
bad 1 "model: --labels ../l.txt: a plain name" "$clact" model resnet3d-18 --labels ../l.txt
bad 1 "import: one checkpoint is needed" "$clact" import
bad 1 "import: -o FILE.graph is needed" "$clact" import m.safetensors
bad 1 "devices: no argument is needed" "$clact" devices 0
for command in "" run bench model import graph plan devices; do
    ok "$clact" $command --help
    has out "usage: clact"
done
for model in $("$clact" model | sed 's/ .*//'); do
    ok "$clact" model "$model" --help
    has out "multiply-adds  "
    has out "options (--set"
done
ok "$clact" --version

# ---- the graph: 3, with line and column ----
graph_error() { # WORDS SED-SCRIPT: m.graph changed
    sed "$2" m.graph >bad.graph
    cmp -s bad.graph m.graph && fail "$2 changes nothing"
    bad 3 "$1" "$clact" run bad.graph "$clip"
    bad 3 "$1" "$clact" plan bad.graph
}
conv=$(grep -n '^%conv1 ' m.graph | cut -d: -f1)
graph_error "bad.graph:$conv:10: unknown operator 'convolve'" \
    's/^%conv1 = conv3d/%conv1 = convolve/'
graph_error "bad.graph:$conv:51: pad=three: 'three' is not a whole number" 's/ pad=3 / pad=three /'
graph_error "bad.graph:$((conv + 1)):" 's/^%bn1.weight = weight.*/%bn1.weight : weight/'
graph_error "input has 3 channels, weight wants 4" \
    's/^%conv1.weight = weight f32.4,3/%conv1.weight = weight f32[4,4/'
graph_error "its result is f32[N,4,4,16,16], the file says f32[N,4,4,16,17]" \
    '/^%conv1 /s/16,16\]/16,17]/'
graph_error "bad.graph:1:7: format version 2" 's/^clact 1/clact 2/'
graph_error "no 'output %name' line" '/^output/d'
graph_error "'../m.safetensors' is not a plain file name" 's/^weights /&..\//'
graph_error "colour: no such key of a clip" 's/^clip main/& colour=red/'
bad 3 "none.graph: No such file" "$clact" run none.graph "$clip"
bad 3 ".: is a directory" "$clact" plan .
bad 3 "not a clact graph" "$clact" run "$clips/SOURCES.md" "$clip"
bad 3 "bframes.mp4: not a text file" "$clact" plan "$clip"
: >empty.graph
bad 3 "empty.graph: not a clact graph: it is empty" "$clact" run empty.graph "$clip"
mkfifo fifo.graph
bad 3 "fifo.graph: not a regular file" "$clact" run fifo.graph "$clip"
bad 3 "fifo.graph: not a regular file" "$clact" plan fifo.graph

# ---- weights and labels: 3 ----
use() { # FAULT: bad.graph with those weights
    sed 's/^weights .*/weights bad.safetensors/' m.graph >bad.graph
    rm -f bad.safetensors
    case $1 in
    none) ;;
    fifo) mkfifo bad.safetensors ;;
    cut) head -c "$(($(wc -c <m.safetensors) - 100))" m.safetensors >bad.safetensors ;;
    long) { cat m.safetensors; echo more; } >bad.safetensors ;;
    text) echo "these are no weights at all" >bad.safetensors ;;
    zero) : >bad.safetensors ;;
    directory) mkdir bad.safetensors ;;
    *) "$tools/cli_weights" m.graph bad.safetensors "$1" || fail "cannot make weights: $1" ;;
    esac
}
for fault in none cut long text zero fifo; do
    use $fault
    bad 3 "bad.safetensors: " "$clact" run bad.graph "$clip"
done
use missing
bad 3 "bad.safetensors: no tensor '" "$clact" run bad.graph "$clip"
use extra
bad 3 "1 tensor that bad.graph does not use, the first is 'surplus.weight'" \
    "$clact" run bad.graph "$clip"
use shape
bad 3 "wants f32[" "$clact" run bad.graph "$clip"
use directory
bad 3 "bad.safetensors: is a directory" "$clact" run bad.graph "$clip"
rmdir bad.safetensors
printf 'a\nb\nc\n' >three.txt
sed 's/^weights .*/&\nlabels three.txt/' m.graph >bad.graph
bad 3 "three.txt: 3 labels, the model has 5 classes" "$clact" run bad.graph "$clip"
sed 's/^weights .*/&\nlabels none.txt/' m.graph >bad.graph
bad 3 "none.txt: No such file" "$clact" run bad.graph "$clip"
mkfifo fifo.txt
sed 's/^weights .*/&\nlabels fifo.txt/' m.graph >bad.graph
bad 3 "fifo.txt: " "$clact" run bad.graph "$clip"
bad 3 "none.safetensors" "$clact" import none.safetensors -o x.graph
bad 3 "bframes.mp4" "$clact" import "$clip" -o x.graph
mkfifo fifo.safetensors
bad 3 "fifo.safetensors: not a regular file" "$clact" import fifo.safetensors -o x.graph

# ---- output: 6 ----
bad 6 "none/x.graph: cannot be written" "$clact" model resnet3d-18 -o none/x.graph
bad 6 "standard output: cannot be written" sh -c "'$clact' graph m.graph >/dev/full"
bad 6 "standard output: cannot be written" sh -c "'$clact' model >/dev/full"
bad 6 "standard output: cannot be written" sh -c "'$clact' --help >/dev/full"
bad 6 "/dev/full: cannot be written" "$clact" plan m.graph -o /dev/full

bad 6 "standard output: cannot be written" sh -c "'$clact' graph m.graph >&-"
run sh -c "'$clact' model resnet3d-10 --set $tiny -o closed.graph --random 1 2>&- >&- <&-"
cmp -s closed.safetensors m.safetensors || fail "closed standard files: other weights"
run sh -c "'$clact' graph bad.graph none.graph 2>&-"
[ "$code" = 1 ] || fail "closed stderr: exit code $code"
[ ! -s out ] || fail "closed stderr: its text went elsewhere"

# ---- limits: 7 ----
bad 7 "MB are allowed; try a smaller batch" "$clact" plan m.graph --max-memory 1000
sed 's/u8\[N,3,4,32,32\]/u8[N,3,4,32768,32768]/; s/ : f32.*//' m.graph >large.graph
bad 7 "a window of more than 2^31 numbers" "$clact" plan large.graph
bad 7 "MB are allowed" "$clact" plan m.graph -b 1024 --max-memory 10M

need_device

# ---- clips: 2 ----
clip_error() { # WORDS CLIP
    bad 2 "$1" "$clact" run m.graph "$2"
    [ ! -s out ] || fail "a result for a clip that failed"
    bad 2 "$1" "$clact" run m.graph "$2" --json
    json_ok out
    has out '"status":"error"'
}
clip_error "none.mp4: No such file" none.mp4
mkdir nothing
clip_error "nothing: " nothing
: >empty.mp4
clip_error "empty.mp4: " empty.mp4
echo "this is not a video" >text.mp4
clip_error "text.mp4: " text.mp4
head -c 65536 /dev/zero >zeros.mp4
clip_error "zeros.mp4: " zeros.mp4
mkfifo fifo.mp4
clip_error "fifo.mp4: " fifo.mp4
head -c 3000 "$clip" >cut.mp4
clip_error "cut.mp4: " cut.mp4
clip_error "none_%03d.png: " none_%03d.png
printf '#EXTM3U\n#EXTINF:1,\nbframes.mp4\n' >list.mp4
clip_error "list.mp4: " list.mp4
bad 2 "no frame in the wanted range" "$clact" run m.graph "$clip" --from 100
newline=$(printf 'a\nb\033[1m.mp4')
bad 2 "a?b?[1m.mp4: No such file" "$clact" run m.graph "$newline"
if command -v ffmpeg >/dev/null; then
    make_clip audio.mp4 -f lavfi -i sine=d=0.2 -c:a aac
    clip_error "audio.mp4: " audio.mp4
    # frames a year apart: at a fixed rate there would be no end of them
    make_clip far.mkv -f lavfi -i testsrc=s=32x32:r=1:d=3 -vf "setpts=N*31536000/TB" \
        -fps_mode passthrough -c:v ffv1
    sed 's/^clip main /clip main fps=25 /' m.graph >rated.graph
    bad 2 "far.mkv: 31536000 s between two frames" "$clact" run rated.graph far.mkv
fi

# a truncated clip: what there is, and a word about it
head -c 30000 "$clips/bframes.avi" >half.avi
bad 2 "half.avi: damaged: " "$clact" run m.graph half.avi
[ "$(grep -c 'class [0-4]$' out)" = 5 ] || fail "no result for the frames that there are"
bad 2 "half.avi: damaged: " "$clact" run m.graph half.avi --json
json_ok out
has out '"status":"partial"'
has out '"damage":"'
for windows in even:3 tsn:3 center; do # none of these needs the last frame
    sed "s/^clip main /clip main windows=$windows /" m.graph >sparse.graph
    bad 2 "half.avi: damaged: the file ends early" "$clact" run sparse.graph half.avi
done

# ---- scores that are not finite: 3 ----
for fault in nan inf; do
    use $fault
    bad 3 "is not finite" "$clact" run bad.graph "$clip"
done
use huge
bad 3 "is not finite: no result" "$clact" run bad.graph "$clip"
! grep -q "class" out || fail "classes printed from scores that are not finite"
bad 3 "is not finite: no result" "$clact" run bad.graph "$clip" --json
json_ok out
"$tools/cli_tensors" make in.safetensors input F32 1 3 4 32 32 || fail "no tensor made"
bad 3 "is not finite" "$clact" run bad.graph --tensors in.safetensors --save out.safetensors

# ---- the recipe and the input disagree ----
sed 's/^clip main frames=4/clip main frames=5/' m.graph >bad.graph
bad 3 "clip main makes u8[N,3,5,32,32]" "$clact" run bad.graph "$clip"
sed 's/short:32,crop:32/short:48,crop:48/' m.graph >bad.graph
bad 3 "clip main makes u8[N,3,4,48,48]" "$clact" run bad.graph "$clip"
sed '/^clip/s/ space=[^ ]*//' m.graph >bad.graph
bad 3 "has no 'space'" "$clact" run bad.graph "$clip"
sed '/^weights/d' m.graph >bad.graph
bad 3 "the graph names no weights file" "$clact" run bad.graph "$clip"
sed '/^%probs = /d; s/^output.*/output %probs.window/' m.graph >bad.graph
bad 3 "is not one row of scores" "$clact" run bad.graph "$clip"
bad 1 "no node %none" "$clact" run m.graph "$clip" --features none
bad 1 "%probs is no value of a window" "$clact" run m.graph "$clip" --features probs

# ---- device, output, limits ----
bad 4 'no device matches "none"' "$clact" run m.graph "$clip" -d none
bad 6 "none/x: cannot be written" "$clact" run m.graph "$clip" -o none/x
bad 6 ".: cannot be written" "$clact" run m.graph "$clip" -o .
bad 6 "standard output: cannot be written" sh -c "'$clact' run m.graph '$clip' >/dev/full"
bad 7 "MB are allowed; try a smaller batch" "$clact" run m.graph "$clip" --max-memory 10K
bad 7 "160x120 pixels, at most 100 are allowed" "$clact" run m.graph "$clip" --max-pixels 100
finish
