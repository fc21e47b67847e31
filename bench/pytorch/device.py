"""
PyTorch's part of the device run: times the networks in all precisions, eager or compiled, and prints an entry a line, as
bench/src/device/network-entry.ts describes it. `python -u device.py SETTINGS` (see bench/src/device/jobs/pytorch.ts)
"""

import json
import os
import statistics
import sys
import time
from contextlib import nullcontext

try:
    import torch
except ModuleNotFoundError:
    print('this Python has no torch', file=sys.stderr)
    sys.exit(3)  # the job is left out
from torch.nn import functional as F

from safetensors_file import read
from song_unet import SongUNet, velocity

SETTINGS = json.loads(sys.argv[1])
DEVICE = SETTINGS["device"]
ON_GPU = DEVICE == "cuda"
PRECISIONS = ["float32", "TF32", "bfloat16"] if ON_GPU else ["float32", "bfloat16"]
FORMATS = {"channels_last": torch.channels_last, "NCHW": torch.contiguous_format}
START_TIME = 1 - 1e-5
SECONDS = 0.5 if ON_GPU else 0.05
AGREEMENT = 1e-4
END = time.monotonic() + SETTINGS["seconds"]


def record(**entry):
    print(json.dumps(entry), flush=True)


def settle():
    if ON_GPU:
        torch.cuda.synchronize()


def timed(run):
    """As bench/src/device/timed.ts does it."""

    def stretch(repeats):
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        settle()
        return 1000 * (time.perf_counter() - start) / repeats

    first = stretch(1)
    for _ in range(3):
        ms = stretch(1)
    repeats, stretches, start = max(1, round(50 / ms)), [], time.monotonic()
    before = time.process_time()
    while not stretches or (time.monotonic() - start < SECONDS and len(stretches) < 25):
        stretches.append(stretch(repeats))
    processor = 1000 * (time.process_time() - before) / (repeats * len(stretches))
    return dict(
        ms=round(statistics.median(stretches), 4),
        least=round(min(stretches), 4),
        processorMs=round(processor, 4),
        stretches=len(stretches),
        repeats=repeats,
        firstMs=round(first, 1),
    )


def network_of(config):
    return SongUNet(
        resolution=config["imgResolution"],
        channels=config["inChannels"],
        model_channels=config["modelChannels"],
        channel_mult=config["channelMult"],
        num_blocks=config.get("numBlocks", 4),
        attn_resolutions=config.get("attnResolutions", [16]),
        dropout=config.get("dropout", 0.1),
        taps=config.get("resampleFilter", [1, 1]),
        fourier=config.get("embeddingType") == "fourier",
        residual=config.get("encoderType") == "residual",
        augment_dim=config.get("augmentDim", 0),
    )


