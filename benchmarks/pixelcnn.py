"""How much faster PixelCNN's cached samples are than naive ones, in the size of PixColor.

    python benchmarks/pixelcnn.py [--batch 16] [--size 28] [--runs 1] [--quick]

Both samplers get the same random numbers. They take turns; the naive one computes the whole network for every
value, which takes minutes. With --quick its time is that of 40 values, multiplied; samples are not compared.
"""

import argparse
import statistics
import time

import torch

from restore.nets.layers.pixelcnn import PixelCNN
from restore.nets.layers.pixelcnn_sampler import sample, sample_naive

_TIMED = 40
"""Values for which the naive sampler is timed with --quick."""


def main() -> None:
    """Time both samplers and compare their samples."""
    parser = argparse.ArgumentParser(description="Times cached and naive samples of a PixelCNN.")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    torch.manual_seed(1)
    net = PixelCNN(channels=2, levels=32, width=64, layers=10, condition=64).eval()
    uniforms = torch.rand(given.batch, 2, given.size, given.size)
    features = torch.randn(given.batch, 64, given.size, given.size)
    ratios: list[float] = []
    for _ in range(given.runs):
        start = time.perf_counter()
        fast = sample(net, uniforms, features)
        middle = time.perf_counter()
        cached = middle - start
        if given.quick:
            naive, equal = _estimated(net, uniforms, features), "not compared"
        else:
            slow = sample_naive(net, uniforms, features)
            naive = time.perf_counter() - middle
            equal = f"{float((fast == slow).double().mean()):.3%}"
        ratios.append(naive / cached)
        print(f"cached {cached:.2f} s, naive {naive:.1f} s, equal values {equal}")
    print(f"{statistics.median(ratios):.0f} times faster ({min(ratios):.0f} to {max(ratios):.0f})")


@torch.inference_mode()
def _estimated(net: PixelCNN, uniforms: torch.Tensor, features: torch.Tensor) -> float:
    """The time of the naive sampler, from that of a few values."""
    values = torch.zeros(uniforms.shape, dtype=torch.int64)
    start = time.perf_counter()
    for _ in range(_TIMED):
        net(values, features)
    return (time.perf_counter() - start) / _TIMED * uniforms[0].numel()


if __name__ == "__main__":
    main()
