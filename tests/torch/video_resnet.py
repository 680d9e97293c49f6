# SPDX-License-Identifier: MIT
"""torchvision's r3d_18, mc3_18 and r2plus1d_18, under its names."""
import torch.nn as nn


def full(cin, cout, stride, middle):
    """A 3x3x3 convolution."""
    return nn.Conv3d(cin, cout, 3, stride, 1, bias=False)


def flat(cin, cout, stride, middle):
    """One in space alone."""
    return nn.Conv3d(cin, cout, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False)


def separate(cin, cout, stride, middle):
    """A convolution in space and one in time."""
    return nn.Sequential(
        nn.Conv3d(cin, middle, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False),
        nn.BatchNorm3d(middle), nn.ReLU(inplace=True),
        nn.Conv3d(middle, cout, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False))


def separate_stem():
    return nn.Sequential(
        nn.Conv3d(3, 45, (1, 7, 7), (1, 2, 2), (0, 3, 3), bias=False),
        nn.BatchNorm3d(45), nn.ReLU(inplace=True),
        nn.Conv3d(45, 64, (3, 1, 1), 1, (1, 0, 0), bias=False),
        nn.BatchNorm3d(64), nn.ReLU(inplace=True))


def full_stem():
    return nn.Sequential(nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False),
                         nn.BatchNorm3d(64), nn.ReLU(inplace=True))


class Block(nn.Module):
    closing = "conv2.1"

    def __init__(self, conv, cin, cout, stride):
        super().__init__()
        # Of both convolutions: the second has torchvision's width of the first.
        middle = 27 * cin * cout // (9 * cin + 3 * cout)
        self.conv1 = nn.Sequential(conv(cin, cout, stride, middle), nn.BatchNorm3d(cout),
                                   nn.ReLU(inplace=True))
        self.conv2 = nn.Sequential(conv(cout, cout, 1, middle), nn.BatchNorm3d(cout))
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1:
            strides = (1, stride, stride) if conv is flat else stride
            self.downsample = nn.Sequential(nn.Conv3d(cin, cout, 1, strides, bias=False),
                                            nn.BatchNorm3d(cout))

    def forward(self, x):
        y = self.conv2(self.conv1(x))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class VideoResNet(nn.Module):
    heads = ("fc",)

    def __init__(self, stem, convs, classes):
        super().__init__()
        self.stem = stem
        channels = 64
        for i, conv in enumerate(convs):
            cout = 64 << i
            stage = (Block(conv, channels, cout, 2 if i else 1), Block(conv, cout, cout, 1))
            setattr(self, "layer%d" % (i + 1), nn.Sequential(*stage))
            channels = cout
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        return self.fc(x.flatten(2).mean(2))


def r3d_18(classes=400):
    return VideoResNet(full_stem(), (full,) * 4, classes)


def mc3_18(classes=400):
    return VideoResNet(full_stem(), (full, flat, flat, flat), classes)


def r2plus1d_18(classes=400):
    return VideoResNet(separate_stem(), (separate,) * 4, classes)
