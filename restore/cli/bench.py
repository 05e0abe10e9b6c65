"""`restore bench`: the time of each step of a run, and the ratio of the whole run to the ideal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from restore.cli import options
from restore.cli.recipe_options import NOTHING, Asked
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.bench_parts import BenchResult


def command(
    film: options.Film,
    asked: Asked = NOTHING,
    recipe: options.RecipeFile = None,
    work_dir: options.WorkDir = None,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Measure each step of a run separately, and the run as a whole.

    The film is restored twice: once as in a run, once one step at a time. The results are removed.
    """
    from restore.jobs.bench_parts import bench_film
    from restore.jobs.prepare import JobRequest
    from restore.recipe import load_recipe

    wanted = load_recipe(recipe, asked)
    result = bench_film(JobRequest(film, wanted, work_dir=work_dir))
    if as_json:
        print(json.dumps(result.as_record()))
    else:
        print_table(result)
    return 0


def print_table(bench: BenchResult) -> None:
    """The figures as a table."""
    from rich.console import Console
    from rich.table import Table

    from restore.jobs.bench_parts import CHECKS_GOAL, GOAL

    table = Table(box=None, header_style="bold")
    table.add_column("part alone")
    for title in ("seconds", "CPU-seconds", "fps"):
        table.add_column(title, justify="right")
    for name, cost in [*bench.parts.items(), ("whole run", bench.whole)]:
        fps = f"{bench.frames / cost.wall:.2f}"
        table.add_row(name, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", fps)
    console = Console(highlight=False)
    frames, cores = (
        quantities.counted(bench.frames, "frame"),
        quantities.counted(bench.cores, "core"),
    )
    console.print(f"{bench.film}: {frames}, {cores}", markup=False)
    console.print(table)
    console.print(f"ideal {bench.ideal:.2f} s, ratio {bench.ratio:.3f} (goal: at most {GOAL})")
    share = f"{bench.checks:.1%} of the run (goal: at most {CHECKS_GOAL:.0%})"
    console.print(f"survey, verification, join and audit: {share}")
    own, child = quantities.size(bench.memory), quantities.size(bench.child_memory)
    console.print(f"peak memory: {own}, its largest child process {child}")
