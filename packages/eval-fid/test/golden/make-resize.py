"""Resized images of Pillow and PyTorch: python3 make-resize.py resize.safetensors

input/*: random 8-bit images [H,W,C]. pillow/*: each channel in mode 'F', bicubic, as clean-fid does before it cuts to
0..255. torch/*: interpolate, bilinear, align_corners=False. At 299 x 299 every 13th row and column only.
"""
import json
import struct
import sys

import numpy as np
import PIL
import torch
from PIL import Image

SEED = 20
CASES = [(5, 7, 3, 13, 17), (32, 32, 3, 48, 64), (64, 48, 3, 31, 20), (40, 33, 1, 40, 11), (9, 9, 1, 9, 9), (1, 6, 1, 4, 3),
         (32, 32, 1, 299, 299), (90, 450, 1, 299, 299)]

rng = np.random.default_rng(SEED)
tensors = {}
for height, width, channels, to_height, to_width in CASES:
    name = f'{height}x{width}x{channels}-{to_height}x{to_width}'
    image = rng.integers(0, 256, (height, width, channels), dtype=np.uint8)
    step = 13 if to_height == 299 else 1
    pillow = [np.asarray(Image.fromarray(image[..., c].astype(np.float32), mode='F')
                         .resize((to_width, to_height), Image.BICUBIC)) for c in range(channels)]
    x = torch.tensor(image.astype(np.float32)).permute(2, 0, 1)[None]
    bilinear = torch.nn.functional.interpolate(x, (to_height, to_width), mode='bilinear', align_corners=False)
    tensors[f'input/{name}'] = image
    tensors[f'pillow/{name}'] = np.stack(pillow, -1)[::step, ::step]
    tensors[f'torch/{name}'] = bilinear[0].permute(1, 2, 0).numpy()[::step, ::step]

header = {'__metadata__': {'seed': str(SEED), 'numpy': np.__version__, 'pillow': PIL.__version__, 'torch': torch.__version__}}
body = b''
for name, array in tensors.items():
    data = np.ascontiguousarray(array).tobytes()
    dtype = 'U8' if array.dtype == np.uint8 else 'F32'
    header[name] = {'dtype': dtype, 'shape': list(array.shape), 'data_offsets': [len(body), len(body) + len(data)]}
    body += data
text = json.dumps(header).encode()
text += b' ' * (-len(text) % 8)
with open(sys.argv[1], 'wb') as file:
    file.write(struct.pack('<Q', len(text)) + text + body)
