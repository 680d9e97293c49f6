#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/motion.safetensors: two generated clips, and what PyTorch says of them."""
import os

import torch

import clips
import network

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    net = network.load_network(os.path.join(HERE, "motion.safetensors"), len(clips.CLASSES),
                               "signed")
    pool = clips.pool_of(clips.pictures(4, 77))
    frames, _, _ = clips.generate(11, 78, pool)
    frames = frames[[clips.LEFT, clips.CUT]]
    with torch.no_grad():
        logits = net(frames)
    network.save(os.path.join(HERE, "../../tests/data/motion.safetensors"),
                 {"frames": frames, "logits": logits,
                  "probs": logits.softmax(1).mean(0, keepdim=True)})
    print(logits)


if __name__ == "__main__":
    main()
