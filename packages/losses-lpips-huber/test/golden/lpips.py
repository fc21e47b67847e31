"""Make lpips.safetensors: LPIPS over random AlexNet and SqueezeNet 1.1 backbones, as the lpips package computes it.

    pip install numpy torch && python lpips.py [seed]     (NumPy 2.4.6, PyTorch 2.13.0, CPU)
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 11
stream = np.random.default_rng(seed)


def draw(*shape):
    return torch.from_numpy(stream.standard_normal(shape))


def convolution(inputs, outputs, size, stride=1, pad=0):
    weight = (draw(outputs, inputs, size, size) * np.sqrt(2 / (inputs * size * size))).float().double()
    bias = (draw(outputs) * 0.05).float().double()
    return lambda x: F.relu(F.conv2d(x, weight, bias, stride, pad))


def fire(inputs, squeeze, expand):
    parts = convolution(inputs, squeeze, 1), convolution(squeeze, expand, 1), convolution(squeeze, expand, 3, 1, 1)

    def run(x):
        s = parts[0](x)
        return torch.cat([parts[1](s), parts[2](s)], 1)

    return run


def chain(*layers):
    def run(x):
        for layer in layers:
            x = layer(x)
        return x

    return run


def pool(x):
    return F.max_pool2d(x, 3, 2)


def pool_ceil(x):
    return F.max_pool2d(x, 3, 2, ceil_mode=True)


def alexnet():
    stages = [
        convolution(3, 64, 11, 4, 2),
        chain(pool, convolution(64, 192, 5, 1, 2)),
        chain(pool, convolution(192, 384, 3, 1, 1)),
        convolution(384, 256, 3, 1, 1),
        convolution(256, 256, 3, 1, 1),
    ]
    return stages, [64, 192, 384, 256, 256]


def squeezenet():
    stages = [
        convolution(3, 64, 3, 2),
        chain(pool_ceil, fire(64, 16, 64), fire(128, 16, 64)),
        chain(pool_ceil, fire(128, 32, 128), fire(256, 32, 128)),
        chain(pool_ceil, fire(256, 48, 192)),
        fire(384, 48, 192),
        fire(384, 64, 256),
        fire(512, 64, 256),
    ]
    return stages, [64, 128, 256, 384, 384, 512, 512]


def unit(f):
    return f / (f.pow(2).sum(1, keepdim=True).sqrt() + 1e-10)


def distances(stages, heads, a, b):
    shift = torch.tensor([-0.030, -0.088, -0.188], dtype=torch.float64).view(1, 3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450], dtype=torch.float64).view(1, 3, 1, 1)
    x, y, maps = (a - shift) / scale, (b - shift) / scale, []
    for i, stage in enumerate(stages):
        x, y = stage(x), stage(y)
        squared = (unit(x) - unit(y)).pow(2)
        maps.append((squared * heads[i].view(1, -1, 1, 1) if heads else squared).sum(1, keepdim=True))
    return maps


out, note = {}, "PyTorch float64, stored as float32; images NCHW in [-1,1]; one NumPy stream for all"
for name, make in (("alexnet", alexnet), ("squeezenet1_1", squeezenet)):
    stages, widths = make()
    heads = [draw(width).abs().float().double() for width in widths]
    a, b = (draw(2, 3, 35, 38).clamp(-1, 1).float().double() for _ in range(2))
    a.requires_grad_(True)
    maps = distances(stages, heads, a, b)
    layers = [m.mean((2, 3)).view(-1) for m in maps]
    total = sum(layers)
    total.sum().backward()
    upsampled = [F.interpolate(m, size=a.shape[2:], mode="bilinear", align_corners=False) for m in maps]
    unlearned = sum(m.mean((2, 3)).view(-1) for m in distances(stages, None, a, b))
    entries = {"a": a, "b": b, "value": total, "grad_a": a.grad, "layers": torch.stack(layers), "map": sum(upsampled), "unlearned": unlearned}
    entries |= {f"lin{i}": head for i, head in enumerate(heads)}
    out |= {f"{name}/{key}": value.detach().float().contiguous() for key, value in entries.items()}

header, data = {"__metadata__": {"seed": str(seed), "note": note}}, b""
for name, value in out.items():
    content = value.numpy().tobytes()
    header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(content)]}
    data += content
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
Path(__file__).with_name("lpips.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
