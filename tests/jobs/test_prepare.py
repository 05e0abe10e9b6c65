"""Before the work: what is checked before the source is read, and what a plan says about the machine."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from restore.cli.app import main
from restore.errors import OutputError
from restore.jobs.prepare import JobRequest, cards_for, plan_film, set_up_job, with_source_hash
from restore.jobs.restore_film import restore_film
from restore.recipe import Recipe
from restore.run.events import Event
from restore.store import digest_file
from tests.made import made_shot, made_source, made_survey

FFV1 = Recipe(codec="ffv1")


def ignore(event: Event) -> None:
    """A listener that does not listen."""


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The films whose bytes were read for their hash."""
    found: list[Path] = []

    def counting(path: Path) -> str:
        found.append(path)
        return digest_file(path)

    monkeypatch.setattr("restore.jobs.prepare.digest_file", counting)
    return found


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("gone/out.mkv", "folder-missing"),
        ("file/out.mkv", "folder-missing"),
        ("x" * 250 + ".mkv", "output-name-too-long"),
        ("taken.mkv", "output-exists"),
        ("half.mkv", "output-exists"),
        ("broken-link.mkv", "output-exists"),
    ],
)
def test_the_target_is_checked_before_the_source_is_read(
    reel: Path, tmp_path: Path, hashed: list[Path], output: str, code: str
) -> None:
    """Folder, name and what has it already: a mistake there costs no reading of a whole film."""
    for name in ("file", "taken.mkv", "half.partial.mkv"):
        (tmp_path / name).write_bytes(b"somebody else's")
    (tmp_path / "broken-link.mkv").symlink_to("nowhere")
    with pytest.raises(OutputError) as caught:
        restore_film(JobRequest(reel, FFV1, tmp_path / output), ignore)
    assert caught.value.code == code
    assert hashed == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_on_a_read_only_disk_is_found_before_the_source_is_read(
    reel: Path, hashed: list[Path]
) -> None:
    """The system says where files cannot be created; root, too, cannot write to /proc."""
    with pytest.raises(OutputError) as caught:
        restore_film(JobRequest(reel, FFV1, Path("/proc/out.mkv")), ignore)
    assert caught.value.exit_code == 4
    assert hashed == []


def test_a_result_of_another_recipe_is_found_by_its_record_alone(
    reel: Path, tmp_path: Path, hashed: list[Path]
) -> None:
    """The record says what was asked; only where all of that is the same the source's hash decides."""
    output = tmp_path / "out.mkv"
    restore_film(JobRequest(reel, FFV1, output), ignore)
    assert hashed == [reel]
    with pytest.raises(OutputError) as caught:
        restore_film(JobRequest(reel, Recipe(codec="ffv1", depth=10), output), ignore)
    assert caught.value.code == "output-exists"
    assert hashed == [reel]
    other = tmp_path / "other.mp4"
    shutil.copy(reel, other)
    with other.open("ab") as file:
        file.write(b"\0\0\0\x08free")
    with pytest.raises(OutputError) as caught:
        restore_film(JobRequest(other, FFV1, output), ignore)
    assert caught.value.code == "output-exists"
    assert hashed == [reel, other]


def test_a_dry_run_does_not_hash_the_source(
    reel: Path, hashed: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what would be done without reading the film for its hash; so the plan has no key."""
    assert main([str(reel), "--codec", "ffv1", "--dry-run", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["plan"]["frames"] == 96
    assert printed["plan"]["key"] is None
    assert hashed == []


def test_the_hash_is_part_of_the_request(reel: Path) -> None:
    """Once everything else was found right, the source is known by its SHA-256."""
    setup = set_up_job(JobRequest(reel, FFV1))
    assert setup.request.source_sha256 == ""
    assert with_source_hash(setup).request.source_sha256 == digest_file(reel)


@pytest.mark.parametrize(("upscale", "notes"), [(2, 1), (None, 0)], ids=["network", "no network"])
def test_a_plan_says_that_its_precision_is_slow(
    monkeypatch: pytest.MonkeyPatch, upscale: int | None, notes: int
) -> None:
    """--precision bf16 on a processor without its instructions is a note, if a network runs at all."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True})
    recipe = Recipe.model_validate({"upscale": upscale, "precision": "bf16", "device": "cpu"})
    source = made_source()
    cards = cards_for(source, recipe)
    plan = plan_film(source, made_survey(made_shot(0, 10)), recipe, cards, ".mkv")
    assert plan.precision == "bf16"
    assert len([note for note in plan.notes if "7 to 30 times slower" in note]) == notes
