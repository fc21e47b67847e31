"""
ADM, the U-Net of Dhariwal and Nichol (arXiv 2105.05233, section 3), and EDM's preconditioning of it (Karras et al.,
arXiv 2206.00364, table 1) as a denoiser and a velocity. Written from the papers and from packages/unet; weights have
the names of EDM's checkpoints. Images are [B,C,H,W]; t is [B], 0 for data and 1 for noise.
"""

import torch
from torch import nn
from torch.nn import functional as F

SIGMA_DATA = 0.5


def norm(channels):
    return nn.GroupNorm(min(32, channels // 4), channels, eps=1e-5)


def conv(inputs, outputs, size=3):
    return nn.Conv2d(inputs, outputs, size, padding=size // 2)


class Block(nn.Module):
    """
    y = conv1(silu(norm1(conv0(resample(silu(norm0(x))))) (1 + scale) + shift)) + skip(resample(x)), then, with attention,
    y + proj(attention(qkv(norm2(y)))), in heads of 64 channels, or one head if there are fewer channels.
    """

    def __init__(self, inputs, outputs, embedding, resample=None, attention=False):
        super().__init__()
        self.resample = resample
        self.norm0, self.conv0 = norm(inputs), conv(inputs, outputs)
        self.affine = nn.Linear(embedding, 2 * outputs)
        self.norm1, self.conv1 = norm(outputs), conv(outputs, outputs)
        self.skip = conv(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        if resample:  # stored with the weights, but always this mean of 2x2 pixels
            for layer in self.conv0, self.skip:
                layer.register_buffer("resample_filter", torch.full((1, 1, 2, 2), 0.25))
        self.heads = max(1, outputs // 64) if attention else 0
        if attention:
            self.norm2, self.qkv, self.proj = norm(outputs), conv(outputs, 3 * outputs, 1), conv(outputs, outputs, 1)

    def resampled(self, x):
        if self.resample == "down":
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, scale_factor=2) if self.resample == "up" else x

    def forward(self, x, embedding):
        scale, shift = self.affine(embedding)[:, :, None, None].chunk(2, dim=1)
        h = self.norm1(self.conv0(self.resampled(F.silu(self.norm0(x))))) * (1 + scale) + shift
        y = self.conv1(F.silu(h)) + self.skip(self.resampled(x))
        if not self.heads:
            return y
        # row 3c + i of qkv is channel c of the i-th of q, k and v
        b, c, height, width = y.shape
        columns = self.qkv(self.norm2(y)).reshape(b, self.heads, c // self.heads, 3, height * width)
        q, k, v = columns.permute(3, 0, 1, 4, 2)
        weights = (q @ k.transpose(-1, -2) / (c // self.heads) ** 0.5).softmax(-1)
        return y + self.proj((weights @ v).transpose(-1, -2).reshape(y.shape))


class ADM(nn.Module):
    def __init__(self, config):
        super().__init__()
        channels, side, count = config["model_channels"], config["img_resolution"], config["num_blocks"]
        sides = [side >> i for i in range(len(config["channel_mult"]))]
        levels = [
            (f"{side}x{side}", channels * mult, side in config["attn_resolutions"])
            for side, mult in zip(sides, config["channel_mult"])
        ]
        self.half, e = channels // 2, channels * config["channel_mult_emb"]
        self.map_layer0, self.map_layer1 = nn.Linear(channels, e), nn.Linear(e, e)
        self.map_label = nn.Linear(config["label_dim"], e, bias=False)
        self.enc, self.dec, skips = nn.ModuleDict(), nn.ModuleDict(), []
        for at, out, attention in levels:
            if not skips:
                self.enc[f"{at}_conv"] = conv(config["in_channels"], out)
                skips = [out]
            else:
                self.enc[f"{at}_down"] = Block(skips[-1], skips[-1], e, "down")
                skips.append(skips[-1])
            for i in range(count):
                self.enc[f"{at}_block{i}"] = Block(skips[-1], out, e, attention=attention)
                skips.append(out)
        width = skips[-1]
        for at, out, attention in reversed(levels):
            if not self.dec:
                self.dec[f"{at}_in0"] = Block(width, width, e, attention=True)
                self.dec[f"{at}_in1"] = Block(width, width, e)
            else:
                self.dec[f"{at}_up"] = Block(width, width, e, "up")
            for i in range(count + 1):
                self.dec[f"{at}_block{i}"] = Block(width + skips.pop(), out, e, attention=attention)
                width = out
        self.out_norm, self.out_conv = norm(width), conv(width, config["out_channels"])

    def forward(self, x, noise_labels, class_labels):
        angles = noise_labels[:, None] * 10_000 ** -(torch.arange(self.half) / self.half)
        e = self.map_layer1(F.silu(self.map_layer0(torch.cat([angles.cos(), angles.sin()], dim=1))))
        e = F.silu(e + self.map_label(class_labels))
        skips = []
        for layer in self.enc.values():
            x = layer(x, e) if isinstance(layer, Block) else layer(x)
            skips.append(x)
        for layer in self.dec.values():
            x = layer(x if layer.norm0.num_channels == x.shape[1] else torch.cat([x, skips.pop()], dim=1), e)
        return self.out_conv(F.silu(self.out_norm(x)))


def denoise(net, x, sigma, classes):
    s = sigma[:, None, None, None]
    root = (s**2 + SIGMA_DATA**2).sqrt()
    return SIGMA_DATA**2 / root**2 * x + s * SIGMA_DATA / root * net(x / root, sigma.log() / 4, classes)


def velocity(net, x, t, classes):
    rest = (1 - t)[:, None, None, None]
    return (x - denoise(net, x / rest, t / (1 - t), classes)) / t[:, None, None, None]
