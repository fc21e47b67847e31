"""pytorch-fid: its Inception with random weights, its resize, and its Fréchet distance."""

import exchange
import numpy as np
import torch
from pytorch_fid import inception
from pytorch_fid.fid_score import calculate_frechet_distance
from random_inception import random_weights

inception.load_state_dict_from_url = lambda *arguments, **options: random_weights()
torch.save(random_weights(), exchange.folder / "inception.pth")
net = inception.InceptionV3([0, 1, 2, 3]).eval()
with torch.no_grad():
    blocks = net((exchange.images("x") + 1) / 2)
names = ["block64", "block192", "block768", "features"]
first, second = exchange.given["first"], exchange.given["second"]
moments = [part for set in (first, second) for part in (set.mean(0), np.cov(set, rowvar=False))]
exchange.answer(
    **{name: block.mean((2, 3)) for name, block in zip(names, blocks)},
    frechet=calculate_frechet_distance(*moments),
)
