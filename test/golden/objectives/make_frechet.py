"""The Fréchet distance of two batches' running moments to a reference, and its gradients, by PyTorch in float64.

    python make_frechet.py > frechet.json

tr (C' C)^(1/2) is the sum of the singular values of R' S, with R R' = C' and S S' = C. Torch differentiates it. The moments after the
second batch have the first in them, with no gradient; the gradient is divided by the second batch's share.
"""

import json
import sys

import torch

SEED = 7
BATCH, DIM, DECAY = 12, 4, 0.75
torch.manual_seed(SEED)


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float32).double()


mixing, mean = draw(DIM, DIM), draw(DIM)
covariance = (mixing @ mixing.T).float().double()
batches = [draw(BATCH, DIM) @ draw(DIM, DIM) + draw(DIM) for _ in range(2)]
batches = [batch.float().double().requires_grad_(True) for batch in batches]


def frechet(m, c):
    r, s = torch.linalg.cholesky(covariance), torch.linalg.cholesky(c)
    roots = torch.linalg.svdvals(r.T @ s).sum()
    return (m - mean).square().sum() + covariance.trace() + c.trace() - 2 * roots


def moments(batch):
    return batch.mean(0), batch.T @ batch / BATCH


steps = []
weight, first, second = 0.0, torch.zeros(DIM).double(), torch.zeros(DIM, DIM).double()
for batch in batches:
    m, q = moments(batch)
    weight = DECAY * weight + (1 - DECAY)
    first = DECAY * first.detach() + (1 - DECAY) * m
    second = DECAY * second.detach() + (1 - DECAY) * q
    m, q = first / weight, second / weight
    distance = frechet(m, q - torch.outer(m, m))
    (gradient,) = torch.autograd.grad(distance, batch)
    gradient = gradient * weight / (1 - DECAY)
    steps.append({"features": batch.tolist(), "distance": distance.item(), "gradient": gradient.tolist()})

made = {"seed": SEED, "torch": torch.__version__, "decay": DECAY}
reference = {"mean": mean.tolist(), "covariance": covariance.flatten().tolist()}
json.dump({"made": made, "reference": reference, "steps": steps}, sys.stdout, indent=1)
print()
