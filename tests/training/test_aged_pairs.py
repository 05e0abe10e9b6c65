"""Aged shots on disk and the patches cut from them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from restore.ageing.draw import AgeingRanges
from restore.ageing.random_streams import seeded
from restore.errors import RestoreError, SourceError
from restore.evaluation.clean_films import CleanFilm
from restore.training.aged_pairs import Patches, ShotList, prepare, whole_frames
from restore.training.settings import PairSettings
from tests.training.made import still_noise

PAIRS = PairSettings(shots=5, frames=4, height=32, width=48, max_frame_step=3)


def shots(**changes: object) -> ShotList:
    """Five shots of two films."""
    values = {
        "films": (Path("a"), Path("b")),
        "settings": PAIRS,
        "ranges": AgeingRanges(),
        "scale": 2,
    }
    return ShotList(**{**values, "seeds": (1,), **changes})


def test_shots_are_made_once_and_the_same_again(tmp_path: Path) -> None:
    """A lost shot is made again bit for bit; existing ones are not touched."""
    paths = prepare(shots(), still_noise, tmp_path)
    before = {path: path.read_bytes() for path in paths}
    times = {path: path.stat().st_mtime_ns for path in paths}
    paths[3].unlink()

    assert paths == prepare(shots(), still_noise, tmp_path)

    assert before == {path: path.read_bytes() for path in paths}
    assert sum(times[path] != path.stat().st_mtime_ns for path in paths) == 1


def test_each_process_makes_its_share(tmp_path: Path) -> None:
    """Two halves are the whole, films are opened only where needed, progress is reported."""
    opened: list[str] = []
    reported: list[tuple[int, int]] = []

    def watched(path: Path) -> CleanFilm:
        opened.append(path.name)
        return still_noise(path)

    whole = prepare(shots(), still_noise, tmp_path / "whole")
    first = prepare(
        shots(), watched, tmp_path / "halves", (0, 2), lambda *one: reported.append(one)
    )
    assert [path.exists() for path in first] == [True, False, True, False, True]
    second = prepare(shots(), watched, tmp_path / "halves", (1, 2))

    assert [a.read_bytes() for a in whole] == [b.read_bytes() for b in second]
    assert opened == ["a", "b"]
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_shots_of_other_settings_are_not_mixed(tmp_path: Path) -> None:
    """Films, ageing, sizes and seeds have their own folder; more shots are added to those there."""
    plain = prepare(shots(), still_noise, tmp_path)
    others = [
        shots(films=(Path("a"),)),
        shots(ranges=AgeingRanges(grain_chance=0)),
        shots(seeds=(2,)),
        shots(scale=4),
        shots(settings=PAIRS.model_copy(update={"height": 24})),
    ]
    assert len({other.key for other in [shots(), *others]}) == 6

    more = prepare(shots(settings=PAIRS.model_copy(update={"shots": 6})), still_noise, tmp_path)
    assert plain == more[:5]


def test_shots_of_a_film_that_was_replaced_are_made_again(tmp_path: Path) -> None:
    """Another file under the same name, of another size: its shots are new, the others stay."""
    films = (tmp_path / "a", tmp_path / "b")
    for film in films:
        film.write_bytes(b"a film")
    paths = prepare(shots(films=films), still_noise, tmp_path / "pairs")
    times = [path.stat().st_mtime_ns for path in paths]
    films[1].write_bytes(b"another film")

    assert paths == prepare(shots(films=films), still_noise, tmp_path / "pairs")

    again = [path.stat().st_mtime_ns != time for path, time in zip(paths, times, strict=True)]
    assert again == [False, True, False, True, False]


def test_films_that_cannot_be_used_are_left_out_if_wanted(tmp_path: Path) -> None:
    """Unreadable or too small: the shots of the others are made, and the reasons passed on."""

    def picky(path: Path) -> CleanFilm:
        if path.name == "a":
            raise SourceError("This is not a film.", str(path))
        return still_noise(path)

    with pytest.raises(SourceError):
        prepare(shots(), picky, tmp_path)
    reasons: list[tuple[str, str]] = []

    def leave_out(path: Path, error: RestoreError) -> None:
        reasons.append((path.name, error.what))

    paths = prepare(shots(), picky, tmp_path, leave_out=leave_out)
    assert [path.exists() for path in paths] == [False, True, False, True, False]
    assert reasons == [("a", "This is not a film.")]

    wide = shots(settings=PAIRS.model_copy(update={"width": 480}))
    prepare(wide, still_noise, tmp_path, leave_out=leave_out)
    assert [name for name, _ in reasons[1:]] == ["a", "b"]
    assert "too small" in reasons[1][1]


@pytest.mark.parametrize("scale", [2, 3, 5])
def test_an_excerpt_is_cut_to_a_multiple_of_the_scale(tmp_path: Path, scale: int) -> None:
    """Sizes that the scale does not divide lose their last rows and columns."""
    wanted = PAIRS.model_copy(update={"height": 35, "width": 49})
    pair = load_file(prepare(shots(settings=wanted, scale=scale), still_noise, tmp_path)[0])

    assert pair["aged"].shape == (4, 35 // scale, 49 // scale)
    assert pair["truth"].shape == (4, 35 // scale * scale, 49 // scale * scale)


def test_shots_hold_both_sides_in_code_values(tmp_path: Path) -> None:
    """8-bit frames, the aged side smaller by the scale."""
    path = prepare(shots(), still_noise, tmp_path)[0]
    pair = load_file(path)

    assert pair["aged"].shape == (4, 16, 24)
    assert pair["truth"].shape == (4, 32, 48)
    assert {torch.uint8} == {side.dtype for side in pair.values()}


def test_whole_frames_show_the_middle_of_a_shot(coordinates: Path) -> None:
    """The window is around the frame of the ground truth, at its full size."""
    window, truth = whole_frames(coordinates, 3)

    assert window.shape == (1, 3, 10, 12)
    torch.testing.assert_close(truth[:, :, ::2, ::2], window[:, 1:2])
    assert (window * 255).round().diff(dim=1)[0, :, 0, 0].int().tolist() == [1, 1]


@pytest.fixture
def coordinates(tmp_path: Path) -> Path:
    """A shot whose pixels encode their position, the ground truth at twice the size."""
    rows, columns = torch.meshgrid(torch.arange(10), torch.arange(12), indexing="ij")
    place = rows * 12 + columns
    aged = torch.stack([place + frame for frame in range(5)]).byte()
    truth = aged.repeat_interleave(2, -1).repeat_interleave(2, -2)
    save_file({"aged": aged.contiguous(), "truth": truth.contiguous()}, tmp_path / "shot")
    return tmp_path / "shot"


def test_a_patch_and_its_truth_show_the_same_place_and_frame(coordinates: Path) -> None:
    """Both are mirrored in the same way: the ground truth is the window's middle frame, at twice the size."""
    patches = Patches([coordinates], 6, scale=2, frames=3, repeat_chance=0)
    for seed in range(30):
        window, truth = patches.draw(seeded(seed))
        assert window.shape == (1, 3, 6, 6)
        torch.testing.assert_close(truth[:, :, ::2, ::2], window[:, 1:2])


