"""Images resized by Pillow, for test/resize-image.golden.test.ts.

    python3 packages/datasets/test/golden/resize.py     (pillow 12.3.0, numpy 2)
"""
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

FILTERS = {"box": Image.BOX, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
rng = np.random.default_rng(11)
cases = []
for height, width, channels, resolution in [(13, 17, 3, 8), (24, 24, 1, 7), (6, 5, 3, 12), (40, 30, 1, 9), (8, 8, 3, 8)]:
    # Smooth and rough parts: a ramp with noise that grows.
    ramp = np.linspace(0, 255, height * width).reshape(height, width, 1) * np.ones((1, 1, channels))
    pixels = np.clip(ramp + rng.normal(0, 1, ramp.shape) * ramp / 2, 0, 255).astype(np.uint8)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[top : top + side, left : left + side]
    image = Image.fromarray(square[:, :, 0] if channels == 1 else square)
    want = {
        name: np.asarray(image.resize((resolution, resolution), value)).reshape(-1).tolist()
        for name, value in FILTERS.items()
    }
    cases.append(
        {"height": height, "width": width, "channels": channels, "resolution": resolution,
         "pixels": pixels.reshape(-1).tolist(), "want": want}
    )
out = {"made": f"packages/datasets/test/golden/resize.py, Pillow {PIL.__version__}, seed 11", "cases": cases}
Path(__file__).with_name("resize.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
