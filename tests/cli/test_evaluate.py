"""`restore evaluate` from the command line to files."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.cli.app import main
from restore.cli.evaluate import print_tables
from restore.evaluation.comparison import EvaluationResult
from restore.evaluation.tables import Column, Table
from restore.models import find
from tests.evaluation.made import checkpoint
from tests.media.films import make

DRAWN = "testsrc2=s=160x128:r=25:d=1,gblur=sigma=1"


@pytest.mark.slow
def test_upscalers_on_a_made_film(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tables, JSON and contact sheet; both ageings; baselines and model; the same figures twice."""
    make(tmp_path / "data" / "film.mkv", drawn=DRAWN)
    words = ["evaluate", "film-x2", "--data", str(tmp_path / "data"), "--frames", "2"]
    reported: list[dict[str, object]] = []
    for run in ("one", "two"):
        assert main([*words, "-o", str(tmp_path / run), "--json"]) == 0
        reported.append(json.loads(capsys.readouterr().out))

    titles = [table["title"] for table in reported[0]["tables"]]
    assert titles == ["x2, aged by our own code", "x2, aged by ffmpeg's filters"]
    for table in reported[0]["tables"]:
        names = [row["name"] for row in table["rows"]]
        assert names == ["Lanczos", "nlmeans + Lanczos", find("film-x2").full_name]
        for row in table["rows"]:
            assert 0 < row["ssim"] < 1
            assert 0 <= row["vmaf_neg"] <= 100
            assert row["psnr"] > 10
    for key in ("psnr", "ssim", "vmaf", "vmaf_neg", "consistency", "temporal_error"):
        figures = [[score[key] for score in one["scores"]] for one in reported]
        assert figures[0] == figures[1]
    assert json.loads((tmp_path / "one" / "figures.json").read_text())["scores"]
    assert "film-x2-v" in (tmp_path / "one" / "table.md").read_text()
    assert cv2.imread(str(tmp_path / "one" / "sheet.png")).std() > 10


@pytest.mark.slow
def test_color_on_made_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Held-out photographs, clips and pictures, from plain and from aged gray."""
    make(tmp_path / "film.mkv", drawn=DRAWN)
    rng = np.random.default_rng(1)
    for folder in ("bench", "photos"):
        (tmp_path / folder).mkdir()
    for number in range(40):  # a tenth is kept aside, by name
        picture = cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (160, 128))
        cv2.imwrite(str(tmp_path / "photos" / f"{number}.png"), picture)
    cv2.imwrite(str(tmp_path / "bench" / "one.png"), picture)

    words = ["evaluate", "color-v5", "--data", str(tmp_path), "--photos", "2", "--json"]
    assert main([*words, "-o", str(tmp_path / "out")]) == 0

    (table,) = json.loads(capsys.readouterr().out)["tables"]
    rows = {(row["shots"], row["name"]): row for row in table["rows"]}
    sets = dict.fromkeys(row["shots"] for row in table["rows"])
    assert [name.split(",")[0] for name in sets] == ["photographs"] * 2 + ["clips"] * 3 + [
        "data/bench"
    ] * 3
    for name in sets:
        gray, tint = rows[name, "gray"], rows[name, "one tint for all"]
        own = rows[name, "own tints (oracle)"]
        assert gray["colorfulness"] == pytest.approx(0, abs=1e-4)
        assert own["rmse"] <= tint["rmse"] <= gray["rmse"]
        assert rows[name, "color-v5"]["colorfulness"] > 0
    assert (tmp_path / "out" / "sheet.png").is_file()


def test_a_folder_without_films_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and what to do."""
    assert main(["evaluate", "film-x2", "--data", str(tmp_path)]) == 2
    assert "--data" in capsys.readouterr().err


def test_models_films_and_baselines_are_judged_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A network called Lanczos and two films of one name: figures are not mixed up."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder / "film.mkv", drawn="testsrc2=s=80x80:r=25:d=0.4")
    net = checkpoint(tmp_path / "nets" / "Lanczos.pth")
    words = ["evaluate", str(net), "--data", str(tmp_path), "--ageing", "own", "--json"]
    assert main(words) == 0
    record = json.loads(capsys.readouterr().out)

    rows = [(row["name"], row["count"]) for row in record["tables"][0]["rows"][:3]]
    assert rows == [("Lanczos", 2), ("nlmeans + Lanczos", 2), (f"Lanczos ({net})", 2)]
    assert {score["shot"] for score in record["scores"]} == {"a/film.mkv", "b/film.mkv"}


