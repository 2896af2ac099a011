"""What a second source needs: weights that matter, the same weights over there, plain NumPy."""

import numpy as np
import torch


def shake(module):
    """Give every parameter and running statistic a value that matters."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3 + 0.1)
        for key, buffer in module.named_buffers():
            if buffer.is_floating_point():
                mean = 1.0 if key.endswith("var") else 0.0
                buffer.copy_(torch.rand(buffer.shape, generator=generator) * 0.5 + mean)
    return module


def carry(source, target):
    """Copy parameters and buffers in order; the shapes must agree."""
    ours, theirs = source.state_dict(), target.state_dict()
    assert len(ours) == len(theirs)
    pairs = zip(theirs, ours.values(), strict=True)
    target.load_state_dict({key: value.reshape(theirs[key].shape) for key, value in pairs})
    return target


def agree(ours, theirs, *given):
    for mode in (True, False):
        ours.train(mode)
        theirs.train(mode)
        torch.testing.assert_close(ours(*given), theirs(*given), rtol=1e-5, atol=1e-5)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numbers(module):
    return {key: value.detach().double().numpy() for key, value in module.state_dict().items()}


def conv(x, weight, bias=None, *, groups=1, mode="constant"):
    """Slide the kernel: x [C, H, W], weight [D, C / groups, k, k]; "same" padding."""
    k = weight.shape[-1]
    padded = np.pad(x, ((0, 0), (k // 2, k // 2), (k // 2, k // 2)), mode=mode)
    height, width = x.shape[1:]
    out = np.zeros((weight.shape[0], height, width))
    per, take = weight.shape[0] // groups, weight.shape[1]
    for d in range(weight.shape[0]):
        first = (d // per) * take
        for i in range(height):
            for j in range(width):
                window = padded[first : first + take, i : i + k, j : j + k]
                out[d, i, j] = (window * weight[d]).sum()
    return out if bias is None else out + bias[:, None, None]
