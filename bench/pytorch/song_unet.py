"""
DDPM++ as EDM configures it (Karras et al., arXiv 2206.00364, appendix F; Song et al., arXiv 2011.13456), with EDM's
preconditioning as a velocity. Written from the papers and from packages/unet; weights have the reference's names.

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


def resampled(x, direction):
    """The filter [1,1]: means of 2x2 on the way down, the nearest pixel on the way up."""
    if direction == "down":
        return F.avg_pool2d(x, 2)
    if direction == "up":
        return F.interpolate(x, scale_factor=2, mode="nearest")
    return x


class Block(nn.Module):
    """y = (conv1(silu(norm1(conv0(resample(silu(norm0(x)))) + affine(e)))) + skip(x)) / sqrt(2), then attention if there is one."""

    def __init__(self, inputs, outputs, embedding, resample=None, attention=False):
        super().__init__()
        self.resample = resample
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
        h = self.conv0(resampled(F.silu(self.norm0(x)), self.resample))
        h = h + self.affine(embedding)[:, :, None, None]
        h = self.conv1(F.silu(self.norm1(h)))
        around = resampled(x, self.resample)
        y = (h + (self.skip(around) if self.skip else around)) * SKIP_SCALE
        if not self.attention:
            return y
        b, c, height, width = y.shape
        # row 3c + i of qkv is channel c of the i-th of q, k and v
        qkv = self.qkv(self.norm2(y)).reshape(b, c, 3, height * width)
        q, k, v = qkv.permute(2, 0, 3, 1).contiguous().unbind(0)
        attended = F.scaled_dot_product_attention(q, k, v)
        return (self.proj(attended.transpose(1, 2).reshape(b, c, height, width)) + y) * SKIP_SCALE


class SongUNet(nn.Module):
    def __init__(self, resolution, channels, model_channels, channel_mult, num_blocks, attn_resolutions):
        super().__init__()
        self.model_channels = model_channels
        embedding = 4 * model_channels
        self.map_layer0 = nn.Linear(model_channels, embedding)
        self.map_layer1 = nn.Linear(embedding, embedding)
        self.enc, self.dec = nn.ModuleDict(), nn.ModuleDict()
        width, skips = model_channels, []

        for level, mult in enumerate(channel_mult):
            side = resolution >> level
            at = f"{side}x{side}"
            if level == 0:
                self.enc[f"{at}_conv"] = conv(channels, width)
            else:
                self.enc[f"{at}_down"] = Block(width, width, embedding, "down")
            skips.append(width)
            for i in range(num_blocks):
                out = model_channels * mult
                self.enc[f"{at}_block{i}"] = Block(width, out, embedding, attention=side in attn_resolutions)
                width = out
                skips.append(width)

        for level, mult in reversed(list(enumerate(channel_mult))):
            side = resolution >> level
            at = f"{side}x{side}"
            if level == len(channel_mult) - 1:
                self.dec[f"{at}_in0"] = Block(width, width, embedding, attention=True)
                self.dec[f"{at}_in1"] = Block(width, width, embedding)
            else:
                self.dec[f"{at}_up"] = Block(width, width, embedding, "up")
            for i in range(num_blocks + 1):
                out = model_channels * mult
                attention = i == num_blocks and side in attn_resolutions
                self.dec[f"{at}_block{i}"] = Block(width + skips.pop(), out, embedding, attention=attention)
                width = out
        self.dec[f"{at}_aux_norm"] = Norm(width)
        self.dec[f"{at}_aux_conv"] = conv(width, channels)

    def forward(self, x, noise_labels):
        half = self.model_channels // 2
        freqs = 10_000 ** (-torch.arange(half, device=x.device, dtype=torch.float32) / (half - 1))
        angles = noise_labels[:, None] * freqs
        e = torch.cat([angles.sin(), angles.cos()], dim=1)
        e = F.silu(self.map_layer1(F.silu(self.map_layer0(e))))

        skips = []
        for layer in self.enc.values():
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
