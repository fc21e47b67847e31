"""PyTorch: loads a trainer's state, gives the same velocities, and does the trainer's next step."""

import sys
from pathlib import Path

import exchange
import torch
from safetensors.torch import load_file

sys.path.append(str(Path(__file__).parents[3] / "bench/pytorch"))
from song_unet import SongUNet, velocity

state = load_file(str(exchange.folder / "state.safetensors"))


def part(prefix):
    """The tensors of a part of the state; song_unet.py makes the resampling filters itself."""
    names = [name for name in state if name.startswith(prefix) and not name.endswith("resample_filter")]
    return {name.removeprefix(prefix): state[name] for name in names}


def network(prefix):
    net = SongUNet(8, 1, 8, [1, 2], 1, [4], taps=(1, 3, 3, 1), fourier=True, residual=True)
    net.load_state_dict(part(prefix))
    return net


def rows(tensor):
    return tensor.permute(0, 2, 3, 1).detach()


x, z, t = exchange.images("x"), exchange.images("z"), torch.tensor(exchange.given["t"])
net, average = network("model."), network("ema.")
x_t = x + t[:, None, None, None] * (z - x)
answers = {"raw": rows(velocity(net, x_t, t)), "averaged": rows(velocity(average, x_t, t))}

optimizer = torch.optim.Adam(net.parameters(), lr=float(exchange.given["rate"][0]), betas=(0.9, 0.999), eps=1e-8)
first, second = part("exp_avg."), part("exp_avg_sq.")
for name, weight in net.named_parameters():
    step = torch.tensor(float(exchange.given["updates"][0]))
    optimizer.state[weight] = {"step": step, "exp_avg": first[name], "exp_avg_sq": second[name]}

loss = ((velocity(net, x_t, t) - (z - x)) ** 2).mean(dim=(1, 2, 3))
loss.mean().backward()
norm = torch.cat([weight.grad.flatten() for weight in net.parameters()]).norm()
optimizer.step()
decay = float(exchange.given["decay"][0])
for mean, weight in zip(average.parameters(), net.parameters()):
    mean.data.lerp_(weight.data, 1 - decay)


def flat(named):
    return torch.cat([weight.detach().flatten() for _, weight in sorted(named)])


parameters = dict(net.named_parameters())
exchange.answer(
    **answers,
    loss=loss.detach(),
    norm=norm,
    weights=flat(parameters.items()),
    averages=flat(average.named_parameters()),
    moments=flat((name, optimizer.state[weight]["exp_avg"]) for name, weight in parameters.items()),
    squares=flat((name, optimizer.state[weight]["exp_avg_sq"]) for name, weight in parameters.items()),
)
