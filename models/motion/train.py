#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the network of motion.graph on generated clips, from nothing but a seed.

    python3 models/motion/train.py                  # what is shipped: motion.safetensors, log.txt
    python3 models/motion/train.py --input rgb -o rgb.safetensors --log rgb.txt

Wants PyTorch and numpy (Debian: python3-torch). About 4 GB of memory.
"""
import argparse
import multiprocessing
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import clips
import network

HERE = os.path.dirname(os.path.abspath(__file__))
CHUNK = 220   # clips that a process makes at a time
PEOPLE = 0.4  # share of clips with a person in front


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--input", choices=["signed", "abs", "rgb"], default="signed",
                   help="residual frames with or without their sign, or the frames themselves")
    p.add_argument("--clips", type=int, default=8800, help="to train on")
    p.add_argument("--test", type=int, default=2200, help="to test on, of other pictures")
    p.add_argument("--pictures", type=int, default=800)
    p.add_argument("--steps", type=int, default=4800)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=3e-3, help="largest learning rate")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--cache", help="folder that keeps the generated clips between runs")
    p.add_argument("--checkpoint", help="file to continue from, written every 200 steps")
    p.add_argument("-o", "--output", default=os.path.join(HERE, "motion.safetensors"))
    p.add_argument("--log", default=os.path.join(HERE, "log.txt"))
    return p.parse_args()


# ---- data ----

def make_chunk(job):
    torch.set_num_threads(1)
    count, seed, first = job
    return clips.generate(count, seed, make_chunk.pool, first, first + CHUNK)


def make_clips(a, name, count, pictures, seed):
    """Generated clips, from the cache when it has them. Training and test share no picture."""
    path = a.cache and os.path.join(a.cache, f"{name}-{count}-{pictures}-{seed}.pt")
    if path and os.path.exists(path):
        return torch.load(path)
    make_chunk.pool = clips.pool_of(clips.pictures(pictures, [seed, 0]))
    jobs = [(count, [seed, 1], first) for first in range(0, count, CHUNK)]
    out = [torch.empty(count, clips.FRAMES, clips.SIZE, clips.SIZE, 3, dtype=torch.uint8),
           torch.empty(count, dtype=torch.long), torch.empty(count, dtype=torch.long)]
    with multiprocessing.get_context("fork").Pool(a.threads) as workers:
        for (_, _, first), chunk in zip(jobs, workers.imap(make_chunk, jobs)):
            for whole, part in zip(out, chunk):
                whole[first:first + CHUNK] = part
    if path:
        torch.save(out, path)
    return out


def batches(a, data, steps):
    """Endless passes over the clips, each time seen otherwise."""
    _, kinds, cuts = data
    rng = np.random.default_rng([a.seed, 2])
    order = np.empty(0, dtype=int)
    for step in range(a.steps):
        while len(order) < a.batch:
            order = np.concatenate([order, rng.permutation(len(kinds))])
        chosen, order = order[:a.batch], order[a.batch:]
        whole, _, _ = clips.add_people(rng, [part[chosen] for part in data], PEOPLE)
        seen = [clips.augment(rng, x, int(kinds[i]), int(cuts[i])) for i, x in zip(chosen, whole)]
        if step in steps:
            yield step, torch.stack([x for x, _ in seen]), torch.tensor([k for _, k in seen])


# ---- results ----

def confusion(net, frames, kinds):
    """[truth, answer] counts"""
    net.eval()
    with torch.no_grad():
        answers = torch.cat([net(part).argmax(1) for part in frames.split(100)])
    table = torch.zeros(len(clips.CLASSES), len(clips.CLASSES), dtype=torch.long)
    for truth, answer in zip(kinds.tolist(), answers.tolist()):
        table[truth, answer] += 1
    return table


def accuracy(table):
    return 100.0 * table.diagonal().sum().item() / table.sum().item()


def table_text(table):
    """Rows are truths, columns answers in the same order."""
    lines = []
    for name, row in zip(clips.CLASSES, table.tolist()):
        lines.append(f"{name:22}" + "".join(f"{n:5d}" if n else "    ." for n in row) +
                     f"   {100.0 * row[len(lines)] / max(1, sum(row)):5.1f} %")
    return "\n".join(lines)


# ---- training ----

def train(a, data, say):
    torch.manual_seed(a.seed)
    net = network.Network(len(clips.CLASSES), a.input)
    optimizer = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, a.rate, total_steps=a.steps,
                                                   pct_start=0.1)
    parts = {"net": net, "optimizer": optimizer, "schedule": schedule}
    done, mean_loss, right, start = 0, 0.0, 0.0, time.time()
    if a.checkpoint and os.path.exists(a.checkpoint):
        state = torch.load(a.checkpoint)
        done = state["done"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
        say(f"continued after step {done}")
    for step, frames, kinds in batches(a, data, range(done, a.steps)):
        net.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = net(frames).float()
        loss = F.cross_entropy(scores, kinds, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        mean_loss += loss.item() / 200
        right += (scores.argmax(1) == kinds).float().mean().item() / 2
        if (step + 1) % 200 == 0:
            say(f"step {step + 1:5d}  loss {mean_loss:.4f}  right {right:5.1f} %  "
                f"{time.time() - start:6.0f} s")
            mean_loss = right = 0.0
        if a.checkpoint and (step + 1) % 200 == 0:
            state = {name: part.state_dict() for name, part in parts.items()}
            torch.save({**state, "done": step + 1}, a.checkpoint)
    return net


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    continued = a.checkpoint and os.path.exists(a.checkpoint)
    log = open(a.log, "a" if continued else "w")

    def say(text):
        print(text, flush=True)
        print(text, file=log, flush=True)

    say("train.py " + " ".join(f"{k}={v}" for k, v in sorted(vars(a).items())
                               if k not in ("cache", "checkpoint", "output", "log", "threads")))
    say(f"PyTorch {torch.__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}")
    start = time.time()
    data = make_clips(a, "train", a.clips, a.pictures, a.seed)
    test = make_clips(a, "test", a.test, max(1, a.pictures // 4), a.seed + 1000)
    test = clips.add_people(np.random.default_rng([a.seed, 3]), test, PEOPLE)
    say(f"{len(data[0])} clips to train on, {len(test[0])} to test on, made or read in "
        f"{time.time() - start:.0f} s")
    net = train(a, data, say)
    network.save_network(a.output, net)
    net = network.load_network(a.output, len(clips.CLASSES), a.input)
    table = confusion(net, *test[:2])
    say(f"test clips, weights as saved: {accuracy(table):.2f} % of {len(test[0])}")
    say(table_text(table))
    say(f"{sum(p.numel() for p in net.parameters())} parameters, "
        f"{os.path.getsize(a.output)} bytes")


if __name__ == "__main__":
    main()
