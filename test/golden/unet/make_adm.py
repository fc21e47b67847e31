"""
Make adm.safetensors: a small ADM, its outputs, and gradients of one layer of each kind.

    pip install numpy torch safetensors && python make_adm.py [seed = 1]     (NumPy 2.4.6, PyTorch 2.13.0, CPU)
    python make_adm.py other.safetensors     recompute the outputs in such a file and print the largest differences
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from adm import ADM, denoise, velocity
from safetensors import safe_open

CONFIG = {
    "unet_type": "adm", "img_resolution": 8, "in_channels": 3, "out_channels": 3, "label_dim": 10, "augment_dim": 0,
    "model_channels": 8, "channel_mult": [1, 3, 2], "channel_mult_emb": 3, "num_blocks": 1, "attn_resolutions": [8, 2],
    "dropout": 0.1, "label_dropout": 0,
}  # fmt: skip
WITH_GRADIENTS = ("map_", "enc.8x8", "enc.4x4_down", "dec.4x4_up", "dec.8x8_block0", "out_")


def outputs(net, given):
    x, classes = given["x"], given["class_labels"]
    return {
        "out/raw": net(x, given["noise_labels"], classes),
        "out/edm_D": denoise(net, given["edm_x"], given["sigma"], classes),
        "out/velocity": velocity(net, x, given["t"], classes),
        "out/velocity_edge": velocity(net, x, given["t_edge"], classes),
    }


def gradients(net, given):
    """Gradients of the mean of the raw outputs' squares, in float64."""
    net.double()
    loss = net(*(given[name].double() for name in ("x", "noise_labels", "class_labels"))).square().mean()
    loss.backward()
    named = {name: weight.grad for name, weight in net.named_parameters() if name.startswith(WITH_GRADIENTS)}
    return {"loss": loss} | {f"grad/{name}": gradient for name, gradient in named.items()}


def make(seed):
    stream = np.random.default_rng(seed)

    def draw(*shape):
        return torch.from_numpy(stream.standard_normal(shape)).float()

    net = ADM(CONFIG)
    for name, weight in net.named_parameters():
        small = "norm" in name or name.endswith("bias")
        z = draw(*weight.shape) * (0.1 if small else weight[0].numel() ** -0.5)
        if "conv0" in name:
            z *= 0.1  # small numbers for norm1, where its epsilon shows
        weight.data = 1 + z if small and name.endswith("weight") else z
    sigma = torch.tensor([0.9, 14])
    given = {
        "x": draw(2, 3, 8, 8), "noise_labels": torch.tensor([-0.7, 0.35]), "class_labels": torch.eye(10)[[3, 7]],
        "edm_x": draw(2, 3, 8, 8) * sigma[:, None, None, None], "sigma": sigma,
        "t": torch.tensor([0.25, 0.999]), "t_edge": torch.tensor([0.99999, 0.00001]),
    }  # fmt: skip
    weights = {f"param/{name}": value.clone() for name, value in net.state_dict().items()}
    made = outputs(net, given) | gradients(net, given)
    metadata = {
        "config": json.dumps(CONFIG),
        "layout": "NCHW, conv OIHW, linear [out,in]",
        "note": "by make_adm.py; grad/*: of loss = mean(raw^2), in float64, stored as float32; all else in float32",
        "versions": f"NumPy {np.__version__}, PyTorch {torch.__version__}, CPU",
        "seed": str(seed),
    }
    tensors = weights | given | {name: value.detach().float() for name, value in made.items()}
    write(Path(__file__).with_name("adm.safetensors"), tensors, metadata)


def write(path, tensors, metadata):
    """Like safetensors' save_file, but the tensors keep this order, so that the same numbers give the same bytes."""
    header, data = {"__metadata__": metadata}, b""
    for name, value in tensors.items():
        begin, data = len(data), data + value.numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@torch.no_grad()
def compare(path):
    with safe_open(path, "pt") as file:
        net, given = ADM(json.loads(file.metadata()["config"])), {name: file.get_tensor(name) for name in file.keys()}
    net.load_state_dict({name[6:]: value for name, value in given.items() if name.startswith("param/")})
    for name, actual in outputs(net, given).items():
        print(f"{name}: {(actual - given[name]).abs().max() / given[name].abs().max():.1e}")


torch.set_num_threads(1)
# At t = 1e-5 the velocity depends on the rounding of the denoised image. With seed 1, an error of 1e-5 in the raw output
# changes no rounding there.
argument = sys.argv[1] if len(sys.argv) > 1 else "1"
make(int(argument)) if argument.isdigit() else compare(argument)
