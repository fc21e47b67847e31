"""clean-fid: its resize, larger and smaller, and its distances of features."""

import exchange
import numpy as np
from cleanfid.fid import fid_from_feats, kernel_distance
from cleanfid.resize import build_resizer

pixels = {name: np.round((exchange.given[name] + 1) * 127.5).astype(np.uint8) for name in ("small", "large")}
resize = build_resizer("clean")
first, second = exchange.given["first"], exchange.given["second"]
exchange.answer(
    small=np.stack([resize(image) for image in pixels["small"]]),
    large=np.stack([resize(image) for image in pixels["large"]]),
    frechet=fid_from_feats(first, second),
    kernel=kernel_distance(first, second, num_subsets=1),
)
