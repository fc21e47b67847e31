"""
DDPM++ and NCSN++ as EDM configures them (Karras et al., arXiv 2206.00364, appendix F; Song et al., arXiv 2011.13456), with
EDM's preconditioning as a velocity. Written from the papers and from packages/unet; weights have the reference's names.

Images are [B,C,H,W]; t is [B], 0 for data and 1 for noise.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

EPSILON = 1e-6
SKIP_SCALE = math.sqrt(0.5)
SIGMA_DATA = 0.5
EDGE = 1e-5


class Norm(nn.GroupNorm):
    """32 groups, or fewer so that each has at least 4 channels."""

    def __init__(self, channels):
        super().__init__(max(1, min(32, channels // 4)), channels, eps=EPSILON)


def conv(inputs, outputs, size=3):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


def filter_of(taps):
    """The separable filter of these taps, of sum 1."""
    row = torch.tensor(taps, dtype=torch.float32) / sum(taps)
    return torch.outer(row, row)


def resampled(x, direction, taps, padding=None):
    """An image of half or double the side. Two equal taps: means of 2x2 on the way down, the nearest pixel on the way up."""
    if direction is None:
        return x
    if len(taps) == 2:
        return F.avg_pool2d(x, 2) if direction == "down" else F.interpolate(x, scale_factor=2, mode="nearest")
    each = taps.expand(x.shape[1], 1, -1, -1)
    options = dict(stride=2, padding=len(taps) // 2 - 1 if padding is None else padding, groups=x.shape[1])
    return F.conv2d(x, each, **options) if direction == "down" else F.conv_transpose2d(x, 4 * each, **options)


class Block(nn.Module):
    """y = (conv1(drop(silu(norm1(conv0(resample(silu(norm0(x)))) + affine(e))))) + skip(x)) / sqrt(2), then perhaps attention."""

    def __init__(self, inputs, outputs, embedding, taps, dropout, resample=None, attention=False):
        super().__init__()
        self.resample, self.dropout = resample, dropout
        self.register_buffer("taps", filter_of(taps), persistent=False)
        self.norm0 = Norm(inputs)
        self.conv0 = conv(inputs, outputs)
        self.affine = nn.Linear(embedding, outputs)
        self.norm1 = Norm(outputs)
        self.conv1 = conv(outputs, outputs)
        self.skip = conv(inputs, outputs, 1) if inputs != outputs or resample else None
        self.attention = attention
        if attention:
            self.norm2 = Norm(outputs)
            self.qkv = conv(outputs, 3 * outputs, 1)
            self.proj = conv(outputs, outputs, 1)

    def forward(self, x, embedding):
        h = self.conv0(resampled(F.silu(self.norm0(x)), self.resample, self.taps))
        h = h + self.affine(embedding)[:, :, None, None]
        h = self.conv1(F.dropout(F.silu(self.norm1(h)), self.dropout, self.training))
        around = resampled(x, self.resample, self.taps)
        y = (h + (self.skip(around) if self.skip else around)) * SKIP_SCALE
        if not self.attention:
            return y
        b, c, height, width = y.shape
        # row 3c + i of qkv is channel c of the i-th of q, k and v
        qkv = self.qkv(self.norm2(y)).reshape(b, c, 3, height * width)
        q, k, v = qkv.permute(2, 0, 3, 1).contiguous().unbind(0)
        attended = F.scaled_dot_product_attention(q, k, v)
        return (self.proj(attended.transpose(1, 2).reshape(b, c, height, width)) + y) * SKIP_SCALE


class Residual(nn.Module):
    """The image's own way down in NCSN++: a convolution, then the filter, then the bias. No edge is seen by the filter."""

    def __init__(self, inputs, outputs, taps):
        super().__init__()
        self.register_buffer("taps", filter_of(taps), persistent=False)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) / math.sqrt(9 * inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        wide = F.conv2d(x, self.weight, padding=len(self.taps) // 2)
        return resampled(wide, "down", self.taps, padding=0) + self.bias[:, None, None]


class FourierFrequencies(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.register_buffer("freqs", 16 * torch.randn(count))


class SongUNet(nn.Module):
    """Augmentation labels are not implemented; their layer is there, because checkpoints have it."""

    def __init__(
        self,
        resolution,
        channels,
        model_channels,
        channel_mult,
        num_blocks,
        attn_resolutions,
        dropout=0.0,
        taps=(1, 1),
        fourier=False,
        residual=False,
        augment_dim=0,
    ):
        super().__init__()
        embedding, self.noise = 4 * model_channels, model_channels * (2 if fourier else 1)
        if fourier:
            self.map_noise = FourierFrequencies(self.noise // 2)
        self.fourier = fourier
        if augment_dim:
            self.map_augment = nn.Linear(augment_dim, self.noise, bias=False)
        self.map_layer0 = nn.Linear(self.noise, embedding)
        self.map_layer1 = nn.Linear(embedding, embedding)
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        width, aux, skips = model_channels, channels, []

        def block(inputs, outputs, resample=None, attention=False):
            return Block(inputs, outputs, embedding, taps, dropout, resample, attention)

        for level, mult in enumerate(channel_mult):
            side = resolution >> level
            at = f"{side}x{side}"
            if level == 0:
                self.enc[f"{at}_conv"] = conv(channels, width)
            else:
                self.enc[f"{at}_down"] = block(width, width, "down")
                if residual:
                    self.enc[f"{at}_aux_residual"] = Residual(aux, width, taps)
                    aux = width
            skips.append(width)
            for i in range(num_blocks):
                out = model_channels * mult
                self.enc[f"{at}_block{i}"] = block(width, out, attention=side in attn_resolutions)
                width = out
                skips.append(width)

        for level, mult in reversed(list(enumerate(channel_mult))):
            side = resolution >> level
            at = f"{side}x{side}"
            if level == len(channel_mult) - 1:
                self.dec[f"{at}_in0"] = block(width, width, attention=True)
                self.dec[f"{at}_in1"] = block(width, width)
            else:
                self.dec[f"{at}_up"] = block(width, width, "up")
            for i in range(num_blocks + 1):
                out = model_channels * mult
                attention = i == num_blocks and side in attn_resolutions
                self.dec[f"{at}_block{i}"] = block(width + skips.pop(), out, attention=attention)
                width = out
        self.dec[f"{at}_aux_norm"] = Norm(width)
        self.dec[f"{at}_aux_conv"] = conv(width, channels)

    def angles(self, noise_labels):
        if self.fourier:
            return 2 * math.pi * noise_labels[:, None] * self.map_noise.freqs
        half = self.noise // 2
        freqs = 10_000 ** (-torch.arange(half, device=noise_labels.device, dtype=torch.float32) / (half - 1))
        return noise_labels[:, None] * freqs

    def forward(self, x, noise_labels):
        angles = self.angles(noise_labels)
        e = torch.cat([angles.sin(), angles.cos()], dim=1)
        e = F.silu(self.map_layer1(F.silu(self.map_layer0(e))))

        skips, aux = [], x
        for layer in self.enc.values():
            if isinstance(layer, Residual):
                x = aux = skips[-1] = (x + layer(aux)) * SKIP_SCALE
                continue
            x = layer(x, e) if isinstance(layer, Block) else layer(x)
            skips.append(x)
        for name, layer in self.dec.items():
            if name.endswith("_aux_norm"):
                x = F.silu(layer(x))
            elif name.endswith("_aux_conv"):
                x = layer(x)
            elif layer.norm0.num_channels != x.shape[1]:
                x = layer(torch.cat([x, skips.pop()], dim=1), e)
            else:
                x = layer(x, e)
        return x


def velocity(net, x, t):
    """v(x_t, t) = ((t - s^2 (1-t)) / q^2) x_t - (s/q) F(x_t / q, ln(sigma) / 4), q^2 = t^2 + s^2 (1-t)^2."""
    rest = 1 - t
    scale = torch.rsqrt(t**2 + (SIGMA_DATA * rest) ** 2)
    inside = t.clamp(EDGE, 1 - EDGE)
    noise = (inside.log() - (1 - inside).log()) / 4
    s = scale[:, None, None, None]
    skip = ((t - SIGMA_DATA**2 * rest) * scale)[:, None, None, None]
    return (skip * x - SIGMA_DATA * net(x * s, noise)) * s
