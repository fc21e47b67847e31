"""Losses and gradients of the objectives in the plane, by PyTorch in float64.

    python make_objectives.py > objectives.json

Written from the papers: MeanFlow (arXiv 2505.13447), improved MeanFlow (2512.02012), shortcut models (2410.12557), SplitMeanFlow
(2507.16884) and consistency models (2303.01469). t = 0 is data, t = 1 is noise. The network is
u(x, t, r) = tanh([x, t, r] W1 + b1) W2 + b2. Torch's own forward mode gives the Jacobian-vector products.
"""

import json
import sys

import torch
from torch.func import jvp

SEED = 5
BATCH = 6
torch.manual_seed(SEED)


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float32).double()


weights = {"w1": draw(4, 8), "b1": draw(8), "w2": draw(8, 2) / 3, "b2": draw(2)}
for weight in weights.values():
    weight.requires_grad_(True)
x, z = draw(BATCH, 2), draw(BATCH, 2)
# Columns t, s, r. The last two rows have r = t.
times = torch.tensor(
    [[0.9, 0.6, 0.2], [1.0, 0.5, 0.0], [0.75, 0.625, 0.5], [0.3, 0.28, 0.0], [0.4, 0.4, 0.4], [0.97, 0.97, 0.97]],
    dtype=torch.float32,
).double()
t, s, r = (column.reshape(-1, 1) for column in times.unbind(1))
v = z - x
xt = x + t * v


def u(x, t, r):
    return torch.tanh(torch.cat([x, t, r], 1) @ weights["w1"] + weights["b1"]) @ weights["w2"] + weights["b2"]


def derivative(velocity):
    ones, zeros = torch.ones_like(t), torch.zeros_like(t)
    return jvp(u, (xt, t, r), (velocity, ones, zeros))[1]


def mean_flow():
    return u(xt, t, r), (v - (t - r) * derivative(v)).detach()


def improved_mean_flow():
    own = u(xt, t, t).detach()
    return u(xt, t, r) + (t - r) * derivative(own).detach(), v


def two_step(first, base=0.0):
    def step(x, start, end):
        return u(x, start, torch.where(start - end <= base, start, end))

    start = v if first == "pair" else step(xt, t, s)
    rest = step(xt - (t - s) * start, s, r)
    length = torch.where(t > r, t - r, 1.0)
    both = ((t - s) * start + (s - r) * rest) / length
    return u(xt, t, r), torch.where(t > r, both, v).detach()


def squared(prediction, target):
    return (prediction - target).square().mean(1)


def adaptive(power):
    def loss(prediction, target):
        value = squared(prediction, target)
        return value / (value.detach() + 1e-3) ** power

    return loss


def pseudo_huber(prediction, target):
    c = 0.00054 * prediction.shape[1]
    return ((prediction - target).square().sum(1) + c**2).sqrt().sub(c) / prediction.shape[1]


cases = {
    "meanFlow": (mean_flow, adaptive(1)),
    "improvedMeanFlow": (improved_mean_flow, adaptive(1)),
    "rectifiedMeanFlow": (mean_flow, adaptive(0.5)),
    "shortcut": (lambda: two_step("network", 1 / 8), squared),
    "splitMeanFlow": (lambda: two_step("network"), squared),
    "consistency": (lambda: two_step("pair"), pseudo_huber),
}

results = {}
for name, (compare, premetric) in cases.items():
    losses = premetric(*compare())
    gradients = torch.autograd.grad(losses.mean(), list(weights.values()))
    results[name] = {
        "losses": losses.tolist(),
        "gradients": {key: gradient.tolist() for key, gradient in zip(weights, gradients)},
    }

given = {"x": x, "z": z, "times": times, **weights}
made = {"seed": SEED, "torch": torch.__version__, "shortcutLevels": 3}
json.dump({"made": made, "given": {name: tensor.tolist() for name, tensor in given.items()}, "expected": results}, sys.stdout)
print()
