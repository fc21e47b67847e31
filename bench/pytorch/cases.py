"""
The rows of the table in PyTorch. For each name, a function from the file's tensors to `run`, which is timed, and `outputs`,
which must agree with those of tfjs. Outputs are NHWC and [h,w,I,O], as in tfjs; a case computes in the given memory format.
"""

import importlib
import math

import torch
from torch.nn import functional as F

from song_unet import SongUNet, velocity

SMALL = dict(resolution=32, channels=3, model_channels=32, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[16])
TINY = dict(SMALL, resolution=8, model_channels=8, attn_resolutions=[4])
START_TIME = 1 - 1e-5


def nhwc(y):
    return y.permute(0, 2, 3, 1)


def package(name):
    """A package that not every machine has. One that is broken there is as good as missing."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ImportError(f"{name} can't be imported: {error}") from error


class Layout:
    """Puts tensors on the device, in a memory format; compiles functions, or leaves them as they are."""

    def __init__(self, device, memory_format, compiled=False):
        self.device, self.memory_format = device, memory_format
        self.wrap = torch.compile if compiled else lambda function: function

    def plain(self, x):
        return x.to(self.device)

    def image(self, x):
        return x.permute(0, 3, 1, 2).to(self.device).contiguous(memory_format=self.memory_format)

    def filter(self, w):
        return w.permute(3, 2, 0, 1).to(self.device).contiguous(memory_format=self.memory_format)


def convolution(inputs, layout, config):
    x, w, bias = layout.image(inputs["x"]), layout.filter(inputs["w"]), layout.plain(inputs["bias"])

    def run():
        with torch.no_grad():
            return F.conv2d(x, w, bias, padding=1)

    return run, lambda: [nhwc(run())]


def convolution_gradient(which):
    def case(inputs, layout, config):
        x, w, dy = layout.image(inputs["x"]), layout.filter(inputs["w"]), layout.image(inputs["dy"])
        mask = [which == "input", which == "filter", False]

        def run():
            pair, zero = [1, 1], [0, 0]
            gradients = torch.ops.aten.convolution_backward(dy, x, w, None, pair, pair, pair, False, zero, 1, mask)
            return gradients[0 if which == "input" else 1]

        return run, lambda: [nhwc(run()) if which == "input" else run().permute(2, 3, 1, 0)]

    return case


def group_norm(inputs, layout, config):
    run, outputs = group_norm_with_gradients(inputs, layout, config, gradients=False)
    return run, outputs


def group_norm_with_gradients(inputs, layout, config, gradients=True):
    x, dy = layout.image(inputs["x"]), layout.image(inputs["dy"])
    gamma, beta = layout.plain(inputs["gamma"]), layout.plain(inputs["beta"])
    groups = x.shape[1] // 4

    @layout.wrap
    def normed(x, gamma, beta):
        return F.silu(F.group_norm(x, groups, gamma, beta, eps=1e-6))

    def forward():
        return normed(x, gamma, beta)

    if not gradients:

        def run():
            with torch.no_grad():
                return forward()

        return run, lambda: [nhwc(run())]
    variables = [variable.requires_grad_() for variable in (x, gamma, beta)]

    def run():
        return torch.autograd.grad(forward(), variables, dy)

    def outputs():
        dx, dgamma, dbeta = run()
        return [nhwc(dx), dgamma, dbeta]

    return run, outputs


def attention(inputs, layout, config):
    q, k, v = (layout.plain(inputs[name]) for name in "qkv")

    def run():
        with torch.no_grad():
            return F.scaled_dot_product_attention(q, k, v)

    return run, lambda: [run()]


def attention_with_gradients(inputs, layout, config):
    qkv = [layout.plain(inputs[name]).requires_grad_() for name in "qkv"]
    dy = layout.plain(inputs["dy"])

    def run():
        return torch.autograd.grad(F.scaled_dot_product_attention(*qkv), qkv, dy)

    return run, lambda: [torch.cat(run(), -1)]


def network(inputs, layout, config):
    net = SongUNet(**config)
    net.load_state_dict({name[4:]: tensor for name, tensor in inputs.items() if name.startswith("net.")})
    net.to(layout.device).to(memory_format=layout.memory_format)
    x, z = layout.image(inputs["x"]), layout.image(inputs["z"])
    return net, x, z, layout.plain(inputs["t"])


def velocity_of(net, layout):
    return layout.wrap(lambda x, t: velocity(net, x, t))


def forward(inputs, layout, config):
    net, x, _, t = network(inputs, layout, config)
    field = velocity_of(net, layout)

    def run():
        with torch.no_grad():
            return field(x, t)

    return run, lambda: [nhwc(run())]


class Training:
    """Steps on x_t = (1 - t) x + t z, target z - x, mean squared error; Adam, then the moving average of the weights."""

    def __init__(self, inputs, layout, config, ema_decay):
        self.net, self.x, self.z, self.t = network(inputs, layout, config)
        self.weights = list(self.net.parameters())
        self.optimiser = torch.optim.Adam(self.weights, lr=2e-4, fused=True)
        self.ema = [weight.detach().clone() for weight in self.weights]
        self.ema_decay = ema_decay

        @layout.wrap
        def loss_of(x, z, t):
            at = t[:, None, None, None]
            return F.mse_loss(velocity(self.net, (1 - at) * x + at * z, t), z - x)

        self.loss_of = loss_of

    def step(self):
        loss = self.loss_of(self.x, self.z, self.t)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.ema, self.weights, 1 - self.ema_decay)
        return loss.item()

    def velocity(self, weights):
        names = [name for name, _ in self.net.named_parameters()]
        with torch.no_grad():
            replaced = dict(zip(names, weights))
            call = lambda x, labels: torch.func.functional_call(self.net, replaced, (x, labels))
            return velocity(call, self.x, self.t)


def training_step(inputs, layout, config):
    timed = Training(inputs, layout, config, ema_decay=0.9999)

    def outputs():
        checked = Training(inputs, layout, config, ema_decay=0.5)
        losses = [checked.step() for _ in range(3)]
        velocities = [nhwc(checked.velocity(weights)) for weights in (checked.weights, checked.ema)]
        return [torch.tensor(losses), *velocities]

    return timed.step, outputs


def sampling(inputs, layout, config):
    net, _, z, _ = network(inputs, layout, config)
    field = velocity_of(net, layout)

    def run():
        with torch.no_grad():
            x = z * START_TIME
            t = torch.full([len(x)], START_TIME, device=x.device)
            return x - START_TIME * field(x, t)

    return run, lambda: [nhwc(run())]


def lpips_gradient(inputs, layout, config):
    """VGG16 with average pooling; the second image is a constant."""
    a, b = layout.image(inputs["a"]).requires_grad_(), layout.image(inputs["b"])
    numbers = sorted({int(name.split(".")[2]) for name in inputs if name.startswith("vgg.")})
    layers = []
    for number in numbers:
        weight = layout.plain(inputs[f"vgg.features.{number}.weight"]).contiguous(memory_format=layout.memory_format)
        layers.append((weight, layout.plain(inputs[f"vgg.features.{number}.bias"])))
    shift = torch.tensor([-0.03, -0.088, -0.188], device=layout.device)[:, None, None]
    scale = torch.tensor([0.458, 0.448, 0.45], device=layout.device)[:, None, None]
    tapped = {1, 3, 6, 9, 12}

    def features(images):
        x, maps = (images - shift) / scale, []
        for i, (weight, bias) in enumerate(layers):
            if i - 1 in tapped:
                x = F.avg_pool2d(x, 2)
            x = F.relu(F.conv2d(x, weight, bias, padding=1))
            if i in tapped:
                maps.append(x)
        return [x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10) for x in maps]

    features = layout.wrap(features)

    def distance():
        with torch.no_grad():
            targets = features(b)
        return sum((x - y).square().sum(1).mean((1, 2)) for x, y in zip(features(a), targets))

    def run():
        return torch.autograd.grad(distance().sum(), a)[0]

    return run, lambda: [distance(), nhwc(run())]


def lpips_of_lpips(inputs, layout, config):
    """The package lpips: VGG16 with maximum pooling, all its features of weight 1."""
    lpips = package("lpips")
    a, b = layout.image(inputs["a"]).requires_grad_(), layout.image(inputs["b"])
    net = lpips.LPIPS(net="vgg", pnet_rand=True, lpips=False, verbose=False)
    state = net.net.state_dict()
    # Parts of the backbone are slices there; within them layers keep their numbers.
    net.net.load_state_dict({key: inputs["vgg.features." + key.split(".", 1)[1]] for key in state})
    net.to(layout.device).to(memory_format=layout.memory_format)
    distance = layout.wrap(lambda a: net(a, b).flatten())

    def run():
        return torch.autograd.grad(distance(a).sum(), a)[0]

    return run, lambda: [distance(a), nhwc(run())]


def timesteps(inputs, layout, config):
    q, scale = layout.plain(inputs["q"]), math.sinh(2)

    @layout.wrap
    def times(q):
        return (torch.asinh((2 * q - 1) * scale) / 4 + 0.5) * (1 - 2e-5) + 1e-5

    return lambda: times(torch.rand(len(q), device=q.device)), lambda: [times(q)]


def frechet(inputs, layout, config):
    """The usual last step of FID in PyTorch: the trace of the product's root from its eigenvalues. Always on the CPU."""
    mean_a, mean_b = inputs["a.mean"], inputs["b.mean"]
    a, b = inputs["a.covariance"], inputs["b.covariance"]

    def run():
        root = torch.linalg.eigvals(a @ b).sqrt().real.sum()
        return (mean_a - mean_b).square().sum() + a.trace() + b.trace() - 2 * root

    return run, lambda: [run().reshape(1)]


