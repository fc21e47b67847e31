"""Random weights of the Inception of FID, under the names of its published file."""

import numpy as np
import torch
from pytorch_fid.inception import _inception_v3


def random_weights():
    rng = np.random.default_rng(0)
    # pytorch-fid changes this network's pooling, and none of its weights.
    shapes = {name: tensor.shape for name, tensor in _inception_v3(num_classes=1008, aux_logits=False, weights=None).state_dict().items()}
    return {name: torch.tensor(draw(rng, name, shape)) for name, shape in shapes.items()}


def draw(rng, name, shape):
    if name.endswith("num_batches_tracked"):
        return np.int64(0)
    if name.endswith("running_var") or name.endswith("bn.weight"):
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if name.endswith("conv.weight"):
        return rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)
    return rng.normal(0, 0.1, shape).astype(np.float32)
