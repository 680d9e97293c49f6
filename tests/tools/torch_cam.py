#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torch_cam.py [FOLDER]: writes tests/data/op/cam.safetensors, a convolution, its mean over all
places and a linear layer, with the Grad-CAM of one class as PyTorch's gradients give it (Selvaraju
et al., 2017): the mean gradient of the score by each channel, times the channel, summed, cut off
below 0."""
import sys

import torch

from torch_vectors import save

CLASS = 2

torch.manual_seed(3)
x = torch.randn(2, 3, 6, 9, 7)
conv = torch.randn(8, 3, 3, 3, 3) * 0.2
weight = torch.randn(5, 8)
bias = torch.randn(5)
feature = torch.relu(torch.nn.functional.conv3d(x, conv, padding=1, stride=(2, 1, 1)))
feature.requires_grad_()
logits = torch.nn.functional.linear(feature.mean(dim=(2, 3, 4)), weight, bias)
logits[:, CLASS].sum().backward()
alpha = feature.grad.mean(dim=(2, 3, 4), keepdim=True)
cam = torch.relu((alpha * feature).sum(dim=1)).detach()
save(sys.argv[1] if len(sys.argv) > 1 else "tests/data/op", "cam", {
    "cam": {"input": x, "conv.w": conv, "fc.w": weight, "fc.b": bias, "grad_cam": cam}})
