"""What a script here gets and gives: arrays of in.npz and out.npz in the folder that is its argument."""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

folder = Path(sys.argv[1])
given = np.load(folder / "in.npz") if (folder / "in.npz").exists() else {}

# PyPI's torchvision is built for CUDA. Beside a torch for the CPU its C++ operations can't be loaded, and its import fails for
# want of the two that it describes. No peer calls them.
if torch.version.cuda is None and sys.platform == "linux" and not version("torchvision").endswith("+cpu"):
    operations = torch.library.Library("torchvision", "DEF")
    operations.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    operations.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def images(name):
    """Images [N,H,W,C] of in.npz as a tensor [N,C,H,W]."""
    return torch.tensor(given[name]).permute(0, 3, 1, 2).contiguous()


def answer(**arrays):
    np.savez(folder / "out.npz", **{name: np.asarray(array) for name, array in arrays.items()})
