"""The amounts of ageing that a user chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.ageing.amounts import Ageing
from restore.ageing.chosen_look import look_for_shots, read_changes
from restore.ageing.looks import LOOKS, sized
from restore.ageing.ranges import AgeingRanges
from restore.ageing.renamed_amounts import RENAMED_AMOUNTS, RENAMED_RANGES
from restore.errors import UsageError


def test_every_wrong_amount_is_named() -> None:
    """Two misspelt amounts are listed together."""
    with pytest.raises(UsageError) as caught:
        look_for_shots("silent", {"grian": 1, "dsut": 2}, 1)
    assert "grian" in caught.value.where
    assert "dsut" in caught.value.where


def test_a_look_with_changes() -> None:
    """Every shot has the look for its size, with the changed amounts."""
    choose = look_for_shots("silent", {"grain": 0.07}, 1)
    amounts = choose(3, 480)
    assert amounts.grain == 0.07
    assert amounts == sized(LOOKS["silent"], 480).model_copy(update={"grain": 0.07})


def test_random_looks_depend_on_seed_and_shot() -> None:
    """The same seed and shot give the same amounts, another shot or seed others; changes apply to all."""
    choose = look_for_shots("random", {"dust": 0.5}, 7)
    assert choose(0, 240) == look_for_shots("random", {"dust": 0.5}, 7)(0, 240)
    others = [choose(0, 240), choose(1, 240), look_for_shots("random", {"dust": 0.5}, 8)(0, 240)]
    assert len({amounts.model_dump_json() for amounts in others}) == 3
    assert {amounts.dust for amounts in others} == {0.5}


def test_assignments_take_precedence_over_the_file(tmp_path: Path) -> None:
    """Values are TOML, or else strings; an assignment replaces the file's value."""
    file = tmp_path / "amounts.toml"
    file.write_text("grain = 0.1\ndust = 0.2\n")
    found = read_changes(file, ["grain=0.3", "codec=mpeg2", "interlaced=true"])
    assert found == {"grain": 0.3, "dust": 0.2, "codec": "mpeg2", "interlaced": True}


def test_old_names_are_read_with_a_warning(tmp_path: Path) -> None:
    """Names of the first release work for one more, in the file and in assignments."""
    file = tmp_path / "amounts.toml"
    file.write_text("edging = 0.5\n")
    warnings: list[str] = []
    found = read_changes(file, ["static_noise=0.01"], warnings.append)
    assert found == {"sharpening": 0.5, "fixed_noise": 0.01}
    assert "`edging` is now called `sharpening`" in warnings[0]
    assert "`static_noise` is now called `fixed_noise`" in warnings[1]


def test_every_old_name_stands_for_an_amount() -> None:
    """The old names are no amounts any more, the new ones are."""
    for renamed, fields in (
        (RENAMED_AMOUNTS, Ageing.model_fields),
        (RENAMED_RANGES, AgeingRanges.model_fields),
    ):
        assert set(renamed.values()) <= set(fields)
        assert not set(renamed) & set(fields)


@pytest.mark.parametrize("codec", ["h264", "mpeg2", "mpeg4", "jpeg"])
def test_a_chosen_codec_gets_quantizers_of_its_own(codec: str) -> None:
    """Random amounts with one codec: every shot can be made, with quantizers of that codec's range."""
    choose = look_for_shots("random", {"codec": codec}, 1)
    low, high = AgeingRanges().h264_crf if codec == "h264" else (2, 12)
    for shot in range(60):
        amounts = choose(shot, 240)
        assert amounts.codec == codec
        # films that are hardly damaged have the finest quantizer or one near it
        assert low <= amounts.quantizer <= high


def test_a_chosen_quantizer_is_limited_to_what_a_drawn_codec_has() -> None:
    """40 is H.264's; the other codecs end at 31: they get that instead of stopping at some shot."""
    choose = look_for_shots("random", {"quantizer": 40}, 1)
    found = {(amounts.codec, amounts.quantizer) for amounts in (choose(n, 240) for n in range(60))}
    assert found == {("none", 40), ("h264", 40), ("mpeg2", 31), ("mpeg4", 31), ("jpeg", 31)}


def test_changes_of_random_looks_are_read_as_all_amounts(tmp_path: Path) -> None:
    """A number that was given as text is the number, as for other looks."""
    assert look_for_shots("random", {"grain": "0.25"}, 3)(0, 240).grain == 0.25


@pytest.mark.parametrize(
    ("look", "changes", "code"),
    [
        ("victorian", {}, "unknown-look"),
        ("silent", {"grain": -1}, "amounts-invalid"),
        ("random", {"codec": "mpeg2", "quantizer": 40}, "amounts-invalid"),
        ("random", {"codec": "cinepak"}, "amounts-invalid"),
    ],
)
def test_mistakes_are_found_before_the_first_shot(
    look: str, changes: dict[str, object], code: str
) -> None:
    """An unknown look, and amounts that no shot can have, have their code."""
    with pytest.raises(UsageError) as caught:
        look_for_shots(look, changes, 1)
    assert caught.value.code == code


@pytest.mark.parametrize("content", [None, b"grain =", b"\xff\xfe"])
def test_a_file_of_amounts_must_be_toml(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, not TOML or not UTF-8: the error has its path."""
    file = tmp_path / "amounts.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_changes(file, [])
    assert (caught.value.code, caught.value.where) == ("amounts-invalid", str(file))


@pytest.mark.parametrize("assignment", ["grain", "grain=", "=0.1", " = ", ""])
def test_an_assignment_needs_a_name_and_a_value(assignment: str) -> None:
    """What is no NAME=VALUE is an error that shows it."""
    with pytest.raises(UsageError) as caught:
        read_changes(None, [assignment])
    assert caught.value.where == f"--set {assignment}"


def test_the_last_assignment_counts_and_spaces_do_not() -> None:
    """Values may have an equals sign, spaces around both parts are ignored, lists are TOML."""
    found = read_changes(None, ["grain=0.1", " grain = 0.2 ", "tint=[0.1, -0.1]", "preset=a=b"])
    assert found == {"grain": 0.2, "tint": [0.1, -0.1], "preset": "a=b"}
