#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Full-size networks in PyTorch, as a directory that `golden` reads.

    torch_networks.py DIR [NAME...]

Names: r3d_18 (3x16x112x112, 400 classes), resnet34 (the same input, shortcut A). Weights are seeded
random numbers, batch norm statistics included; each tolerance is 20 times the error of PyTorch's own
float32 against float64, at least 1e-5 of the value's largest magnitude. About 400 MB for both.
"""
import copy
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    """Two 3x3x3 convolutions and a shortcut, named as torchvision or as 3D-ResNets name them."""

    def __init__(self, cin, cout, stride, torchvision):
        super().__init__()
        def conv(a, b, s):
            return nn.Conv3d(a, b, 3, s, 1, bias=False)
        self.nested, self.stride, self.cout = torchvision, stride, cout
        if torchvision:
            self.conv1 = nn.Sequential(conv(cin, cout, stride), nn.BatchNorm3d(cout))
            self.conv2 = nn.Sequential(conv(cout, cout, 1), nn.BatchNorm3d(cout))
        else:
            self.conv1, self.bn1 = conv(cin, cout, stride), nn.BatchNorm3d(cout)
            self.conv2, self.bn2 = conv(cout, cout, 1), nn.BatchNorm3d(cout)
        self.downsample = None
        if torchvision and (stride != 1 or cin != cout):
            self.downsample = nn.Sequential(nn.Conv3d(cin, cout, 1, stride, bias=False),
                                            nn.BatchNorm3d(cout))

    def shortcut(self, x):
        if self.downsample is not None:
            return self.downsample(x)
        x = x[:, :, ::self.stride, ::self.stride, ::self.stride]
        return F.pad(x, (0, 0) * 3 + (0, self.cout - x.shape[1]))

    def forward(self, x):
        if self.nested:
            y = self.conv2(torch.relu(self.conv1(x)))
        else:
            y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.shortcut(x))


class Net(nn.Module):
    def __init__(self, blocks, torchvision, classes=400):
        super().__init__()
        self.torchvision = torchvision
        if torchvision:
            self.stem = nn.Sequential(nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False),
                                      nn.BatchNorm3d(64), nn.ReLU())
        else:
            self.conv1 = nn.Conv3d(3, 64, 7, (1, 2, 2), 3, bias=False)
            self.bn1 = nn.BatchNorm3d(64)
            self.maxpool = nn.MaxPool3d(3, 2, 1)
        cin = 64
        for i, count in enumerate(blocks):
            cout = 64 << i
            stage = []
            for k in range(count):
                stage.append(Block(cin, cout, 2 if i and not k else 1, torchvision))
                cin = cout
            setattr(self, "layer%d" % (i + 1), nn.Sequential(*stage))
        self.fc = nn.Linear(cin, classes)

    def forward(self, x):
        x = self.stem(x) if self.torchvision else self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3, 4)))


CASES = {
    "r3d_18": dict(arch="torchvision.r3d_18", norm="torchvision", net=lambda: Net((2, 2, 2, 2), True),
                   taps=["stem", "layer1", "layer2", "layer3", "layer4"],
                   scale=1 / 255, mean=(0.43216, 0.394666, 0.37645), std=(0.22803, 0.22145, 0.216989)),
    "resnet34": dict(arch="hara.resnet", norm="hara_new", net=lambda: Net((3, 4, 6, 3), False),
                     taps=["maxpool", "layer1", "layer2", "layer3", "layer4"],
                     scale=1 / 255, mean=(0.4345, 0.4051, 0.3775), std=(0.2768, 0.2713, 0.2737)),
}


def randomize(net, seed):
    """He-normal convolutions, non-trivial batch norms, residual branches damped so that depth neither
    blows activations up nor kills them."""
    rng = np.random.default_rng(seed)
    for name, m in net.named_modules():
        def put(t, a):
            t.data.copy_(torch.from_numpy(np.asarray(a, np.float32)).reshape(t.shape))
        if isinstance(m, nn.Conv3d):
            fan = m.weight[0].numel()
            put(m.weight, rng.standard_normal(tuple(m.weight.shape), np.float32) * (2 / fan) ** 0.5)
        elif isinstance(m, nn.Linear):
            put(m.weight, rng.standard_normal(tuple(m.weight.shape), np.float32) / 16)
            put(m.bias, rng.standard_normal(m.out_features) * 0.1)
        elif isinstance(m, nn.BatchNorm3d):
            damp = 0.4 if name.endswith(("bn2", "conv2.1")) else 1.0
            put(m.weight, rng.uniform(0.6, 1.4, m.num_features) * damp)
            put(m.bias, rng.standard_normal(m.num_features) * 0.2)
            put(m.running_mean, rng.standard_normal(m.num_features) * 0.3)
            put(m.running_var, rng.uniform(0.4, 2.0, m.num_features))
    return net.eval()


def moving_pattern(seed, t=16, h=112, w=112):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    frames = np.zeros((t, h, w, 3))
    for c in range(3):
        fy, fx, v = rng.uniform(0.05, 0.4, 3)
        for i in range(t):
            frames[i, ..., c] = 128 + 70 * np.sin(fy * y + fx * x + 4 * v * i)
    return np.clip(np.rint(frames + rng.normal(0, 8, frames.shape)), 0, 255).astype(np.uint8)


def save(path, tensors):
    types = {"float32": "F32", "uint8": "U8", "int64": "I64"}
    header, at = {}, 0
    arrays = {k: np.ascontiguousarray(v) for k, v in tensors.items()}
    for k, a in arrays.items():
        header[k] = {"dtype": types[a.dtype.name], "shape": list(tensors[k].shape),
                     "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in arrays.values():
            f.write(a.tobytes())


def run(net, x, taps):
    seen, handles = {}, []
    for name in taps:
        m = dict(net.named_modules())[name]
        handles.append(m.register_forward_hook(lambda m, i, o, n=name: seen.__setitem__("act." + n, o)))
    with torch.no_grad():
        seen["logits"] = net(x)
    seen["probs"] = torch.softmax(seen["logits"], 1)
    for h in handles:
        h.remove()
    return seen


def write_case(folder, name, case, seed):
    net = randomize(case["net"](), seed)
    frames = moving_pattern(seed)
    f32 = np.float32
    x = (frames.astype(f32) * f32(case["scale"]) - np.array(case["mean"], f32)) / np.array(case["std"], f32)
    x = torch.from_numpy(np.ascontiguousarray(x.transpose(3, 0, 1, 2)[None]))
    got = run(net, x, case["taps"])
    exact = run(copy.deepcopy(net).double(), x.double(), case["taps"])
    tolerance = {k: max(20 * float((got[k].double() - exact[k]).abs().max()),
                        1e-5 * float(exact[k].abs().max())) for k in got}
    axes = {k: "NC" if k in ("logits", "probs") else "NCTHW" for k in got}
    save(os.path.join(folder, name + ".weights.safetensors"),
         {k: v.numpy() for k, v in net.state_dict().items()})
    save(os.path.join(folder, name + ".io.safetensors"),
         dict(frames=frames, input=x.numpy(), **{k: v.numpy() for k, v in got.items()}))
    return dict(name=name, arch=case["arch"], kwargs={}, preproc=case["norm"], residual=None,
                feed={"input": "input"}, axes=axes, tolerance=tolerance)


def main():
    folder, names = sys.argv[1], sys.argv[2:] or list(CASES)
    os.makedirs(folder, exist_ok=True)
    manifest = [write_case(folder, n, CASES[n], 100 + i) for i, n in enumerate(names)]
    with open(os.path.join(folder, "manifest.json"), "w") as f:
        json.dump(manifest, f, indent=1)


if __name__ == "__main__":
    main()
