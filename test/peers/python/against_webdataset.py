"""webdataset: reads the tars of a pair store."""

import exchange
import numpy as np
import webdataset

tars = sorted(str(path) for path in (exchange.folder / "tars").glob("*.tar"))
samples = list(webdataset.WebDataset(tars, shardshuffle=False).decode())
exchange.answer(
    keys=[int(sample["__key__"]) for sample in samples],
    x=np.stack([sample["x.npy"] for sample in samples]),
    z=np.stack([sample["z.npy"] for sample in samples]),
    classes=[sample["cls"] for sample in samples],
)
