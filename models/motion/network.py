# SPDX-License-Identifier: MIT
"""The network of motion.graph in PyTorch, and its weights as safetensors."""
import json
import struct

import torch
from torch import nn

WIDTHS = (16, 32, 64, 64)  # channels of the four stages
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv3d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(outputs)
        self.conv2 = nn.Conv3d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm3d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv3d(inputs, outputs, 1, stride, bias=False),
                                            nn.BatchNorm3d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)) + shortcut)


class Network(nn.Module):
    """A 3D ResNet of one block a stage. Reads u8 [N, T, H, W, 3], gives scores [N, classes].

    mode: "signed" x(t+1) - x(t), "abs" the same without its sign, "rgb" the frames but the last,
    so that every network sees 16.
    """

    def __init__(self, classes, mode, widths=WIDTHS):
        super().__init__()
        self.mode = mode
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1, 1), persistent=False)
        self.conv1 = nn.Conv3d(3, widths[0], 7, (1, 2, 2), 3, bias=False)
        self.bn1 = nn.BatchNorm3d(widths[0])
        self.maxpool = nn.MaxPool3d(3, 2, 1)
        inputs = widths[0]
        for i, outputs in enumerate(widths):
            block = Block(inputs, outputs, 1 if i == 0 else 2)
            setattr(self, f"layer{i + 1}", nn.Sequential(block))
            inputs = outputs
        self.fc = nn.Linear(inputs, classes)

    def prepare(self, frames):
        x = frames.permute(0, 4, 1, 2, 3).contiguous()
        x = (x.float() / 255 - self.mean) / self.std
        if self.mode == "rgb":
            return x[:, :, :-1]
        x = x[:, :, 1:] - x[:, :, :-1]
        return x.abs() if self.mode == "abs" else x

    def forward(self, frames):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(self.prepare(frames)))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3, 4)))


# ---- safetensors: length of the header, header in JSON, data ----

TYPES = {torch.float16: "F16", torch.float32: "F32", torch.uint8: "U8", torch.int64: "I64"}


def save(path, tensors):
    header, at = {}, 0
    for name, t in tensors.items():
        end = at + t.numel() * t.element_size()
        header[name] = {"dtype": TYPES[t.dtype], "shape": list(t.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(t.contiguous().numpy().tobytes())


def load(path):
    with open(path, "rb") as f:
        data = f.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    types = {name: t for t, name in TYPES.items()}
    tensors = {}
    for name, info in json.loads(data[8:start]).items():
        a, b = info["data_offsets"]
        flat = torch.frombuffer(bytearray(data[start + a:start + b]), dtype=types[info["dtype"]])
        tensors[name] = flat.view(info["shape"])
    return tensors


def save_network(path, net):
    """Convolutions and the last layer as halfs; the few numbers of the batch norms as floats."""
    tensors = {}
    for name, t in net.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensors[name] = t.half() if t.dim() > 1 else t
    save(path, tensors)


def load_network(path, classes, mode):
    net = Network(classes, mode)
    net.load_state_dict({k: v.float() for k, v in load(path).items()}, strict=False)
    return net.eval()