def frechet_of_pytorch_fid(inputs, layout, config):
    calculate_frechet_distance = package("pytorch_fid.fid_score").calculate_frechet_distance
    moments = [inputs[name].numpy() for name in ["a.mean", "a.covariance", "b.mean", "b.covariance"]]

    def run():
        return calculate_frechet_distance(*moments)

    return run, lambda: [torch.tensor([run()])]


def dopri5(inputs, layout, config):
    """torchdiffeq's dopri5 on a network of points in the plane."""
    odeint = package("torchdiffeq").odeint
    layers = [(layout.plain(inputs[f"{i}.weight"]), layout.plain(inputs[f"{i}.bias"])) for i in range(3)]
    z, times = layout.plain(inputs["z"]), torch.tensor([1.0, 0.0], device=layout.device)

    @layout.wrap
    def field(t, x):
        h = torch.cat([x, t.expand(len(x), 1)], dim=1)
        for i, (weight, bias) in enumerate(layers):
            h = torch.addmm(bias, F.silu(h) if i > 0 else h, weight)
        return h

    def run():
        with torch.no_grad():
            return odeint(field, z, times, method="dopri5", rtol=1e-5, atol=1e-5)[-1]

    return run, lambda: [run()]


# Each case in the ways that do it here; the fastest is timed.
CASES = {
    "convolution": {"": convolution},
    "convolution, input gradient": {"": convolution_gradient("input")},
    "convolution, filter gradient": {"": convolution_gradient("filter")},
    "GroupNorm + SiLU": {"": group_norm},
    "GroupNorm + SiLU, with gradients": {"": group_norm_with_gradients},
    "attention": {"": attention},
    "attention, with gradients": {"": attention_with_gradients},
    "U-Net forward": {"": forward},
    "training step": {"": training_step},
    "sampling in one step": {"": sampling},
    "LPIPS gradient": {"": lpips_gradient},
    "LPIPS gradient, maximum pooling": {"lpips": lpips_of_lpips},
    "dopri5": {"torchdiffeq": dopri5},
    "timestep sampling": {"": timesteps},
    "FID finalisation": {"eigenvalues": frechet, "pytorch-fid": frechet_of_pytorch_fid},
}

WITHOUT_IMAGES = {"attention", "attention, with gradients", "dopri5", "timestep sampling", "FID finalisation"}
# Single calls of PyTorch's own kernels; torch.compile would add to them.
NOT_COMPILED = {name for name in CASES if name.startswith(("convolution", "attention", "FID"))}
