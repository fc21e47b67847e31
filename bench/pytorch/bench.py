"""
PyTorch's side of the bench: reads requests from stdin, one JSON object a line, and answers each with a line on stdout (see
bench/src/protocol.ts). `python -u bench.py cpu|cuda full|quick`
"""

import base64
import ctypes
import json
import platform
import resource
import sys
import time

import torch

from cases import CASES, NOT_COMPILED, SMALL, TINY, WITHOUT_IMAGES, Layout
from safetensors_file import read

DEVICE, SIZE = sys.argv[1:3]
THREADS = torch.get_num_threads()
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


def setups(case):
    """All settings of a case: which of its ways, the memory format, and whether torch.compile."""
    formats = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
    for way in CASES[case]:
        for name, memory_format in formats.items() if case not in WITHOUT_IMAGES else [("", torch.contiguous_format)]:
            for compiled in [False] if SIZE == "quick" or case in NOT_COMPILED else [False, True]:
                words = [way, name, "torch.compile" if compiled else ""]
                yield ", ".join(word for word in words if word), way, Layout(DEVICE, memory_format, compiled)


def open_case(case, file):
    """Open a case with the settings and the number of threads that are fastest on this machine."""
    inputs = read(file)
    config = SMALL if SIZE == "full" else TINY
    found, missing = [], None
    torch.set_num_threads(THREADS)
    for setup, way, layout in setups(case):
        try:
            run, outputs = CASES[case][way](inputs, layout, config)
        except ImportError as error:
            missing = error
            continue
        stretch(run, 3)
        found.append((min(stretch(run, 1)[0] for _ in range(5)), setup, run, outputs))
    if not found:
        raise missing
    ms, setup, current["run"], outputs = min(found, key=lambda one: one[0])
    if DEVICE == "cpu" and THREADS > 1:
        torch.set_num_threads(THREADS // 2)
        stretch(current["run"], 2)
        if min(stretch(current["run"], 1)[0] for _ in range(5)) < ms:
            setup = ", ".join(word for word in [setup, f"{THREADS // 2} of {THREADS} threads"] if word)
        else:
            torch.set_num_threads(THREADS)
    return {"outputs": [encoded(output) for output in outputs()], **({"setup": setup} if setup else {})}


def memory(case, file):
    """How this process grows while it runs a case a few times, eager and in the usual memory format."""
    run, _ = CASES[case][""](read(file), Layout(DEVICE, torch.contiguous_format), SMALL if SIZE == "full" else TINY)
    before = rss()
    ms = min(stretch(run, 1)[0] for _ in range(8))
    return {"peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, "ms": ms}


def rss():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize()


def answer(request):
    name = request.pop("do")
    if name == "hello":
        return hello()
    if name == "open":
        return open_case(**request)
    if name == "memory":
        return memory(**request)
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
