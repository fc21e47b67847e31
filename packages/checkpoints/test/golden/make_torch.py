"""Files as PyTorch writes them, and the same numbers as .npz: python make_torch.py (PyTorch 2.13.0, NumPy 2.4.6)."""
import io
import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import torch

torch.manual_seed(0)
dtypes = dict(f32=torch.float32, f64=torch.float64, f16=torch.float16, bf16=torch.bfloat16, i64=torch.int64,
              i32=torch.int32, i16=torch.int16, i8=torch.int8, u8=torch.uint8, bool=torch.bool)
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
shared = torch.arange(10, dtype=torch.float32)
model = OrderedDict((name, (torch.randn(3, 4) * 5).to(dtype)) for name, dtype in dtypes.items())
model.update({
    'transposed': base.permute(2, 0, 1),
    'sliced': base[1, ::2, 1:3],
    'shared.head': shared[:4],
    'shared.tail': shared[6:],
    'shared.all': shared,
    'tied': shared,
    'expanded': torch.tensor([2.5]).expand(3),
    'scalar': torch.tensor(7.25),
    'empty': torch.zeros(0, 3),
    'parameter': torch.nn.Parameter(torch.randn(2, 2)),
})
ema = OrderedDict((name, value.clone()) for name, value in model.items() if value.dtype == torch.float32)
checkpoint = {'model': model, 'ema': ema, 'step': 5, 'lr': 1e-4, 'name': 'x', 'best': None,
              'optimizer': {'state': {0: {'exp_avg': torch.ones(2)}}, 'param_groups': [{'betas': (0.9, 0.999)}]},
              'history': [torch.zeros(1), torch.ones(1)], 'metric': np.float64(0.5)}
torch.save(checkpoint, 'zip.pth')
torch.save(checkpoint, 'legacy.pth', _use_new_zipfile_serialization=False)
torch.save({'x': torch.ones(2, dtype=torch.uint16)}, 'v3.pth')
torch.save(torch.nn.Sequential(OrderedDict(fc=torch.nn.Linear(2, 3), norm=torch.nn.BatchNorm1d(3))), 'module.pth')
torch.save({'x': torch.ones(1, dtype=torch.complex64)}, 'complex.pth')


def flat(value, path=''):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else []
    for key, item in items:
        name = f'{path}.{key}' if path else str(key)
        if isinstance(item, torch.Tensor):
            item = item.detach()
            yield name, (item.float() if item.dtype == torch.bfloat16 else item).contiguous().numpy()
        else:
            yield from flat(item, name)


np.savez('torch-expected.npz', **dict(flat(checkpoint)))

# A network pickle as EDM writes it: an object is pickled as a call of a function with a dict of the source and the name of
# its class and its attributes, so that it can be unpickled on a machine that doesn't have the source.
persistence = types.ModuleType('torch_utils.persistence')
sys.modules['torch_utils'] = types.ModuleType('torch_utils')
sys.modules['torch_utils.persistence'] = persistence


def _reconstruct_persistent_obj(meta):
    raise NotImplementedError


_reconstruct_persistent_obj.__module__ = 'torch_utils.persistence'
persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj


class Persistent:
    def __reduce__(self):
        meta = dict(type='class', version=6, module_src='raise SystemExit', class_name=type(self).__name__,
                    state=dict(self.__dict__))
        return _reconstruct_persistent_obj, (meta,), None


def persistent(cls):
    def init(self, *args, **kwargs):
        cls.__init__(self, *args, **kwargs)
        self._init_args, self._init_kwargs = args, kwargs
    return type(cls.__name__, (Persistent, cls), {'__init__': init})


@persistent
class Linear(torch.nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(out_features, in_features))
        self.bias = torch.nn.Parameter(torch.randn(out_features)) if bias else None


@persistent
class SongUNet(torch.nn.Module):
    def __init__(self, img_resolution, channel_mult):
        super().__init__()
        self.map_layer0 = Linear(in_features=4, out_features=3)
        self.enc = torch.nn.ModuleDict({'8x8_conv': Linear(in_features=2, out_features=2, bias=False)})
        self.register_buffer('resample_filter', torch.ones(1, 1, 2, 2).half())
        self.register_buffer('scratch', torch.zeros(3), persistent=False)


@persistent
class EDMPrecond(torch.nn.Module):
    def __init__(self, img_resolution, img_channels, label_dim=0, use_fp16=False, sigma_min=0, sigma_max=float('inf'),
                 sigma_data=0.5, model_type='SongUNet', **model_kwargs):
        super().__init__()
        self.img_resolution, self.label_dim, self.use_fp16 = img_resolution, label_dim, use_fp16
        self.sigma_min, self.sigma_max, self.sigma_data = sigma_min, sigma_max, sigma_data
        self.model = SongUNet(img_resolution=img_resolution, **model_kwargs)


@persistent
class EDMLoss:
    def __init__(self, P_mean=-1.2):
        self.P_mean = P_mean


net = EDMPrecond(img_resolution=8, img_channels=3, use_fp16=True, channel_mult=[1, 2], model_type='SongUNet')
data = dict(ema=net.eval().requires_grad_(False), loss_fn=EDMLoss(), augment_pipe=None,
            dataset_kwargs=dict(class_name='training.dataset.ImageFolderDataset', path='x.zip', resolution=np.int64(8)))
with open('edm.pkl', 'wb') as f:
    pickle.dump(data, f)
np.savez('edm-expected.npz', **{name: value.numpy() for name, value in net.state_dict().items()})

# A pickle that runs a command where it is unpickled.
class Attack:
    def __reduce__(self):
        import os
        return os.system, ('exit 1',)


torch.save({'x': Attack()}, 'attack.pth')
