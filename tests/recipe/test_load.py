"""A recipe from a file and a command line: which value counts, and where a mistake was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.media.codecs import CODECS
from restore.media.ffmpeg.hardware import FAMILIES
from restore.recipe import Recipe, load_recipe


def mistakes(
    path: Path | None, overrides: dict[str, object], *, keywords: bool = False
) -> list[str]:
    """The mistakes of a recipe."""
    with pytest.raises(UsageError) as caught:
        load_recipe(path, overrides, keywords=keywords)
    assert caught.value.code == "invalid-recipe"
    return caught.value.where.split("; ")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The name of a recipe that a test writes."""
    return tmp_path / "recipe.toml"


def test_a_mistake_is_where_the_value_was_given(file: Path) -> None:
    """The file's line, the option of the command line, or the keyword of a Python program."""
    file.write_text("# a comment\n\nkeep_clock = 3\n")
    assert mistakes(file, {"color_model": "color"}) == [
        "line 3, keep_clock: input should be a valid boolean, unable to interpret input (not 3)",
        "--color-model: has no meaning without colorize or recolor",
    ]
    assert mistakes(None, {"color_model": "color"}, keywords=True) == [
        "color_model: has no meaning without colorize or recolor"
    ]


def test_an_option_corrects_the_file(file: Path) -> None:
    """A wrong value of the file that the command line replaces is no mistake; the reverse is one."""
    file.write_text("crf = 99\n")
    assert load_recipe(file, {"crf": 20}) == Recipe(crf=20)
    file.write_text("crf = 20\n")
    (found,) = mistakes(file, {"crf": 99})
    assert found.startswith("--crf: ")


def test_false_is_given_and_none_is_not(file: Path) -> None:
    """A program can switch off what its file switches on."""
    file.write_text("colorize = true\nclean = 0.5\n")
    recipe = load_recipe(file, {"colorize": False, "clean": None})
    assert recipe == Recipe(clean=0.5)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('"crf" = -1', "line 1, crf"),
        ("  crf\t= -1", "line 1, crf"),
        ("[crf]\nvalue = 1", "line 1, crf"),
        ("[[crf]]\nvalue = 1", "line 1, crf"),
        ("crf.value = 1", "crf"),
        ("codec = 'av1'\n[crf]", "line 2, crf"),
        ("[[shot]]\nnumber = 1\nclean = 1\n[crf]\nclean = 2", "line 4, crf"),
    ],
)
def test_the_line_of_a_key_is_found_however_it_is_written(
    file: Path, text: str, place: str
) -> None:
    """Quoted, indented, as a table; of a dotted key the name alone is reported."""
    file.write_text(text)
    assert [each.partition(": ")[0] for each in mistakes(file, {})] == [place]


def test_wrong_values_of_one_treatment_are_all_reported(file: Path) -> None:
    """The options of a treatment are checked together, and each has its own mistake."""
    file.write_text("clean = 2\nupscale = 3\nstabilize = -1\n")
    every = {"line 1, clean", "line 2, upscale", "line 3, stabilize"}
    assert {each.partition(": ")[0] for each in mistakes(file, {})} == every
    corrected = mistakes(file, {"upscale": 2, "model": 5})
    wrong = {"line 1, clean", "--model", "line 3, stabilize"}
    assert {each.partition(": ")[0] for each in corrected} == wrong


def test_a_table_of_a_program_is_checked_like_one_of_a_file() -> None:
    """A list of mappings as a keyword argument; its mistakes have no line."""
    tables: list[object] = [{"number": 3, "clean": 0.5}]
    recipe = load_recipe(None, {"shot": tables}, keywords=True)
    assert recipe == Recipe.model_validate({"shot": tables})
    found = mistakes(None, {"shot": [*tables, {"number": 0, "clean": 1}, 5]}, keywords=True)
    assert [each.partition(": ")[0] for each in found] == ["[[shot]] number", "[[shot]]"]


