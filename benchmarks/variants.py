"""How much the variants of the shots of films differ: the mean CIEDE2000 of all pairs.

    python benchmarks/variants.py FILM... [--count 6] [--color-sampler NAME]

Each shot that `restore variants` would draw has a line: frames, the mean difference of its variants, and the
log likelihood per value of each. The last line has the share of shots with a difference of at least 5.
"""

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from restore.evaluation.colormetrics import ciede2000, lab
from restore.jobs.color_choices import Chooser, color_decision
from restore.jobs.prepare import cards_for, plan_film, survey_film
from restore.jobs.shot_pictures import shot_pictures
from restore.jobs.variants_sheet import colored
from restore.media.container.probe import probe
from restore.recipe import Recipe
from restore.run.frames import Job
from restore.treatments.colorize.choosing import color_frame, enlarged
from restore.treatments.colorize.sampler import sampled_colors

_VISIBLE = 5.0
"""CIEDE2000 from which two colorings of a shot are clearly different."""


def main() -> None:
    """Print the differences of all shots."""
    parser = argparse.ArgumentParser(description="Measures how much variants of shots differ.")
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--color-sampler")
    given = parser.parse_args()
    found: list[float] = []
    for film in given.films:
        for difference, text in _shots(film, given.count, given.color_sampler):
            print(f"{film.name} {text}", flush=True)
            found.append(difference)
    share = sum(one >= _VISIBLE for one in found) / len(found)
    print(f"{len(found)} shots, median {np.median(found):.1f}; at least {_VISIBLE:g}: {share:.0%}")


def _shots(film: Path, count: int, sampler: str | None) -> Iterator[tuple[float, str]]:
    """The difference of each shot that is colored, and its line."""
    recipe = Recipe.model_validate({"colorize": True})
    source = probe(film, None)
    with tempfile.TemporaryDirectory() as folder:
        thumbnails = Path(folder) / "thumbnails"
        survey = survey_film(source, recipe, thumbnails, lambda done: None)
        plan = plan_film(source, survey, recipe, cards_for(source, recipe), suffix="")
        job = Job(source, survey, plan, thumbnails)
        chooser = Chooser(job, sampler)
        for number, shot in enumerate(plan.shots, start=1):
            if color_decision(shot) is None:
                continue
            with shot_pictures(job, shot.span) as luma:
                here = luma[color_frame(luma)]
            drawn = sampled_colors(chooser.draws, here, range(1, count + 1))
            pictures = [_as_lab(colored(here, enlarged(each.chroma, here))) for each in drawn]
            pairs = itertools.combinations(pictures, 2)
            difference = float(np.mean([float(ciede2000(one, two).mean()) for one, two in pairs]))
            likely = " ".join(f"{each.likelihood:.2f}" for each in drawn)
            span = f"frames {shot.span.start}-{shot.span.stop - 1}"
            yield difference, f"shot {number} ({span}): {difference:.1f}; {likely}"


def _as_lab(picture: np.ndarray) -> torch.Tensor:
    """CIELAB [1, 3, H, W] of R'G'B' [H, W, 3], 8-bit."""
    return lab(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255)


if __name__ == "__main__":
    main()
