#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests the shipped network on real pictures and videos, of which none were used to train it.

    python3 models/motion/real.py camera FILE...            # a virtual camera over their frames
    python3 models/motion/real.py ffmpeg --clact build/clact --work DIR FILE...

camera: still pictures of every file; with --moving, files of a camera that stands still, whose
frames go on while the virtual camera moves over them. ffmpeg: clips made from such files with
crop, scale, zoompan, rotate and concat, run by clact from the file to the label. Wants ffmpeg.
"""
import argparse
import json
import os
import subprocess

import numpy as np
import torch

import clips
import network
from train import accuracy, confusion, table_text

HERE = os.path.dirname(os.path.abspath(__file__))
HEIGHT = 360   # of the frames that the virtual camera sees
SECONDS = 2.1  # of the clips that ffmpeg makes: two windows
SIDE = "320x180"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("how", choices=["camera", "ffmpeg"])
    p.add_argument("files", nargs="+")
    p.add_argument("--weights", default=os.path.join(HERE, "motion.safetensors"))
    p.add_argument("--input", choices=["signed", "abs", "rgb"], default="signed")
    p.add_argument("--count", type=int, default=1100, help="camera: clips")
    p.add_argument("--moving", action="store_true")
    p.add_argument("--seed", type=int, default=5)
    p.add_argument("--clact", default="build/clact")
    p.add_argument("--graph", default=os.path.join(HERE, "motion.graph"))
    p.add_argument("--work", default=".", help="ffmpeg: folder for the clips")
    return p.parse_args()


def ffmpeg(*words):
    return subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *words], check=True,
                          stdout=subprocess.PIPE).stdout


# ---- a virtual camera ----

def decode(path, choice, most):
    """u8 [frames, 3, HEIGHT, W] of the frames that a filter of ffmpeg chooses."""
    size = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                           "stream=width,height", "-of", "csv=p=0", path], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.split("\n")[0].split(",")
    width = round(int(size[0]) * HEIGHT / int(size[1]))
    raw = ffmpeg("-i", path, "-vf", f"{choice},scale={width}:{HEIGHT}", "-vsync", "vfr",
                 "-frames:v", str(most), "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
    frames = np.frombuffer(raw, dtype=np.uint8).reshape(-1, HEIGHT, width, 3)
    return torch.from_numpy(frames.transpose(0, 3, 1, 2).copy())


def moving_pool(files):
    """17 frames on end of one of the videos."""
    videos = [decode(f, f"fps={clips.RATE}", 300) for f in files]

    def pool(rng):
        video = videos[rng.integers(len(videos))]
        start = rng.integers(len(video) - clips.FRAMES + 1)
        return video[start:start + clips.FRAMES]
    return pool


def camera(a):
    if a.moving:
        pool = moving_pool(a.files)
    else:
        pictures = [f for path in a.files for f in decode(path, "select=not(mod(n\\,40))", 4)]
        pool = clips.pool_of(pictures)
    frames, kinds, _ = clips.generate(a.count, a.seed, pool, upright=True, plain=True)
    net = network.load_network(a.weights, len(clips.CLASSES), a.input)
    return confusion(net, frames, kinds)


# ---- ffmpeg's filters ----

def moves(rng):
    """A filter for each class but the cut. The video is scaled to 1280x720 before it."""
    t = f"t/{SECONDS}"
    w, h = 640, 360
    far = rng.uniform(0.25, 0.9)  # of the way that the crop can go
    x0, y0 = (1280 - w) / 2, (720 - h) / 2
    crop = f"crop={w}:{h}:"
    go = lambda room, sign: f"'{room}*(0.5+{sign * far:.3f}*({t}-0.5))'"
    zoom = rng.uniform(0.25, 0.9)
    frames = round(30 * SECONDS)
    zoompan = "scale=2560:1440,zoompan=d=1:s=640x360:fps=30:x='iw/2-iw/zoom/2'" \
              ":y='ih/2-ih/zoom/2':z="
    angle = rng.uniform(0.3, 1.5)
    f, g = rng.uniform(2, 6, 2)
    a = rng.uniform(8, 24)
    rotate = "rotate=a='{:.3f}*" + t + "'," + f"crop={w}:{h}"
    return {
        clips.STILL: f"{crop}{x0:.0f}:{y0:.0f}",
        clips.LEFT: f"{crop}{go(1280 - w, -1)}:{y0:.0f}",
        clips.RIGHT: f"{crop}{go(1280 - w, 1)}:{y0:.0f}",
        clips.UP: f"{crop}{x0:.0f}:{go(720 - h, -1)}",
        clips.DOWN: f"{crop}{x0:.0f}:{go(720 - h, 1)}",
        clips.IN: f"{zoompan}'1.2+{zoom:.3f}*on/{frames}'",
        clips.OUT: f"{zoompan}'{1.2 + zoom:.3f}-{zoom:.3f}*on/{frames}'",
        # A camera that rolls clockwise sees the world turn the other way.
        clips.CLOCKWISE: rotate.format(-angle),
        clips.COUNTER: rotate.format(angle),
        clips.SHAKE: f"{crop}'{x0:.0f}+{a:.1f}*(sin({f:.2f}*2*PI*t)+sin({1.7 * g:.2f}*2*PI*t))':"
                     f"'{y0:.0f}+{a:.1f}*(cos({g:.2f}*2*PI*t)+sin({1.6 * f:.2f}*2*PI*t+1))'",
    }


def make_clips(a):
    """One clip of each class from each file, unless they are there: [(path, class)]."""
    rng, made = np.random.default_rng(a.seed), []
    end = ["-an", "-s", SIDE, "-c:v", "libx264", "-crf", "28", "-preset", "veryfast",
           "-pix_fmt", "yuv420p", "-threads", "1"]

    def make(name, kind, *words):
        made.append((os.path.join(a.work, f"{name}-{clips.CLASSES[kind]}.mp4"), kind))
        if not os.path.exists(made[-1][0]):
            ffmpeg(*words, *end, made[-1][0])

    for i, path in enumerate(a.files):
        name = os.path.splitext(os.path.basename(path))[0]
        before = "fps=30,scale=1280:720,setsar=1"
        for kind, move in moves(rng).items():
            make(name, kind, "-t", str(SECONDS), "-i", path, "-vf", f"{before},{move}")
        at = rng.uniform(0.6, 1.4)
        make(name, clips.CUT, "-t", f"{at:.2f}", "-i", path, "-t", f"{SECONDS - at:.2f}", "-i",
             a.files[(i + 1) % len(a.files)], "-filter_complex",
             f"[0:v]{before}[a];[1:v]{before}[b];[a][b]concat")
    return made


def run_clact(a):
    made = make_clips(a)
    out = subprocess.run([a.clact, "run", a.graph, "--json", "-q", *[path for path, _ in made]],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    table = torch.zeros(len(clips.CLASSES), len(clips.CLASSES), dtype=torch.long)
    for (path, kind), line in zip(made, out.splitlines()):
        answer = clips.CLASSES.index(json.loads(line)["top"][0]["label"])
        table[kind, answer] += 1
        if answer != kind:
            print(f"{path}: {clips.CLASSES[answer]}")
    return table


def main():
    a = arguments()
    table = camera(a) if a.how == "camera" else run_clact(a)
    print(f"{accuracy(table):.2f} % of {table.sum().item()}")
    print(table_text(table))


if __name__ == "__main__":
    main()
