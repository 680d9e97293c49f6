#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make.py [WIDTHxHEIGHT [FOLDER]]: writes flow.graph, flow.safetensors and flow.txt.

The displacement of every pixel between two frames, without anything learnt: the gradients of the
grey picture (derivatives of a Gaussian of one pixel), in a neighbourhood of 5 x 5 places that are
two pixels apart, are the features of a cosine cost volume; displacements are means under its
softmax (Zhao, Xiong and Lin, 2018, section 3.2, radius 7 and temperature 0.01 as there). The
weights do not depend on the size; 320x240 is what the repository has.
"""
import json
import math
import os
import struct
import sys

RADIUS = 7       # of the matching, pixels
SIDE = 3         # of the derivatives: 7 x 7 taps
REACH = 2        # of the neighbourhood: 5 x 5 places
GREY = (0.299, 0.587, 0.114)


def derivatives():
    """[2][3][7][7]: along rows and down columns, of the grey value of R, G, B."""
    span = range(-SIDE, SIDE + 1)
    bell = [math.exp(-x * x / 2) for x in span]
    slope = [-x * b for x, b in zip(span, bell)]
    total = sum(bell) * sum(map(abs, slope))
    out = []
    for down, across in ((bell, slope), (slope, bell)):
        for part in GREY:
            out += [part * a * b / total for a in down for b in across]
    return out


def neighbours():
    """[50][2][5][5]: each takes one of the two channels at one place."""
    places = (2 * REACH + 1) ** 2
    out = []
    for place in range(places):
        for channel in range(2):
            row = [0.0] * (2 * places)
            row[channel * places + place] = 1.0
            out += row
    return out


def graph(width, height):
    return f"""# Optical flow by a cost volume of gradients; made by models/flow/make.py
clact 1
model flow
weights flow.safetensors
labels flow.txt
clip main frames=2 windows=all space=size:{width}x{height} filter=pil
%frames = input u8[N,3,2,{height},{width}] clip=main
%input = normalize %frames scale=0.003921569 mean=0.5
%gradient.weight = weight f32[2,3,1,{2 * SIDE + 1},{2 * SIDE + 1}]
%gradient = conv3d %input %gradient.weight pad=0,{SIDE},{SIDE}
%feature.weight = weight f32[50,2,1,5,5]
%feature = conv3d %gradient %feature.weight pad=0,{2 * REACH},{2 * REACH} dilation=1,2,2
%cost = cost_volume %feature radius={RADIUS} eps=1e-05
%disp = displacement %cost radius={RADIUS} tau=0.01
%mean = global_average %disp                # [N,2]: the mean motion, down and right
%video = mean_windows %mean
output %video
"""


def safetensors(tensors):
    header, data = {}, b""
    for name, shape, values in tensors:
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def main():
    if len(sys.argv) > 3 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    width, height = map(int, (sys.argv[1] if len(sys.argv) > 1 else "320x240").split("x"))
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__))
    files = {
        "flow.graph": graph(width, height).encode(),
        "flow.safetensors": safetensors([
            ("gradient.weight", [2, 3, 1, 2 * SIDE + 1, 2 * SIDE + 1], derivatives()),
            ("feature.weight", [50, 2, 1, 5, 5], neighbours()),
        ]),
        "flow.txt": b"pixels down\npixels right\n",
    }
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


if __name__ == "__main__":
    main()
