"""From options to job requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.jobs.requests import film_requests
from restore.recipe import Recipe

A, B = Path("reels/a.mp4"), Path("reels/b.mkv")


def test_one_film_one_name() -> None:
    """With a single film, -o is the result's name."""
    (request,) = film_requests([A], "out.mkv", None, {"upscale": 4}, {"overwrite": True})
    assert (request.job.film, request.job.output, request.folder) == (A, Path("out.mkv"), None)
    assert request.job.recipe == Recipe(upscale=4)
    assert request.job.overwrite


@pytest.mark.parametrize("films", [[A], [A, B]])
def test_an_existing_folder_takes_all_results(films: list[Path], tmp_path: Path) -> None:
    """A folder that exists is a folder, for one film or several."""
    found = film_requests(films, str(tmp_path), None, {}, {})
    assert [request.folder for request in found] == [tmp_path] * len(films)


def test_a_new_folder_is_named_with_a_slash_or_by_several_films(tmp_path: Path) -> None:
    """`-o new/` is a folder even before it exists; several films need one anyway."""
    new = tmp_path / "new"
    assert film_requests([A], f"{new}/", None, {}, {})[0].folder == new
    assert film_requests([A, B], str(new), None, {}, {})[1].folder == new
    assert not new.exists()


def test_several_films_do_not_fit_into_a_file(tmp_path: Path) -> None:
    """A file's name for several films is a mistake, not a folder of that name."""
    file = tmp_path / "out.mp4"
    file.touch()
    with pytest.raises(UsageError, match="Several films"):
        film_requests([A, B], str(file), None, {}, {})


def test_results_must_not_overwrite_each_other(tmp_path: Path) -> None:
    """Two films of one name can't share a folder, and no film is restored twice."""
    with pytest.raises(UsageError, match="same name"):
        film_requests([A, Path("other/a.mkv")], str(tmp_path), None, {}, {})
    with pytest.raises(UsageError, match="twice"):
        film_requests([A, A], None, None, {}, {})


def test_results_beside_their_films_must_not_overwrite_each_other(
    reel: Path, tmp_path: Path
) -> None:
    """Films of one stem: refused where their results would share a container, too."""
    for name in ("a.mp4", "a.avi"):
        (tmp_path / name).symlink_to(reel)
    films = [tmp_path / "a.mp4", tmp_path / "a.avi", tmp_path / "gone.mp4"]
    with pytest.raises(UsageError, match="same name") as caught:
        film_requests(films, None, None, {"codec": "ffv1"}, {})
    assert str(tmp_path / "a.restored.") in caught.value.where
    assert len(film_requests(films[1:], None, None, {"codec": "ffv1"}, {})) == 2


def test_all_mistakes_at_once() -> None:
    """Mistakes in options and in names are reported together."""
    with pytest.raises(UsageError) as caught:
        film_requests([A, A], None, None, {"upscale": 3, "crf": 99}, {})
    text = str(caught.value)
    assert "--upscale" in text
    assert "--crf" in text
    assert "twice" in text


def test_a_name_may_leave_the_container_open(reel: Path, tmp_path: Path) -> None:
    """`-o name.*` is that name in the container that suits film and codec, dots and all."""
    (request,) = film_requests([reel], str(tmp_path / "a.b.*"), None, {}, {})
    assert request.named().output == tmp_path / "a.b.mp4"
    (request,) = film_requests([reel], str(tmp_path / "a.b.*"), None, {"codec": "prores"}, {})
    assert request.named().output == tmp_path / "a.b.mov"


def test_the_name_of_pictures_says_their_codec(tmp_path: Path) -> None:
    """`-o reel/frame_%06d.dpx` asks for DPX; --codec goes before it, and several films need a folder."""
    (request,) = film_requests([A], "reel/frame_%06d.dpx", None, {}, {})
    assert (request.job.recipe.codec, request.job.output) == ("dpx", Path("reel/frame_%06d.dpx"))
    (request,) = film_requests([A], "reel/frame_%06d.TIF", None, {"codec": "png"}, {})
    assert request.job.recipe.codec == "png"
    recipe = tmp_path / "archive.toml"
    recipe.write_text('codec = "hevc"\n')
    (request,) = film_requests([A], "reel/frame_%06d.tiff", recipe, {}, {})
    assert request.job.recipe.codec == "tiff"
    with pytest.raises(UsageError, match="separate folders"):
        film_requests([A, B], "reel/frame_%06d.dpx", None, {}, {})
    folder = tmp_path / "odd.png"
    folder.mkdir()
    assert film_requests([A], str(folder), None, {}, {})[0].job.recipe.codec == "h264"
