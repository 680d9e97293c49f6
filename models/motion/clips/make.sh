#!/bin/sh
# SPDX-License-Identifier: MIT
# make.sh FOLDER: makes the clips here from those of github.com/intel-iot-devkit/sample-videos.
set -eu
from=$1
cd "$(dirname "$0")"

make() { # make NAME FFMPEG-ARGUMENTS...
    name=$1
    shift
    ffmpeg -nostdin -loglevel error -y "$@" -an -map_metadata -1 -fflags +bitexact -flags +bitexact \
        -c:v libx264 -crf 27 -preset veryslow -pix_fmt yuv420p -threads 1 "$name.mp4"
}

wide=fps=30,scale=1280:720,setsar=1
make still -t 2.1 -i "$from/asl_walk.mkv" -vf fps=30,scale=320:240,setsar=1
make pan_left -ss 3 -t 2.1 -i "$from/bottle-detection.mp4" \
    -vf "$wide,crop=640:360:'560-480*t/2.1':200,scale=320:180"
make zoom_in -t 2.1 -i "$from/asl_help.mkv" \
    -vf "fps=30,scale=2560:1920,zoompan=d=1:s=320x240:fps=30:x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'\
:z='1+0.6*on/63',setsar=1"
# The camera rolls clockwise: the picture turns the other way.
make roll_clockwise -t 2.1 -i "$from/asl_walk.mkv" \
    -vf "fps=30,scale=960:720,rotate=a='0.3-0.35*t',crop=480:360,scale=320:240,setsar=1"
make cut -t 1.1 -i "$from/asl_yes.mkv" -ss 3 -t 1 -i "$from/bottle-detection.mp4" \
    -filter_complex "[0:v]fps=30,scale=320:180,setsar=1[a];[1:v]fps=30,scale=320:180,setsar=1[b];\
[a][b]concat"