def test_one_wrong_table_does_not_hide_mistakes_of_the_others(file: Path) -> None:
    """Good tables are used to check what depends on them."""
    file.write_text(
        'color_model = "color"\n[[shot]]\nnumber = 1\nrecolor = true\n[[shot]]\nat = 1\n'
    )
    (found,) = mistakes(file, {})
    assert found.startswith("line 5, [[shot]]: no option is set")


@pytest.mark.parametrize(
    ("start", "end", "allowed"),
    [
        (None, "0.1", True),
        (None, 0, False),
        ("2", "2", False),
        ("2", "2.001", True),
        ("2", None, True),
    ],
)
def test_the_end_comes_after_the_start(start: object, end: object, allowed: bool) -> None:
    """A part of no length is a mistake, also at the film's beginning."""
    values = {"start": start, "end": end}
    if allowed:
        load_recipe(None, values)
    else:
        assert mistakes(None, values) == ["--end: must come after start"]


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_has_its_own_depths_qualities_and_presets(codec: str) -> None:
    """All that the table of codecs lists is accepted, with both ends of the quality, and nothing else."""
    known = CODECS[codec]
    for depth in (8, 9, 10, 12, 16, 32):
        _check({"codec": codec, "depth": depth}, depth in known.depths)
    most = known.crf_max
    for crf in (-1, 0, most or 0, (most or 0) + 1):
        _check({"codec": codec, "crf": crf}, most is not None and 0 <= crf <= most)
    for preset in ("medium", "0", "13", "14", "p1", ""):
        _check({"codec": codec, "preset": preset}, preset in known.presets)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("codec", CODECS)
def test_hardware_encodes_the_codecs_of_its_family(codec: str, family: str) -> None:
    """By the family and by the full name, which must be the codec's own; presets are the family's."""
    has = family in CODECS[codec].hardware
    _check({"codec": codec, "encoder": family}, has)
    _check({"codec": codec, "encoder": f"{codec}_{family}"}, has)
    if has:
        for name in sorted({"h264", "hevc", "av1"} - {codec}):
            _check({"codec": codec, "encoder": f"{name}_{family}"}, False)
        presets = FAMILIES[family].presets  # type: ignore[index]
        _check({"codec": codec, "encoder": family, "preset": "p6"}, "p6" in presets)
        _check({"codec": codec, "encoder": family, "preset": "slow"}, "slow" in presets)


def _check(values: dict[str, object], allowed: bool) -> None:
    """A recipe of these values is one, or has exactly one mistake."""
    if allowed:
        load_recipe(None, values)
    else:
        assert len(mistakes(None, values)) == 1, values


def test_unknown_keys_are_sorted_and_near_ones_suggested() -> None:
    """A key that resembles none gets no suggestion."""
    assert mistakes(None, {"zzz": 1, "colorise": True, "upscal": 2}) == [
        "--colorise: unknown key (did you mean colorize?)",
        "--upscal: unknown key (did you mean upscale?)",
        "--zzz: unknown key",
    ]


def test_the_number_of_mistakes_is_said() -> None:
    """One is a mistake, two are mistakes; a file is named."""
    with pytest.raises(UsageError, match="There is a mistake") as caught:
        load_recipe(None, {"crf": 99})
    assert "restore --help" in caught.value.what_to_do
    with pytest.raises(UsageError, match="There are 2 mistakes") as caught:
        load_recipe(None, {"crf": 99, "depth": 9}, keywords=True)
    assert "docs/python.md" in caught.value.what_to_do


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    """A name that cannot be read as a file has its own code."""
    with pytest.raises(UsageError) as caught:
        load_recipe(tmp_path, {})
    assert caught.value.code == "recipe-unreadable"


def test_a_recipe_that_is_nested_too_deeply_is_no_valid_toml(tmp_path: Path) -> None:
    """Python's reader gives up on it with a RecursionError."""
    deep = tmp_path / "deep.toml"
    deep.write_text(f"a = {'[' * 5000}{']' * 5000}\n")
    with pytest.raises(UsageError) as caught:
        load_recipe(deep, {})
    assert caught.value.code == "invalid-recipe"
