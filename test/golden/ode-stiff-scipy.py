# Makes ode-stiff-scipy.json: end states of two stiff problems, and what SciPy's implicit methods need for them.
#   python ode-stiff-scipy.py
import json, pathlib, numpy, scipy
from scipy.integrate import solve_ivp

problems = {
    "van-der-pol-10": (lambda t, x: [x[1], 10 * (1 - x[0] ** 2) * x[1] - x[0]], [2, 0], [0, 20], 1e-3),
    "van-der-pol-1000": (lambda t, x: [x[1], 1000 * (1 - x[0] ** 2) * x[1] - x[0]], [2, 0], [0, 2000], 1e-3),
    "robertson": (
        lambda t, y: [
            -0.04 * y[0] + 1e4 * y[1] * y[2],
            0.04 * y[0] - 1e4 * y[1] * y[2] - 3e7 * y[1] ** 2,
            3e7 * y[1] ** 2,
        ],
        [1, 0, 0],
        [0, 1e4],
        1e-6,
    ),
}
cases = []
for name, (field, start, span, share) in problems.items():
    end = solve_ivp(field, span, start, method="Radau", rtol=1e-12, atol=1e-15).y[:, -1]
    for rtol in [1e-3, 1e-6]:
        runs = {}
        for method in ["Radau", "BDF"]:
            run = solve_ivp(field, span, start, method=method, rtol=rtol, atol=rtol * share)
            error = float(numpy.max(numpy.abs(run.y[:, -1] / end - 1)))
            runs[method] = {"error": error, "steps": run.t.size - 1, "nfev": run.nfev}
        cases.append({"problem": name, "y0": start, "span": span, "rtol": rtol, "atol": rtol * share, "y_end": end.tolist(), **runs})
versions = {"numpy": numpy.__version__, "scipy": scipy.__version__}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"made_by": "python ode-stiff-scipy.py", "versions": versions, "error": "largest relative error of the end state", "cases": cases}, indent=1) + "\n")
