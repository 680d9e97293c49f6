# SPDX-License-Identifier: MIT
"""C3D of Tran et al. under the names of DavideA/c3d-pytorch."""
import torch.nn as nn
import torch.nn.functional as F

# Outputs of each convolution, and the pool behind some: kernel and stride.
CONVS = {
    "conv1": (64, (1, 2, 2)), "conv2": (128, (2, 2, 2)), "conv3a": (256, None),
    "conv3b": (256, (2, 2, 2)), "conv4a": (512, None), "conv4b": (512, (2, 2, 2)),
    "conv5a": (512, None), "conv5b": (512, (2, 2, 2)),
}


class C3D(nn.Module):
    """For 16 frames of 112x112, of which 512x1x4x4 are left before the linear layers."""
    heads = ("fc8",)

    def __init__(self, classes=487):
        super().__init__()
        cin = 3
        for name, (cout, _) in CONVS.items():
            setattr(self, name, nn.Conv3d(cin, cout, 3, padding=1))
            cin = cout
        self.fc6, self.fc7 = nn.Linear(cin * 4 * 4, 4096), nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)

    def forward(self, x):
        for name, (_, pool) in CONVS.items():
            x = F.relu_(getattr(self, name)(x))
            if pool:  # the last one meets 7x7, of which Caffe makes 4x4
                x = F.max_pool3d(x, pool, ceil_mode=True)
        x = F.relu_(self.fc7(F.relu_(self.fc6(x.flatten(1)))))
        return self.fc8(x)