def test_patches_are_mirrored_but_never_rotated(coordinates: Path) -> None:
    """Rows stay rows: scratches are vertical, and a network may learn that."""
    patches = Patches([coordinates], 6, scale=2, frames=1, repeat_chance=0)
    steps: set[tuple[int, int]] = set()
    for seed in range(40):
        truth = patches.draw(seeded(seed))[1][0, 0] * 255
        steps.add(
            (round(float(truth[0, 2] - truth[0, 0])), round(float(truth[2, 0] - truth[0, 0])))
        )
    assert steps == {(1, 12), (1, -12), (-1, 12), (-1, -12)}


@pytest.mark.parametrize("decoy", ["scene_line_share", "lettering_share"])
def test_drawn_lines_and_lettering_are_in_the_ground_truth(decoy: str, tmp_path: Path) -> None:
    """With a share of one every shot has some, without it none."""
    settings = PAIRS.model_copy(update={decoy: 1.0})
    plain = prepare(shots(), still_noise, tmp_path)
    for path, without in zip(
        prepare(shots(settings=settings), still_noise, tmp_path), plain, strict=True
    ):
        assert not torch.equal(load_file(path)["truth"], load_file(without)["truth"])


@pytest.mark.parametrize(
    ("decoy", "in_focus"),
    [("scene_line_share", True), ("lettering_share", True), (None, False)],
)
def test_some_drawn_lines_and_lettering_are_in_focus(
    decoy: str | None, in_focus: bool, tmp_path: Path
) -> None:
    """As sharp as damage is: some of these shots are not blurred, and only of these."""
    settings = PAIRS.model_copy(update={"shots": 10, **({decoy: 1.0} if decoy else {})})
    sharp = AgeingRanges(clean_chance=0, blur_chance=0)
    soft = AgeingRanges(clean_chance=0, blur_chance=1, blur=(1.0, 1.4))
    same = [
        torch.equal(load_file(one)["aged"], load_file(two)["aged"])
        for one, two in zip(
            prepare(shots(settings=settings, ranges=sharp), still_noise, tmp_path),
            prepare(shots(settings=settings, ranges=soft), still_noise, tmp_path),
            strict=True,
        )
    ]
    assert any(same) == in_focus
    assert not all(same)


def test_windows_run_in_order_and_repeat_at_the_ends(coordinates: Path) -> None:
    """A window has successive frames, forwards or backwards; the first and last one are repeated."""
    patches = Patches([coordinates], 6, scale=2, frames=3, repeat_chance=0)
    seen: set[tuple[int, ...]] = set()
    for seed in range(60):
        window, _ = patches.draw(seeded(seed))
        steps = (window * 255).round().diff(dim=1)[0, :, 0, 0].int().tolist()
        seen.add(tuple(steps))

    assert {(1, 1), (-1, -1), (0, 1), (1, 0), (0, -1), (-1, 0)} == seen


def test_some_windows_repeat_the_middle(coordinates: Path) -> None:
    """With a repeat chance of one, every window has its middle frame twice, one of them in the middle."""
    patches = Patches([coordinates], 6, scale=2, frames=5, repeat_chance=1)
    for seed in range(20):
        window, truth = patches.draw(seeded(seed))
        same = [bool(torch.equal(window[:, 2], window[:, at])) for at in (0, 1, 3, 4)]
        assert any(same)
        torch.testing.assert_close(truth[:, :, ::2, ::2], window[:, 2:3])


def test_generators_depend_on_all_their_numbers() -> None:
    """The same numbers give the same draws, any other number others."""
    draws = {
        numbers: float(torch.rand(1, generator=seeded(*numbers)))
        for numbers in [(1,), (2,), (1, 0), (0, 1), (1, 1)]
    }
    assert len(set(draws.values())) == 5
    assert draws[(1, 1)] == float(torch.rand(1, generator=seeded(1, 1)))
