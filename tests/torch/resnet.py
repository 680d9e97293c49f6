# SPDX-License-Identifier: MIT
"""Residual networks of frames and of clips: Hara et al.'s, torchvision's of images, Tao et al.'s.

One class for all: a 7-wide stem, a 3/2 max pool, four stages, a mean, a linear layer. State
dictionaries have the names of 3D-ResNets-PyTorch and of torchvision, which agree.
"""
import torch.nn as nn
import torch.nn.functional as F

DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
CONV = {2: nn.Conv2d, 3: nn.Conv3d}
NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
POOL = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
ACTIVATION = {"relu": nn.ReLU, "elu": nn.ELU}


class ZeroPadded(nn.Module):
    """Shortcut A: every stride-th position, and zeros in place of the channels that it lacks."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.missing, self.stride = cout - cin, stride

    def forward(self, x):
        s = self.stride
        return F.pad(x[:, :, ::s, ::s, ::s], (0, 0, 0, 0, 0, 0, 0, self.missing))


def shortcut(net, cin, cout, stride):
    if stride == 1 and cin == cout:
        return None
    if net.shortcut == "A":
        return ZeroPadded(cin, cout, stride)
    return nn.Sequential(CONV[net.dims](cin, cout, 1, stride, bias=False), NORM[net.dims](cout))


class Basic(nn.Module):
    closing = "bn2"

    def __init__(self, net, cin, planes, stride):
        super().__init__()
        conv, norm = CONV[net.dims], NORM[net.dims]
        shrink = stride > 1 and net.down == "pool"
        stride = 1 if shrink else stride
        self.out = planes
        self.conv1, self.bn1 = conv(cin, planes, 3, stride, 1, bias=False), norm(planes)
        self.conv2, self.bn2 = conv(planes, planes, 3, 1, 1, bias=False), norm(planes)
        self.act = ACTIVATION[net.act](inplace=True)
        self.downsample = shortcut(net, cin, planes, stride)
        self.pool = POOL[net.dims](3, 2, 1) if shrink else None

    def forward(self, x):
        y = self.act(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        y = self.act(y)
        return y if self.pool is None else self.pool(y)


class Bottleneck(nn.Module):
    closing = "bn3"

    def __init__(self, net, cin, planes, stride):
        super().__init__()
        conv, norm = CONV[net.dims], NORM[net.dims]
        self.out = planes * net.expansion
        self.conv1, self.bn1 = conv(cin, planes, 1, bias=False), norm(planes)
        self.conv2 = conv(planes, planes, 3, stride, 1, groups=net.groups, bias=False)
        self.bn2 = norm(planes)
        self.conv3, self.bn3 = conv(planes, self.out, 1, bias=False), norm(self.out)
        self.act = ACTIVATION[net.act](inplace=True)
        self.downsample = shortcut(net, cin, self.out, stride)

    def forward(self, x):
        y = self.act(self.bn1(self.conv1(x)))
        y = self.act(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.act(y)


class ResNet(nn.Module):
    """dims: 2 for images, 3 for clips. down: the stages shrink by `stride` or by a max `pool`."""
    heads = ("fc",)

    def __init__(self, dims, depth, classes, shortcut="B", act="relu", down="stride",
                 groups=1, width=64, expansion=4):
        super().__init__()
        self.dims, self.shortcut, self.act, self.down = dims, shortcut, act, down
        self.groups, self.expansion = groups, expansion
        stride = 2 if dims == 2 else (1, 2, 2)
        self.conv1 = CONV[dims](3, 64, 7, stride, 3, bias=False)
        self.bn1 = NORM[dims](64)
        self.relu = ACTIVATION[act](inplace=True)
        self.maxpool = POOL[dims](3, 2, 1)
        block = Bottleneck if depth >= 50 else Basic
        channels = 64
        for i, count in enumerate(DEPTHS[depth]):
            stage = []
            for k in range(count):
                stage.append(block(self, channels, width << i, 2 if i and not k else 1))
                channels = stage[-1].out
            setattr(self, "layer%d" % (i + 1), nn.Sequential(*stage))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.flatten(2).mean(2))


def resnet3d(depth, shortcut, classes=400):
    return ResNet(3, depth, classes, shortcut)


def resnext3d_101(classes=400):
    return ResNet(3, 101, classes, groups=32, width=128, expansion=2)