def arithmetic(precision):
    """Choose float32 or TF32; for bfloat16, a context in which the layers use it."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != "float32"
    return torch.autocast(DEVICE, torch.bfloat16) if precision == "bfloat16" else nullcontext()


class Work:
    """A network on a batch of noise: its velocity, and training steps with Adam and moving average."""

    def __init__(self, config, batch, precision, memory_format, compiled):
        self.precision = precision
        self.net = network_of(config).to(DEVICE).to(memory_format=memory_format)
        shape = batch, config["inChannels"], config["imgResolution"], config["imgResolution"]
        self.x, self.z = (torch.randn(shape, device=DEVICE).contiguous(memory_format=memory_format) for _ in range(2))
        self.t = (torch.arange(batch, device=DEVICE) + 0.5) / batch
        self.weights = list(self.net.parameters())
        self.ema = [weight.detach().clone() for weight in self.weights]
        self.optimiser = torch.optim.Adam(self.weights, lr=2e-4, fused=True)
        call = lambda x, t: velocity(self.net, x, t)
        # On a CPU this only shows that it works, and inductor would compile C++ for minutes.
        backend = "inductor" if ON_GPU else "aot_eager"
        self.velocity = torch.compile(call, dynamic=False, backend=backend) if compiled else call

    def forward(self):
        self.net.eval()
        with torch.no_grad(), arithmetic(self.precision):
            return self.velocity(self.x, self.t)

    def one_image(self):
        self.net.eval()
        with torch.no_grad(), arithmetic(self.precision):
            x = self.z.cpu().to(DEVICE) * START_TIME
            t = torch.full([len(x)], START_TIME, device=DEVICE)
            return (x - START_TIME * self.velocity(x, t)).cpu()

    def step(self):
        self.net.train()
        at = self.t[:, None, None, None]
        with arithmetic(self.precision):
            loss = F.mse_loss(self.velocity((1 - at) * self.x + at * self.z, self.t), self.z - self.x)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            averaged = [(ema, weight) for ema, weight in zip(self.ema, self.weights) if weight.grad is not None]
            torch._foreach_lerp_(*map(list, zip(*averaged)), 1e-4)
        return loss.item()


WORKS = {
    "training step": Work.step,
    "forward": Work.forward,
    "one image, from noise to the host": Work.one_image,
}


def measure(network, batch, precision, what, format_name, compiled=False):
    """Record one time. Returns it in milliseconds, or infinity if the device has too little memory."""
    if ON_GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    entry = dict(by="PyTorch", network=network, what=what, batch=batch, precision=precision, mode="compile" if compiled else "eager")
    try:
        work = Work(SETTINGS["networks"][network], batch, precision, FORMATS[format_name], compiled)
        timing = timed(lambda: WORKS[what](work))
    except torch.OutOfMemoryError as error:
        record(failed=str(error)[:300], **entry)
        return float("inf")
    memory = dict(buffersMiB=round(torch.cuda.max_memory_allocated() / 2**20)) if ON_GPU else {}
    record(**entry, setup=format_name, **timing, **memory)
    return timing["ms"]


def eager():
    agreement()
    # The memory format that is faster for a network's first batch is used for the others.
    formats = {}
    for batch, network, precision in eager_works():
        if time.monotonic() > END:
            return record(what="no time left", before=[batch, network, precision])
        key = network, precision
        first = key not in formats
        if first:
            times = {}
            # The likelier one first: the other is left out if there is no time, because cuDNN's search takes long.
            for name in sorted(FORMATS, reverse=precision != "float32"):
                if not times or time.monotonic() < END:
                    times[name] = measure(network, batch, precision, "training step", name)
            formats[key] = min(times, key=times.get)
        else:
            measure(network, batch, precision, "training step", formats[key])
        measure(network, batch, precision, "forward", formats[key])
        if first:
            measure(network, 1, precision, "one image, from noise to the host", formats[key])


def eager_works():
    """Batches, networks and precisions: those of the goals come first, because cuDNN's search takes long."""
    batches, networks = SETTINGS["batches"], SETTINGS["networks"]
    goals = [(batches[0], "cifar10", "float32"), (batches[0], "cifar10", "bfloat16"), (min(batches), "small", "float32")]
    others = [(batch, network, precision) for batch in batches for network in networks for precision in PRECISIONS]
    return goals + [work for work in others if work not in goals]


def compiled():
    """Compiling takes long: the most interesting come first."""
    most = SETTINGS["batches"][0]
    least = min(SETTINGS["batches"])
    for network, batch, precision in [
        ("small", least, "float32"),
        ("cifar10", most, "bfloat16"),
        ("cifar10", most, "float32"),
        ("small", most, "float32"),
        ("cifar10", most, "TF32"),
    ]:
        if precision not in PRECISIONS:
            continue
        if time.monotonic() > END:
            return record(what="no time left", before=[network, batch, precision])
        measure(network, batch, precision, "training step", "channels_last", compiled=True)


def agreement():
    """The network here must be the network there: the pack has a tiny one with its velocity."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "agreement.safetensors")
    with open(path.replace(".safetensors", ".json")) as file:
        net = network_of(json.load(file))
    tensors = read(path)
    net.load_state_dict({name[4:]: tensor for name, tensor in tensors.items() if name.startswith("net.")})
    nchw = lambda image: image.permute(0, 3, 1, 2)
    expected = nchw(tensors["velocity"])
    with torch.no_grad():
        actual = velocity(net.eval(), nchw(tensors["x"]), tensors["t"])
    difference = ((actual - expected).norm() / expected.norm()).item()
    record(what="difference from our network, tiny, on the CPU", difference=difference, allowed=AGREEMENT)
    if not difference <= AGREEMENT:
        raise RuntimeError("the network in PyTorch is another one")


if ON_GPU and not torch.cuda.is_available():
    raise RuntimeError("torch finds no CUDA device")
torch.backends.cudnn.benchmark = True
if not ON_GPU:
    torch.set_num_threads(1)  # a dry run must not wait for busy cores
record(what="torch", version=torch.__version__, device=torch.cuda.get_device_name() if ON_GPU else "CPU")
eager() if SETTINGS["mode"] == "eager" else compiled()
