"""Makes png.json: PNG files of each colour type, depth and interlacing, with the pixels that Pillow reads in them.

    pip install pillow==13.0.0 && python png.py > png.json

Pillow writes no interlaced files and few of the depths, so the files are put together here. The filter of each line is
another one. Pillow reduces 16 bits of colour or alpha to the high byte; for these files the samples are those written.
"""

import base64
import io
import json
import random
import struct
import zlib

import numpy as np
from PIL import Image

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
rng = random.Random(5)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack(values, depth):
    bits = "".join(format(v, f"0{depth}b") for v in values)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a, b, c):
    distances = [abs(b - c), abs(a - c), abs(a + b - 2 * c)]
    return [a, b, c][distances.index(min(distances))]


def filtered(kind, line, above, step):
    out = bytearray([kind])
    for i, value in enumerate(line):
        a = line[i - step] if i >= step else 0
        c = above[i - step] if i >= step else 0
        b = above[i]
        out.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) % 256)
    return bytes(out)


def png(pixels, colour, depth, interlaced, extra=b""):
    height, width, samples = pixels.shape
    data = b""
    step = max(1, samples * depth // 8)
    for x, y, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = pixels[y::dy, x::dx]
        if part.size == 0:
            continue
        lines = [pack(row.reshape(-1), depth) for row in part]
        above = bytes(len(lines[0]))
        for n, line in enumerate(lines):
            data += filtered((n + x) % 5, line, above, step)
            above = line
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    packed = zlib.compress(data)
    half = len(packed) // 2
    body = extra + chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def read(file, colour, depth, transparent):
    image = Image.open(io.BytesIO(file))
    if colour == 3:
        image = image.convert("RGBA" if transparent else "RGB")
    values = np.asarray(image)
    return (values.astype(int) * (255 if image.mode == "1" else 1)).reshape(*values.shape[:2], -1)


cases = []
for colour, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
    for depth in depths:
        for interlaced in [False, True]:
            for transparent in [False, True] if colour in (0, 2, 3) else [False]:
                for height, width in [(9, 10), (2, 2), (1, 1), (5, 3)]:
                    if (height, width) != (9, 10) and (transparent or not interlaced):
                        continue
                    shape = (height, width, SAMPLES[colour])
                    pixels = np.array([rng.randrange(2**depth) for _ in range(int(np.prod(shape)))]).reshape(shape)
                    extra = b""
                    if colour == 3:
                        extra += chunk(b"PLTE", bytes(rng.randrange(256) for _ in range(3 * 2**depth)))
                        if transparent:
                            extra += chunk(b"tRNS", bytes([0, 128]))
                    elif transparent:
                        extra += chunk(b"tRNS", struct.pack(f">{SAMPLES[colour]}H", *map(int, pixels[0, 0])))
                    file = png(pixels, colour, depth, interlaced, extra)
                    values = read(file, colour, depth, transparent)
                    if depth == 16 and colour != 0:
                        full = pixels
                        if colour == 4:  # Pillow reads grey and alpha of 16 bits as colours
                            values = np.delete(values, [1, 2], 2) if values.shape[2] == 4 else values
                        assert np.array_equal(values, full >> 8), (colour, depth)
                        values = full
                    name = f"colour type {colour}, {depth} bit, {height}x{width}"
                    name += ", interlaced" * interlaced + ", transparent" * transparent
                    cases.append(
                        {
                            "name": name,
                            "file": base64.b64encode(file).decode(),
                            "shape": list(values.shape),
                            # Pillow spreads 1, 2 and 4 bits of grey over 0..255.
                            "max": 65535 if depth == 16 else 255,
                            "pixels": base64.b64encode(values.astype(">u2" if depth == 16 else "u1").tobytes()).decode(),
                        }
                    )
made = f"packages/datasets/test/golden/png.py, Pillow {Image.__version__}, seed 5"
print(json.dumps({"made": made, "cases": cases}, separators=(",", ":")))
