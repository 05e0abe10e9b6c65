"""How much faster PixelCNN's cached samples are than naive ones, in the size of PixColor.

    python benchmarks/pixelcnn.py [--batch 16] [--size 28] [--runs 1]

Both samplers get the same random numbers. They take turns; the naive one computes the whole network for every
value, which takes minutes.
"""

import argparse
import statistics
import time

import torch

from restore.nets.layers.pixelcnn import PixelCNN
from restore.nets.layers.pixelcnn_sampler import sample, sample_naive


def main() -> None:
    """Time both samplers and compare their samples."""
    parser = argparse.ArgumentParser(description="Times cached and naive samples of a PixelCNN.")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--runs", type=int, default=1)
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
        slow = sample_naive(net, uniforms, features)
        cached, naive = middle - start, time.perf_counter() - middle
        ratios.append(naive / cached)
        equal = float((fast == slow).double().mean())
        print(f"cached {cached:.2f} s, naive {naive:.1f} s, equal values {equal:.3%}")
    print(f"{statistics.median(ratios):.0f} times faster ({min(ratios):.0f} to {max(ratios):.0f})")


if __name__ == "__main__":
    main()
