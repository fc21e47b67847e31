"""torchdiffeq: fixed grids in float32, adaptive steps in float64, and the gradient of the adjoint."""

import exchange
import torch
from torchdiffeq import odeint, odeint_adjoint


class Pendulum(torch.nn.Module):
    """dq/dt = p, dp/dt = -k sin(q) + t / 2, with its calls counted."""

    def __init__(self, k):
        super().__init__()
        self.k, self.calls = torch.nn.Parameter(k), 0

    def forward(self, t, x):
        self.calls += 1
        q, p = x.unbind(-1)
        return torch.stack([p, t / 2 - self.k * torch.sin(q)], dim=-1)


start = torch.tensor(exchange.given["start"])
answers = {}
with torch.no_grad():
    for method in ["euler", "midpoint", "heun2", "heun3", "rk4"]:
        field = Pendulum(torch.tensor(1.5))
        end = odeint(field, start, torch.tensor([1.0, 0.0]), method=method, options=dict(step_size=1 / 16))[-1]
        answers[method], answers[f"{method} calls"] = end, field.calls
    for method in ["dopri5", "bosh3"]:
        field = Pendulum(torch.tensor(1.5, dtype=torch.float64))
        times = torch.tensor([1.0, 0.0], dtype=torch.float64)
        # A step that ends at the end: by default it steps over it and interpolates, with an error of 1e-7 for bosh3.
        options = dict(step_t=times[1:])
        end = odeint(field, start.double(), times, method=method, rtol=1e-10, atol=1e-10, options=options)[-1]
        answers[method] = end
        answers[f"{method} calls"] = field.calls

field = Pendulum(torch.tensor(1.5))
given = start.clone().requires_grad_()
end = odeint_adjoint(field, given, torch.tensor([1.0, 0.0]), method="rk4", options=dict(step_size=1 / 16))[-1]
(end**2).sum().backward()
exchange.answer(**answers, gradient=torch.cat([given.grad.flatten(), field.k.grad.flatten()]))
