"""Chosen colors from the recipe to the result: stills come back, nothing crosses a cut, reruns agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from restore.errors import UsageError
from restore.jobs import color_choices
from restore.jobs.color_bible import read_bible
from restore.jobs.film_preview import preview_frames
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.models import color_sampler
from restore.recipe import Recipe
from restore.report.record import Record
from restore.run.events import Choosing, Event, Planned, ignore_event
from tests.jobs.color_films import frames_of, gray_film, write_still
from tests.treatments.colored_square import Scene, colored_square, delta_e, rgb
from tests.treatments.made_sampler import MadeSampler, made_sampler

FRAMES = 51

GREEN, RED = (-0.05, -0.12), (-0.06, 0.13)


@dataclass(frozen=True)
class Film:
    """A film of three shots, the third like the first, with a still of each of the first two."""

    path: Path
    scenes: list[Scene]
    stills: list[Path]

    @property
    def tables(self) -> list[dict[str, object]]:
        """The first two shots have the colors of their stills."""
        return [
            {"number": number, "reference": str(still)}
            for number, still in enumerate(self.stills, 1)
        ]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """The film; the colors of its shots differ."""
    folder = tmp_path_factory.mktemp("choices")
    first = colored_square(FRAMES, RED, (0.07, -0.05))
    second = colored_square(FRAMES, GREEN, (-0.06, 0.06), seed=2)
    third = colored_square(40, RED, (0.07, -0.05))
    scenes = [first, second, third]
    stills = [write_still(folder / f"{n}.png", scenes[n], 2) for n in (0, 1)]
    return Film(gray_film(folder / "film.mkv", scenes), scenes, stills)


@pytest.fixture
def sampler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that draws variants."""
    monkeypatch.setattr(color_sampler, "load_color_sampler", lambda card: MadeSampler())
    return made_sampler(tmp_path / "sampler")


def _restored(
    film: Film, output: Path, listen: Callable[[Event], None] = ignore_event, **options: object
) -> Path:
    recipe = Recipe.model_validate({"colorize": True, "codec": "ffv1", **options})
    return restore_film(JobRequest(film.path, recipe, output), listen)


@pytest.fixture(scope="module")
def result(film: Film) -> Path:
    """The film with the colors of both stills."""
    return _restored(film, film.path.with_name("stills.mkv"), shot=film.tables)


def test_the_colors_of_a_still_come_back(film: Film, result: Path) -> None:
    """After 48 frames of motion, within Delta E 6 where the still showed it, on the square and around."""
    made = frames_of(result)
    for place, scene in enumerate(film.scenes[:2]):
        frame = 50
        error = delta_e(made[place * FRAMES + frame], rgb(scene.luma[frame], scene.chroma[frame]))
        assert error[scene.square(frame, 8)].mean() < 6
        seen = scene.away(frame)
        seen[:, -30:] = 0  # came into view at the right
        y, x = scene.corners[frame]
        seen[20 : y + 60, :x] = 0  # came into view behind the square
        assert (error * seen).sum() / seen.sum() < 6


def test_nothing_crosses_a_cut(film: Film, result: Path) -> None:
    """The last frame of a shot and the first of the next have only their own colors."""
    made = frames_of(result)
    for place, frame, index in ((0, FRAMES - 1, FRAMES - 1), (1, 0, FRAMES)):
        scene = film.scenes[place]
        error = delta_e(made[index], rgb(scene.luma[frame], scene.chroma[frame]))
        assert np.median(error) < 5


def test_record_and_page_name_the_choice(film: Film, result: Path) -> None:
    """With the hashes of the stills, without the anchors; the colors are invented content."""
    data = Path(f"{result}.restore.json").read_bytes()
    record = Record.model_validate_json(data)
    assert "color" in record.synthetic
    assert [name for name, _ in record.request.files] == ["0.png", "1.png"]
    choice = record.shots[0].decisions["colorize"].choice
    assert choice.how == "aligned"
    assert choice.colors is None
    assert choice.files == (("0.png", record.request.files[0][1]),)
    assert choice.keys[0] < 8
    assert len(choice.sha256) == 64
    assert record.shots[0].summary == ("colored (colors of 0.png)",)
    assert record.shots[2].decisions["colorize"].choice is None
    assert len(data) < 40_000
    assert "colors of 0.png" in Path(f"{result}.restore.html").read_text(encoding="utf-8")


