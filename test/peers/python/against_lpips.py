"""lpips: its three networks with random backbones and its own heads, and a gradient."""

from pathlib import Path

import exchange
import lpips
import torch

x, y = exchange.images("x"), exchange.images("y")
answers = {}
for name in ["vgg", "alex", "squeeze"]:
    torch.manual_seed(0)
    net = lpips.LPIPS(net=name, pnet_rand=True, verbose=False)
    # A slice of the backbone has torchvision's numbers of its layers.
    slices = {
        f"features.{key.split('.', 1)[1]}": value
        for key, value in net.net.state_dict().items()
        if key.startswith("slice")
    }
    torch.save(slices, exchange.folder / f"{name}.pth")
    heads = Path(lpips.__file__).parent / f"weights/v0.1/{name}.pth"
    (exchange.folder / f"{name}-heads.pth").write_bytes(heads.read_bytes())
    given = x.clone().requires_grad_(name == "vgg")
    distance = net(given, y)
    answers[name] = distance.detach().flatten()
    if name == "vgg":
        distance.sum().backward()
        answers["gradient"] = given.grad.permute(0, 2, 3, 1)
exchange.answer(**answers)
