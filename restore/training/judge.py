"""`python -m restore.training.judge NAME ...`: the tables that stand in the models' cards."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from restore.models import Card, find, load
from restore.training.clips import read_clip
from restore.training.degrade.amounts import Spread
from restore.training.judge_color import ColorRow, bench_stills, judge_color, judging_stills
from restore.training.judge_luma import LumaRow, judge_luma
from restore.training.settings import read_settings

SEED = 1906
"""Fixes every ageing of every judging clip."""
AGEINGS = 4
"""How often each judging clip is aged anew."""


def main(arguments: list[str] | None = None) -> None:
    """Judge the named models one after the other and write their tables to standard output."""
    parser = argparse.ArgumentParser(prog="python -m restore.training.judge", description=__doc__)
    parser.add_argument("models", nargs="+", help="names or folders")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    for name in given.models:
        card = find(name)
        lines = color_lines(card, given.data) if card.readout else luma_lines(card, given.data)
        for line in lines:
            tqdm.write(line)


def luma_lines(card: Card, data: Path) -> Iterator[str]:
    """A Markdown table, one line a clip (mean over its ageings), the mean of all at the end."""
    rows = judge_luma(load(card), card.scale, data, read_clip, AGEINGS, SEED)
    yield f"| {card.full_name}: clip | Lanczos PSNR | SSIM | net PSNR | SSIM | gain dB |"
    yield "|---|---|---|---|---|---|"
    for clip in dict.fromkeys(row.clip for row in rows):
        yield _luma_line(clip, [row for row in rows if row.clip == clip])
    yield _luma_line("**mean**", rows)
    better = sum(row.net[0] > row.lanczos[0] and row.net[1] > row.lanczos[1] for row in rows)
    yield f"\nBetter than Lanczos in both: {better} of {len(rows)} aged clips."


def _luma_line(name: str, rows: Sequence[LumaRow]) -> str:
    old_psnr, old_ssim, new_psnr, new_ssim = (
        sum(values) / len(rows)
        for values in zip(*((*row.lanczos, *row.net) for row in rows), strict=True)
    )
    scores = f"{old_psnr:.2f} | {old_ssim:.4f} | {new_psnr:.2f} | {new_ssim:.4f}"
    return f"| {name} | {scores} | {new_psnr - old_psnr:+.2f} |"


def color_lines(card: Card, data: Path) -> Iterator[str]:
    """A Markdown table, one line for each set of pictures, as plain and as film-like grey."""
    if card.readout is None:
        raise ValueError(f"{card.full_name} has no readout")
    net = load(card)
    film_like = _ageing(card)
    clips, bench = judging_stills(data, read_clip), bench_stills(data)
    yield (
        f"| {card.full_name}: pictures | n | chroma RMSE | grey | one tint | own tints (oracle) "
        "| Lab ab RMSE | grey | below grey | colorfulness |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, stills in (("judging clips", clips), ("data/bench", bench)):
        yield _color_line(judge_color(net, card.readout, f"{name}, grey", stills, None))
        yield _color_line(judge_color(net, card.readout, f"{name}, aged", stills, film_like))


def _color_line(row: ColorRow) -> str:
    share = 100 * (1 - row.chroma / row.grey)
    errors = (row.chroma, row.grey, row.tint, row.own_tint, row.lab, row.lab_grey)
    written = " | ".join(f"{error:.2f}" for error in errors)
    return f"| {row.pictures} | {row.count} | {written} | {share:.1f} % | {row.colorfulness:.2f} |"


def _ageing(card: Card) -> Spread:
    """The ranges that the model was trained with, where its train.toml lies beside it."""
    path = card.folder / "train.toml"
    return read_settings(path).ageing if path.is_file() else Spread()


if __name__ == "__main__":
    main()