def test_a_preview_shows_the_chosen_colors(film: Film, result: Path) -> None:
    """The frame of a preview is that of the run, within a code value."""
    recipe = Recipe.model_validate({"colorize": True, "codec": "ffv1", "shot": film.tables})
    (found,) = preview_frames(film.path, recipe, [40 / 25])
    assert np.abs(found.after / 255 - frames_of(result)[40]).mean() < 1.5 / 255


def test_a_changed_still_is_another_job(film: Film, tmp_path: Path) -> None:
    """Its colors are in the plan, its hash in the request."""
    still = write_still(tmp_path / "s.png", film.scenes[0], 2)
    tables = [{"number": 1, "reference": str(still)}]
    keys: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Planned):
            keys.append(event.plan.key)

    _restored(film, tmp_path / "a.mkv", listen, shot=tables, end="0:01")
    write_still(still, film.scenes[1], 2)
    with pytest.raises(Exception, match="already exists"):
        _restored(film, tmp_path / "a.mkv", listen, shot=tables, end="0:01")
    _restored(film, tmp_path / "b.mkv", listen, shot=tables, end="0:01")
    assert len(set(keys)) == 2


def test_stored_choices_are_used_again(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was stopped between choosing and computing does not choose again."""
    chosen: list[int] = []
    choose = color_choices.Chooser.choose

    def counting(self: color_choices.Chooser, place: int, *others: object) -> object:
        chosen.append(place)
        return choose(self, place, *others)  # type: ignore[arg-type]

    def stop(event: Event) -> None:
        if isinstance(event, Planned):
            raise KeyboardInterrupt

    monkeypatch.setattr(color_choices.Chooser, "choose", counting)
    with pytest.raises(KeyboardInterrupt):
        _restored(film, tmp_path / "a.mkv", stop, shot=film.tables)
    _restored(film, tmp_path / "a.mkv", shot=film.tables)
    assert chosen == [0, 1]
    assert not (tmp_path / ".restore").exists()


def test_a_variant_holds_through_its_shot(film: Film, tmp_path: Path, sampler: Path) -> None:
    """The square has one color in the first and the last frame; another variant has another one."""
    options = {"color_sampler": str(sampler), "end": "0:02"}
    events: list[Event] = []
    one = frames_of(_restored(film, tmp_path / "1.mkv", events.append, variant=1, **options))
    two = frames_of(_restored(film, tmp_path / "2.mkv", variant=2, **options))
    scene = film.scenes[0]
    colors = [one[frame][scene.square(frame, 10)].mean((0, 1)) for frame in (0, 24, 48)]
    assert np.abs(colors[0] - colors[1]).max() < 0.04
    assert np.abs(colors[2] - colors[1]).max() < 0.04
    assert delta_e(one[24], two[24]).mean() > 5
    choosing = [each for each in events if isinstance(each, Choosing)]
    assert [each.done for each in choosing] == [0] * (len(choosing) - 1) + [1]
    shares = [each.share for each in choosing[:-1]]
    assert shares == [pytest.approx(n / 8, abs=0.001) for n in range(9)]
    record = Record.model_validate_json((tmp_path / "1.mkv.restore.json").read_bytes())
    assert record.shots[0].decisions["colorize"].choice.model[0] == "made-v1"
    assert "made-v1" in dict(record.request.weights)


def test_shots_that_look_alike_share_a_variant(film: Film, tmp_path: Path, sampler: Path) -> None:
    """The third shot shows what the first one shows: it takes its colors, the second has its own."""
    options = {"color_sampler": str(sampler), "variant": 3}
    result = _restored(film, tmp_path / "a.mkv", **options)
    record = Record.model_validate_json(Path(f"{result}.restore.json").read_bytes())
    alike = [shot.decisions["colorize"].choice.alike for shot in record.shots]
    assert alike == ["", "", "shot 1 of film.mkv"]
    made = frames_of(result)
    assert delta_e(made[10], made[2 * FRAMES + 10]).mean() < 4


def test_without_a_sampler_variants_are_refused_first(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is decoded or written."""
    monkeypatch.setattr(color_choices, "SAMPLER", "no-such-model")
    with pytest.raises(UsageError) as caught:
        _restored(film, tmp_path / "a.mkv", variant=1)
    assert caught.value.code == "sampler-missing"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_still_is_an_error(film: Film, tmp_path: Path) -> None:
    """Also from Python, where the recipe is a value."""
    with pytest.raises(UsageError) as caught:
        _restored(film, tmp_path / "a.mkv", shot=[{"number": 1, "reference": "gone.png"}])
    assert caught.value.code == "image-unreadable"


def test_a_color_bible_keeps_colors_for_other_films(film: Film, tmp_path: Path) -> None:
    """It is written when a film is finished, and gives its colors to shots that look alike."""
    bible = tmp_path / "series.json"
    options = {"color_bible": str(bible)}
    first = _restored(film, tmp_path / "a.mkv", shot=film.tables, **options)
    entries = read_bible(bible).entries
    assert [(e.film, e.shot) for e in entries] == [("film.mkv", 1), ("film.mkv", 2)]
    record = json.loads(Path(f"{first}.restore.json").read_bytes())
    choices = [shot["decisions"]["colorize"]["choice"] for shot in record["shots"]]
    assert choices[2]["alike"] == "shot 1 of film.mkv"
    other = colored_square(30, seed=3)
    path = gray_film(tmp_path / "other.mkv", [other, film.scenes[1]])
    second = _restored(Film(path, [], []), tmp_path / "b.mkv", **options)
    record = json.loads(Path(f"{second}.restore.json").read_bytes())
    choices = [shot["decisions"]["colorize"]["choice"] for shot in record["shots"]]
    assert choices[0] is None
    assert choices[1]["alike"] == "shot 2 of film.mkv"
    made, scene = frames_of(second)[30 + 40], film.scenes[1]
    assert delta_e(made, rgb(scene.luma[40], scene.chroma[40]))[scene.square(40, 8)].mean() < 8
    assert read_bible(bible).entries == entries


def test_images_are_read_before_the_film(film: Film, tmp_path: Path) -> None:
    """One that ends early is refused at once, with its name; nothing is written."""
    still = tmp_path / "still.png"
    still.write_bytes(film.stills[0].read_bytes()[:2000])
    events: list[Event] = []
    with pytest.raises(UsageError) as caught:
        _restored(film, tmp_path / "a.mkv", events.append, reference=[str(still)])
    assert caught.value.code == "image-unreadable"
    assert "still.png" in caught.value.where
    assert not events
    assert [path.name for path in tmp_path.iterdir()] == ["still.png"]


def test_a_preview_chooses_for_its_own_shots(
    film: Film, sampler: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for earlier ones with the same variant, whose colors they may share."""
    chosen: list[int] = []
    choose = color_choices.Chooser.choose

    def counting(self: color_choices.Chooser, place: int, *others: object) -> object:
        chosen.append(place)
        return choose(self, place, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(color_choices.Chooser, "choose", counting)
    values = {"colorize": True, "color_sampler": str(sampler)}
    numbers = {1: 1, 2: 2, 3: 1}
    shots = [{"number": number, "variant": seed} for number, seed in numbers.items()]
    recipe = Recipe.model_validate({**values, "shot": shots})
    preview_frames(film.path, recipe, [60 / 25])
    assert chosen == [1]
    chosen.clear()
    preview_frames(film.path, recipe, [110 / 25])
    assert chosen == [0, 2]
