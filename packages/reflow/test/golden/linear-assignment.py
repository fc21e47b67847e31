"""Least-cost assignments by SciPy, for test/transport/linear-assignment.golden.test.ts:

    python3 linear-assignment.py > linear-assignment.json
"""

import json
import sys

import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment

rng = np.random.default_rng(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
costs = {
    "one": np.array([[3.0]]),
    "uniform": np.round(rng.random((20, 20)), 5),
    "normal": np.round(rng.standard_normal((60, 60)), 4),
    "distances": np.round(
        np.square(rng.standard_normal((40, 1, 8)) - rng.standard_normal((1, 40, 8))).sum(-1), 4
    ),
    # Many assignments cost the same here: only the total is compared.
    "ties": rng.integers(0, 4, (30, 30)).astype(float),
}
cases = {}
for name, cost in costs.items():
    rows, columns = linear_sum_assignment(cost)
    cases[name] = {
        "cost": cost.tolist(),
        "columns": columns.tolist(),
        "total": float(cost[rows, columns].sum()),
        "unique": name != "ties",
    }
meta = {"scipy": scipy.__version__, "numpy": np.__version__, "command": "python3 linear-assignment.py"}
json.dump({"meta": meta, "cases": cases}, sys.stdout)
