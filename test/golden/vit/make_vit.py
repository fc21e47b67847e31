"""Features of vision transformers with stated weights: python make_vit.py features.safetensors shapes.json

The networks are transformers' Dinov2Model and CLIPVisionModelWithProjection in float64. The positions of DINOv2 are interpolated as
in facebookresearch/dinov2, whose scale factor is (patches + 0.1) / grid; transformers 5 has patches / grid. Images are resized by
Pillow, each channel in mode F, and clipped to 0..255.

<network>/images: 8-bit images [N,H,W,3]; <network>/features [N,F]. The metadata has the networks' sizes, as vit-config.ts has them.
shapes.json has the names and shapes of the weights, as in the published files.

Weight k in the order of the names, number i: value = mean + spread u, where u in [-1,1) is made from i and k by `uniform`; mean is 1
for the gains of norms and 1/2 for LayerScale, else 0; spread is sqrt(3 / inputs) for matrices and 0.1 for all others.
"""
import json
import sys

import numpy as np
import PIL
import torch
import transformers
from PIL import Image
from safetensors.numpy import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, Dinov2Config, Dinov2Model

SEED = 31
CONFIGS = {
    'tiny-dinov2': dict(family='dinov2', network='tiny', size=56, patch=14, grid=5, width=32, depth=2, heads=2),
    'tiny-clip': dict(family='clip', network='tiny', size=64, patch=32, width=32, depth=2, heads=2, projection=16),
    'dinov2-small': dict(family='dinov2', network='DINOv2 ViT-S/14', size=224, patch=14, grid=37, width=384, depth=12, heads=6),
    'clip-base-32': dict(family='clip', network='CLIP ViT-B/32', size=224, patch=32, width=768, depth=12, heads=12,
                         projection=512),
}
FORM = {
    'dinov2': ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    'clip': ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]),
}
# The names in the published file of DINOv2, which transformers 5 renames.
PUBLISHED = {'attention.q_proj': 'attention.attention.query', 'attention.k_proj': 'attention.attention.key',
             'attention.v_proj': 'attention.attention.value', 'attention.o_proj': 'attention.output.dense'}


def uniform(k, shape):
    h = np.arange(np.prod(shape), dtype=np.uint32) ^ np.uint32((k + 1) * 0x9E3779B9 % 2**32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return (h / 2.0**31 - 1).reshape(shape)


def weight(k, name, shape):
    mean = 0.5 if name.endswith('lambda1') else float('norm' in name and name.endswith('weight'))
    matrix = len(shape) > 1 and name.endswith('weight') and 'position' not in name
    spread = np.sqrt(3 / np.prod(shape[1:])) if matrix else 0.1
    return (mean + spread * uniform(k, shape)).astype(np.float32)


def build(config):
    sizes = dict(hidden_size=config['width'], num_hidden_layers=config['depth'], num_attention_heads=config['heads'],
                 patch_size=config['patch'])
    if config['family'] == 'clip':
        return CLIPVisionModelWithProjection(CLIPVisionConfig(**sizes, intermediate_size=4 * config['width'],
                                                              image_size=config['size'], projection_dim=config['projection']))
    net = Dinov2Model(Dinov2Config(**sizes, image_size=config['grid'] * config['patch']))
    net.embeddings.interpolate_pos_encoding = lambda *_: positions(net.embeddings.position_embeddings, config)
    return net


def positions(all, config):
    side, grid, width = config['size'] // config['patch'], config['grid'], config['width']
    rest = all[:, 1:].reshape(1, grid, grid, width).permute(0, 3, 1, 2)
    scaled = torch.nn.functional.interpolate(rest, scale_factor=(side + 0.1) / grid, mode='bicubic')
    assert scaled.shape[-2:] == (side, side)
    return torch.cat([all[:, :1], scaled.permute(0, 2, 3, 1).reshape(1, -1, width)], 1)


def pixels(images, config):
    side = config['size']
    resized = [[np.asarray(Image.fromarray(image[..., c].astype(np.float32), mode='F').resize((side, side), Image.BICUBIC))
                for c in range(3)] for image in images]
    mean, deviation = FORM[config['family']]
    v = np.clip(np.array(resized, dtype=np.float64), 0, 255) / 255
    return torch.tensor((v - np.reshape(mean, (3, 1, 1))) / np.reshape(deviation, (3, 1, 1)))


rng = np.random.default_rng(SEED)
tensors, all_shapes = {}, {}
for key, config in CONFIGS.items():
    net = build(config)
    shapes = {}
    for name, tensor in net.state_dict().items():
        for ours, theirs in PUBLISHED.items():
            name = name.replace(ours, theirs) if config['family'] == 'dinov2' else name
        shapes[name] = tuple(tensor.shape)
    all_shapes[key] = dict(sorted(shapes.items()))
    order = {name: k for k, name in enumerate(all_shapes[key])}
    values = [torch.tensor(weight(order[name], name, shape)) for name, shape in shapes.items()]
    net.load_state_dict(dict(zip(net.state_dict(), values)))
    net = net.double().eval()
    images = rng.integers(0, 256, (2, 40, 30, 3), dtype=np.uint8)
    with torch.no_grad():
        found = net(pixel_values=pixels(images, config))
    features = found.image_embeds if config['family'] == 'clip' else found.last_hidden_state[:, 0]
    tensors[f'{key}/images'] = images
    tensors[f'{key}/features'] = features.numpy().astype(np.float32)
    print(key, features.shape, 'largest', features.abs().max().item(), 'apart', (features[0] - features[1]).abs().max().item())

versions = {'numpy': np.__version__, 'pillow': PIL.__version__, 'torch': torch.__version__,
            'transformers': transformers.__version__}
save_file(tensors, sys.argv[1], {'configs': json.dumps(CONFIGS), 'seed': str(SEED), **versions})
with open(sys.argv[2], 'w') as file:
    file.write(json.dumps(all_shapes, separators=(',', ':')).replace('},', '},\n') + '\n')
