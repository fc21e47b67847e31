"""piq: LPIPS with average pooling, which 2-rectified flow++ is trained with, and measures of images and of features."""

from pathlib import Path

import exchange
import lpips
import piq
import torch
from torch.nn import functional as F
from torchvision.models import vgg16

torch.manual_seed(0)
backbone = vgg16(weights=None)
torch.save({f"features.{key}": value for key, value in backbone.features.state_dict().items()}, exchange.folder / "vgg.pth")
path = Path(lpips.__file__).parent / "weights/v0.1/vgg.pth"
(exchange.folder / "vgg-heads.pth").write_bytes(path.read_bytes())
heads = torch.load(path, map_location="cpu")

# What piq would download: a trained backbone, for which this one stands in, and the heads, which are those of the lpips package.
piq.perceptual.vgg16 = lambda **options: backbone
torch.hub.load_state_dict_from_url = lambda *arguments, **options: [heads[f"lin{i}.model.1.weight"] for i in range(5)]
loss = piq.LPIPS(replace_pooling=True, reduction="none")

x, y = ((exchange.images(name) + 1) / 2 for name in "xy")
big = [F.interpolate(image, size=(72, 72), mode="bilinear", align_corners=False) for image in (x, y)]
first, second = (torch.tensor(exchange.given[name]) for name in ("first", "second"))
exchange.answer(
    lpips=loss(x, y),
    resized=loss(*big),
    psnr=piq.psnr(x, y, reduction="none"),
    frechet=piq.FID().compute_metric(first, second),
    kernel=piq.KID(degree=3, coef0=1, n_subsets=1, subset_size=len(first)).compute_metric(first, second),
    score=piq.inception_score(first, num_splits=1)[0],
)
