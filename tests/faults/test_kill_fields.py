"""kill -9 while fields become frames: the same command again gives the same frames."""

from __future__ import annotations

from pathlib import Path

from tests.faults.tool import pictures, restore, started
from tests.media.films import make

SLOWLY = ("--deinterlace", "auto", "--pulldown", "auto", "--preset", "veryslow", "--json")


def test_a_killed_run_of_an_interlaced_film_goes_on(tmp_path: Path) -> None:
    """The frame map and the missing rows do not depend on when a run was interrupted."""
    film, undisturbed, killed = (
        tmp_path / name for name in ("film.mkv", "undisturbed.mp4", "killed.mp4")
    )
    scene = "mandelbrot=s=192x144:r=50:end_scale=0.02:end_pts=600,trim=duration=6,format=yuv420p"
    make(film, "-c:v", "ffv1", drawn=f"{scene},tinterlace=interleave_top,setfield=tff")
    assert restore(film, "-o", undisturbed, *SLOWLY).code == 0
    run = started(film, "-o", killed, *SLOWLY)
    assert run.wait_for("partdone")
    assert run.kill()
    assert not killed.exists()
    answer = restore(film, "-o", killed, *SLOWLY)
    assert answer.code == 0, answer.err
    assert answer.parts("reused")
    assert pictures(killed) == pictures(undisturbed)
