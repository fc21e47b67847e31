"""CMMD's distance of the features: python make_gaussian_kernel.py features.safetensors > gaussian-kernel.json

Equation 4 of arXiv 2401.09603 with sigma 10 and the factor of 1000, over all pairs (biased), of features divided by their lengths.
Each squared distance is summed from differences, in float64.
"""
import json
import sys

import numpy as np
from safetensors.numpy import load_file

SIGMA = 10


def mean_kernel(x, y):
    return np.mean([np.exp(-np.square(one - y).sum(1) / (2 * SIGMA**2)) for one in x])


def unit(x):
    x = x.astype(np.float64)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


tensors = load_file(sys.argv[1])
found = {'numpy': np.__version__}
for name in sorted({key.split('/')[0] for key in tensors if key.endswith('/a')}):
    a, b = unit(tensors[f'{name}/a']), unit(tensors[f'{name}/b'])
    found[name] = 1000 * (mean_kernel(a, a) + mean_kernel(b, b) - 2 * mean_kernel(a, b))
print(json.dumps(found, indent=2))
