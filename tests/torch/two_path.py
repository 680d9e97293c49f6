# SPDX-License-Identifier: MIT
"""Tao et al.'s two paths: motion from residual frames, appearance from single frames."""
import torch
import torch.nn as nn

from resnet import ResNet


class TwoPath(nn.Module):
    """Clips of one frame more than the motion path has, and frames; the scores of each path are
    averaged, then both. Returns them with what each window gave."""
    heads = ("motion.fc", "appearance.fc")

    def __init__(self, classes=101):
        super().__init__()
        self.motion = ResNet(3, 18, classes, act="elu", down="pool")
        self.appearance = ResNet(2, 50, classes)

    def forward(self, clips, frames):
        motion = self.motion((clips[:, :, 1:] - clips[:, :, :-1]).abs_())
        appearance = self.appearance(frames)
        probs = (torch.softmax(motion, 1).mean(0, keepdim=True) +
                 torch.softmax(appearance, 1).mean(0, keepdim=True)) / 2
        return motion, appearance, probs
