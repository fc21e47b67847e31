"""Reads a safetensors file: 8 bytes of header length, a JSON header, then the numbers (little-endian)."""

import json
import struct

import torch

DTYPES = {"F32": torch.float32, "F64": torch.float64}


def read(path):
    """The tensors of a file, by name, on the CPU."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, (begin, end) = DTYPES[entry["dtype"]], entry["data_offsets"]
        count = (end - begin) // dtype.itemsize
        tensors[name] = torch.frombuffer(data, dtype=dtype, count=count, offset=begin).reshape(entry["shape"]).clone()
    return tensors
