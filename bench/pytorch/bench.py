"""
PyTorch's side of the bench: reads requests from stdin, one JSON object a line, and answers each with a line on stdout (see
bench/src/protocol.ts). `python -u bench.py cpu|cuda full|quick`
"""

import base64
import ctypes
import json
import platform
import sys
import time

import torch

from cases import CASES, SMALL, TINY, WITH_IMAGES, Layout
from safetensors_file import read

DEVICE, SIZE = sys.argv[1:3]
# Float32, as in tfjs, not TF32.
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
current = {}


def settle():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def stretch(run, repeats):
    """Milliseconds of wall time and of processor time."""
    settle()
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        run()
    settle()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - processor)


def encoded(tensor):
    numbers = tensor.detach().to("cpu", torch.float32).contiguous()
    return base64.b64encode(ctypes.string_at(numbers.data_ptr(), 4 * numbers.numel())).decode()


def hello():
    if DEVICE == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("torch finds no CUDA device")
    answer = {"versions": {"Python": platform.python_version(), "torch": torch.__version__}}
    if DEVICE == "cuda":
        return {**answer, "device": f"{torch.cuda.get_device_name()}, TF32 off"}
    return {**answer, "threads": torch.get_num_threads()}


def open_case(case, file):
    """Open a case; if it has images, in the memory format that is faster on this machine."""
    inputs = read(file)
    config = SMALL if SIZE == "full" else TINY
    formats = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
    best = None
    for name, memory_format in formats.items() if case in WITH_IMAGES else [("", torch.contiguous_format)]:
        run, outputs = CASES[case](inputs, Layout(DEVICE, memory_format), config)
        stretch(run, 2)
        ms = min(stretch(run, 1)[0] for _ in range(3))
        if best is None or ms < best[0]:
            best = ms, name, run, outputs
    _, setup, current["run"], outputs = best
    return {"outputs": [encoded(output) for output in outputs()], **({"setup": setup} if setup else {})}


def answer(request):
    name = request.pop("do")
    if name == "hello":
        return hello()
    if name == "open":
        return open_case(**request)
    if name == "time":
        ms, processor_ms = stretch(current["run"], request["repeats"])
        return {"ms": ms, "processorMs": processor_ms}
    current.clear()
    return {}


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
