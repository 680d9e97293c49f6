# SPDX-License-Identifier: MIT
"""Chen et al.'s pseudo-3D ResNet-50 on frames and residual frames, as its Table 1 prints it."""
import torch
import torch.nn as nn


class Attention(nn.Module):
    """Each channel times 1 + a share that depends on the means of all, in place."""

    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, f):
        share = torch.sigmoid(self.fc(f.flatten(2).mean(2)))
        return f.mul_((share + 1)[:, :, None, None, None])


class Unit(nn.Module):
    """Space, time, and how the latter changes from frame to frame, side by side."""

    def __init__(self, cin, channels, kernel, stride):
        super().__init__()
        k, s = kernel, (1, stride, stride)
        self.conv_s = nn.Conv3d(cin, channels, (1, k, k), s, (0, k // 2, k // 2), bias=False)
        self.bn_s = nn.BatchNorm3d(channels)
        self.conv_t = nn.Conv3d(cin, channels, (3, 1, 1), s, (1, 0, 0), bias=False)
        self.bn_t = nn.BatchNorm3d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.att = Attention(3 * channels)

    def forward(self, x):
        space = self.relu(self.bn_s(self.conv_s(x)))
        time = self.relu(self.bn_t(self.conv_t(x)))
        f = torch.cat((space, time, time), 1)
        change = f[:, -time.shape[1]:]
        change[:, :, :-1].sub_(time[:, :, 1:]).abs_()
        change[:, :, -1:].zero_()  # the last frame's successor is itself
        return self.att(f)


class Block(nn.Module):
    closing = "bn3"

    def __init__(self, cin, channels, stride):
        super().__init__()
        stride = (1, stride, stride)
        self.conv1 = nn.Conv3d(cin, channels, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm3d(channels)
        self.unit = Unit(channels, channels, 3, 1)
        self.conv3 = nn.Conv3d(3 * channels, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if cin != channels:
            self.downsample = nn.Sequential(nn.Conv3d(cin, channels, 1, stride, bias=False),
                                            nn.BatchNorm3d(channels))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.unit(y)))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class P3D(nn.Module):
    """Takes one frame more than it computes with: the last one is for the residuals only."""
    heads = ("fc2",)

    def __init__(self, classes=101):
        super().__init__()
        self.stem_rgb = Unit(3, 64, 7, 2)
        self.stem_res = Unit(3, 64, 7, 2)
        cin = 384
        for i, count in enumerate((3, 4, 6, 3)):
            channels = 64 << i
            stage = [Block(cin, channels, 2 if i else 1)]
            stage += [Block(channels, channels, 1) for _ in range(1, count)]
            setattr(self, "layer%d" % (i + 1), nn.Sequential(*stage))
            cin = channels
        self.fc1 = nn.Linear(cin, 2048)
        self.relu = nn.ReLU(inplace=True)
        self.fc2 = nn.Linear(2048, classes)

    def forward(self, x):
        residual = (x[:, :, 1:] - x[:, :, :-1]).abs_()
        x = torch.cat((self.stem_rgb(x[:, :, :-1]), self.stem_res(residual)), 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc2(self.relu(self.fc1(x.flatten(2).mean(2))))
