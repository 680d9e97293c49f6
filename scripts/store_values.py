#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stores what a PyTorch model computes, for `clact verify`: import it beside your model.

    from store_values import store
    model.eval()
    store(model, clip, "values.safetensors")                    # clip: float [1,3,T,H,W]
    store(model, {"slow": a, "fast": b}, "values.safetensors")  # several inputs, by name
    torch.onnx.export(model, clip, "model.onnx", training=torch.onnx.TrainingMode.PRESERVE)

PRESERVE keeps batch norms apart from convolutions, so that every layer can be compared.
Then: clact verify model.onnx --tensors values.safetensors
"""
import json
import struct

import torch


def save(path, tensors):
    header, offset, blobs = {}, 0, []
    for name, t in tensors.items():
        raw = t.detach().cpu().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape),
                        "data_offsets": [offset, offset + len(raw)]}
        offset += len(raw)
        blobs.append(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def store(model, inputs, path):
    named = inputs if isinstance(inputs, dict) else {"": inputs}
    tensors = {(k + "." if k else "") + "input": v for k, v in named.items()}

    def keep(name):  # of a module that is called twice, the first call; a hook must return nothing
        def hook(module, args, y):
            if torch.is_tensor(y) and name not in tensors:
                tensors[name] = y.clone()
        return hook

    hooks = [m.register_forward_hook(keep(name)) for name, m in model.named_modules() if name]
    with torch.no_grad():
        tensors["logits"] = model(*named.values())
    for hook in hooks:
        hook.remove()
    save(path, tensors)