@pytest.mark.parametrize(
    ("size", "frames", "said"),
    [("96x80", 9, "9 frames is too short"), ("96x78", 12, "96x78 are too small")],
)
def test_clips_that_cannot_be_judged_are_named_first(
    size: str, frames: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too short for their context, or too small for the metrics: an error before anything is evaluated."""
    make(tmp_path / "a.mkv", drawn="testsrc2=s=96x80:r=25:d=0.4")
    make(tmp_path / "b.mkv", drawn=f"testsrc2=s={size}:r=25:d={frames / 25}")
    (tmp_path / "._a.mkv").write_bytes(b"notes")
    assert main(["evaluate", "film-x4-fast", "--data", str(tmp_path)]) == 3
    error = capsys.readouterr().err
    assert said in error
    assert "b.mkv" in error


def test_what_colors_cannot_be_judged_by_is_named_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip or picture that is too small: an error before the upscalers of the same command run."""

    def judge(*_: object) -> None:
        raise AssertionError("judged")

    monkeypatch.setattr("restore.evaluation.compare_models.compare_upscalers", judge)
    (tmp_path / "bench").mkdir()
    cv2.imwrite(str(tmp_path / "bench" / "picture.png"), np.zeros((80, 96, 3), np.uint8))
    clip = make(tmp_path / "small.mkv", drawn="testsrc2=s=20x20:r=25:d=0.4")
    words = ["evaluate", "film-x4-fast", "color", "--data", str(tmp_path)]
    assert main([*words, "--stills"]) == 3
    assert "20x20 are too small" in capsys.readouterr().err

    make(clip, drawn="testsrc2=s=96x80:r=25:d=0.4")
    cv2.imwrite(str(tmp_path / "bench" / "small.png"), np.zeros((78, 96, 3), np.uint8))
    assert main(words) == 3
    assert "96x78 are too small" in capsys.readouterr().err
    assert main([*words[:2], *words[3:], "--stills"]) == 3
    assert "96x78 are too small" in capsys.readouterr().err


def made_result(*_: object) -> EvaluationResult:
    """A result without hours of computing: a table, a score and a contact sheet."""
    table = Table("made", (Column("psnr", "PSNR dB", ".2f"),), ({"psnr": 31.41},))
    return EvaluationResult((table,), ({"psnr": 31.41},), np.zeros((8, 8, 3), np.uint8))


def test_a_place_that_cannot_be_written_to_is_named_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in place of the folder or of one above it: exit code 4 before anything is evaluated."""

    def judge(*_: object) -> EvaluationResult:
        raise AssertionError("judged")

    monkeypatch.setattr("restore.evaluation.compare_models.compare_upscalers", judge)
    make(tmp_path / "film.mkv", drawn=DRAWN)
    (tmp_path / "mine").write_text("mine")
    for place in (tmp_path / "mine", tmp_path / "mine" / "deep"):
        words = ["evaluate", "film-x2-fast", "--data", str(tmp_path), "-o", str(place)]
        assert main(words) == 4
        assert str(place) in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_figures_are_printed_even_if_they_cannot_be_written(
    form: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The disk fails at the end: exit code 4, and all figures are on stdout."""
    monkeypatch.setattr("restore.evaluation.compare_models.compare_upscalers", made_result)
    make(tmp_path / "film.mkv", drawn=DRAWN)
    (tmp_path / "out" / "table.md").mkdir(parents=True)
    words = ["evaluate", "film-x2-fast", "--data", str(tmp_path), "-o", str(tmp_path / "out")]
    assert main([*words, *form]) == 4
    reported = capsys.readouterr()
    assert "31.41" in reported.out
    assert "table.md" in reported.err


def test_sheets_of_an_earlier_run_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the sheets of this evaluation remain; other files are not touched."""
    monkeypatch.setattr("restore.evaluation.compare_models.compare_upscalers", made_result)
    make(tmp_path / "film.mkv", drawn=DRAWN)
    out = tmp_path / "out"
    words = ["evaluate", "--data", str(tmp_path), "-o", str(out)]
    assert main([*words, "film-x2-fast", "film-x4-fast"]) == 0
    assert (out / "sheet-2.png").is_file()

    others = {"sheet-1.png", "sheet-02.png", "sheet-2.png.txt", "sheet-two.png", "my-sheet-2.png"}
    for name in others | {"sheet-3.png", "sheet-12.png"}:
        (out / name).touch()
    assert main([*words, "film-x2-fast"]) == 0
    assert {path.name for path in out.iterdir()} == others | {
        "table.md",
        "figures.json",
        "sheet.png",
    }


def test_the_least_clip_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten frames of 80x80, with every metric; JSON contains only finite numbers."""
    make(tmp_path / "a.mkv", drawn="testsrc2=s=80x80:r=25:d=0.4")

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    for words in (["film-x4-fast"], ["film-x1", "--ageing", "own"]):
        assert main(["evaluate", *words, "--data", str(tmp_path), "--json"]) == 0
        record = json.loads(capsys.readouterr().out, parse_constant=refuse)
    (untouched,) = [row for row in record["tables"][0]["rows"] if row["name"] == "untouched"]
    assert untouched["consistency"] is None
    assert untouched["temporal_error"] > 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["color", "--readouts"], "no color images"),
        (["color"], "no color images"),
        (["film-x2", "--readouts"], "Only color models"),
        (["film-x2", "--device", "tpu"], "--device"),
    ],
)
def test_mistakes_are_reported(
    words: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder, options that do not fit the model, unknown devices: exit code 2."""
    assert main(["evaluate", *words, "--data", str(tmp_path)]) == 2
    assert expected in capsys.readouterr().err


def test_no_figure_is_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    """Long names make the table wider than the terminal; no figure is cut off, brackets are kept."""
    figures = [Column(f"v{number}", f"figure {number}", ".2f") for number in range(20)]
    row = {column.key: 1000.25 + number for number, column in enumerate(figures)}
    name = "a-model-[red]-with-a-name-" * 6
    print_tables([Table("wide", (Column("name", "upscaler"), *figures), ({"name": name, **row},))])
    reported = capsys.readouterr().out
    assert name in reported
    assert all(
        f"{value:.2f}" in reported and f"figure {at}" in reported
        for at, value in enumerate(row.values())
    )
