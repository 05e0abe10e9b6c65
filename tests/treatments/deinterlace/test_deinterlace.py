"""The treatment: rows that the source has stay exactly, the others are computed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from restore.clip import Clip, ColorSpec, Fields
from restore.run.bwdif_planes import bwdif_planes
from restore.timing import Span
from restore.treatments.deinterlace import (
    DEINTERLACE,
    DeinterlaceDecision,
    DeinterlaceOptions,
    field_handling,
)
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import Engine, Treat, TreatedShot
from tests.made import made_shot

PAL = ColorSpec("bt601", "limited", fields="tff")
CLEANED = FilmFacts(64, 48, fields="tff", recomputed=True)
KEPT = FilmFacts(64, 48, fields="tff")


def picture(time: float, height: int = 48, width: int = 64) -> torch.Tensor:
    """A soft grating with a bright disk that moves to the right."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    disk = torch.sigmoid(8 - ((x - 10 - time) ** 2 + (y - 24) ** 2).sqrt())
    return 0.3 + 0.1 * torch.sin(y / 3.0 + x / 9.0) + 0.4 * disk


def video(frames: int, height: int = 48, order: Fields = "tff") -> tuple[Clip, torch.Tensor]:
    """Interlaced video as a clip with every source frame twice, and the truth for each field."""
    truth = torch.stack([picture(place, height) for place in range(2 * frames)])[:, None]
    first = 0 if order == "tff" else 1
    woven = truth[::2].clone()
    woven[:, :, 1 - first :: 2] = truth[1::2, :, 1 - first :: 2]
    luma = woven.repeat_interleave(2, 0)
    chroma = (luma[:, :, : height // 2, :32] - 0.4).repeat(1, 2, 1, 1) * 0.5
    return Clip(luma, chroma, 20, replace(PAL, fields=order)), truth


@pytest.fixture(scope="module")
def bwdif() -> Treat[DeinterlaceDecision]:
    """The treatment with ffmpeg's filter."""
    settings = DEINTERLACE.settings(model=None)
    return DEINTERLACE.load(settings, Engine(bwdif=bwdif_planes))


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("height", [48, 47])
def test_rows_of_the_source_stay_exactly(
    bwdif: Treat[DeinterlaceDecision], order: Fields, height: int
) -> None:
    """Luma and chroma keep every value of the field's own rows; the clip is progressive then."""
    clip, truth = video(6, height, order)
    first = 0 if order == "tff" else 1
    kept = "tbtbtbtbtbtbt"[first : first + 12]
    result = bwdif(clip, Span(20, 32), DeinterlaceDecision(20, kept))
    assert result.color.fields is None
    for place, parity in enumerate(map("tb".index, kept)):
        assert torch.equal(result.luma[place, :, parity::2], clip.luma[place, :, parity::2])
        assert result.chroma is not None
        assert clip.chroma is not None
        assert torch.equal(result.chroma[place, :, parity::2], clip.chroma[place, :, parity::2])
    error = (result.luma - truth)[2:-2, :, 4:-4].abs().max()
    woven = (clip.luma - truth)[2:-2, :, 4:-4].abs().max()
    assert error < woven / 3


def test_one_frame_for_each_first_field(bwdif: Treat[DeinterlaceDecision]) -> None:
    """In frame mode the second fields are context: the result is that of every second field."""
    clip, _ = video(6)
    every = bwdif(clip, Span(20, 32), DeinterlaceDecision(20, "tb" * 6))
    halved = replace(clip, luma=clip.luma[::2], chroma=clip.chroma[::2])  # type: ignore[index]
    first = bwdif(halved, Span(20, 26), DeinterlaceDecision(20, "t" * 6, "frame"))
    assert torch.equal(first.luma, every.luma[::2])


def test_a_shot_of_whole_frames_becomes_progressive_only(
    bwdif: Treat[DeinterlaceDecision],
) -> None:
    """No value changes; the rows no longer count as fields, so that chroma is resampled in frames."""
    clip, _ = video(3)
    result = bwdif(clip, Span(20, 26), DeinterlaceDecision(20, "w" * 6))
    assert torch.equal(result.luma, clip.luma)
    assert result.color.fields is None


def test_lone_field_without_context(bwdif: Treat[DeinterlaceDecision]) -> None:
    """A shot of one field: the missing rows are means of their neighbors."""
    clip, _ = video(1)
    result = bwdif(clip.part(20, 21), Span(20, 21), DeinterlaceDecision(20, "t"))
    rows = clip.luma[0, 0]
    assert torch.allclose(result.luma[0, 0, 1], (rows[0] + rows[2]) / 2)


def test_two_fields_alone_do_not_become_each_others_rows(
    bwdif: Treat[DeinterlaceDecision],
) -> None:
    """A shot of one frame does not show whether anything moves: no frame has rows of both fields."""
    clip, truth = video(1)
    result = bwdif(clip, Span(20, 22), DeinterlaceDecision(20, "tb"))
    for place, parity in enumerate((0, 1)):
        missing = result.luma[place, 0, 1 - parity :: 2]
        assert not torch.equal(missing, clip.luma[place, 0, 1 - parity :: 2])
        assert (result.luma[place] - truth[place]).abs().max() < 0.05


@pytest.mark.parametrize(
    ("options", "film", "video", "film_frames"),
    [
        (DeinterlaceOptions(), KEPT, "off", False),
        (DeinterlaceOptions(), CLEANED, "field", True),
        (DeinterlaceOptions(deinterlace="auto"), KEPT, "field", True),
        (DeinterlaceOptions(deinterlace="auto", pulldown="keep"), KEPT, "field", False),
        (DeinterlaceOptions(deinterlace="off"), CLEANED, "off", True),
        (DeinterlaceOptions(pulldown="keep"), CLEANED, "field", False),
        (DeinterlaceOptions(pulldown="auto"), KEPT, "off", True),
        (DeinterlaceOptions(deinterlace="frame"), KEPT, "frame", False),
        (DeinterlaceOptions(field="top"), KEPT, "field", False),
    ],
)
def test_defaults_depend_on_whether_frames_are_changed(
    options: DeinterlaceOptions, film: FilmFacts, video: str, film_frames: bool
) -> None:
    """Without a request nothing happens unless a network computes the luma."""
    handling = field_handling(options, film)
    assert (handling.video, handling.film) == (video, film_frames)


def test_shots_that_keep_their_fields_in_a_progressive_result_are_named() -> None:
    """A result is marked as a whole: combs of some shots would surprise. Film that is matched has none."""
    video = ShotFields((Stretch(0, 2, "video", "tff", (1,)),))
    film = ShotFields((Stretch(0, 2, "film", "tff", (2, 3)),))
    made = TreatedShot(made_shot(0, 1), video, DeinterlaceDecision(0, "tb"))
    kept = [TreatedShot(made_shot(1, 2), each, None) for each in (video, film)]
    options = DeinterlaceOptions()
    first, second = DEINTERLACE.describe.notes([made, *kept], options, CLEANED)
    assert first.startswith("1 of 3 shots deinterlaced")
    assert second.startswith("1 of 3 shots keeps both fields")
    assert len([*DEINTERLACE.describe.notes([made, kept[1]], options, CLEANED)]) == 1
    assert [*DEINTERLACE.describe.notes(kept, options, KEPT)] == []


def test_pulldown_that_is_kept_is_not_called_progressive() -> None:
    """Only film whose fields were matched has whole frames."""
    film = ShotFields((Stretch(0, 2, "film", "tff", (2, 3)),))
    for options, decided in (
        (DeinterlaceOptions(pulldown="keep"), False),
        (DeinterlaceOptions(deinterlace="auto"), True),
    ):
        decision = DEINTERLACE.decide(made_shot(0, 1), film, options, CLEANED)
        assert (decision is not None) == decided
