"""The recipe: what a person may ask for, and how mistakes are answered."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import UsageError
from restore.recipe import Recipe, load_recipe, parse_moment, recipe_fields


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12.5", Fraction(25, 2)),
        ("1:02", Fraction(62)),
        ("1:02:03.25", Fraction(14893, 4)),
        ("90", Fraction(90)),
    ],
)
def test_times_are_exact_fractions(text: str, seconds: Fraction) -> None:
    """A time is read without passing through floating point."""
    assert parse_moment(text) == seconds


@pytest.mark.parametrize("text", ["", "1:99", "-3", "1:2:3:4", "ten", "1e3", "50%"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Anything but seconds, M:S and H:M:S is a mistake."""
    with pytest.raises(ValueError, match="a time is written"):
        parse_moment(text)


def test_a_recipe_file_and_the_command_line_meet(tmp_path: Path) -> None:
    """The command line wins over the file, and what neither says stays default."""
    path = tmp_path / "recipe.toml"
    path.write_text('upscale = 4\ncolorize = true\ncodec = "hevc"\n')
    recipe = load_recipe(path, {"codec": "ffv1", "crf": None})
    assert recipe == Recipe(upscale=4, colorize=True, codec="ffv1")


def test_a_size_on_the_command_line_replaces_the_file_s(tmp_path: Path) -> None:
    """A recipe's factor gives way to --to, and its frame to --upscale; both at once stay a mistake."""
    path = tmp_path / "recipe.toml"
    path.write_text("upscale = 2\ncolorize = true\n")
    assert load_recipe(path, {"to": "96x64"}) == Recipe(to="96x64", colorize=True)
    with pytest.raises(UsageError, match="cannot be combined with upscale"):
        load_recipe(path, {"to": "96x64", "upscale": 4})
    path.write_text('to = "4k"\n')
    assert load_recipe(path, {"upscale": 2, "to": None}) == Recipe(upscale=2)
    path.write_text('to = "4k"\nupscale = 2\n')
    with pytest.raises(UsageError, match="line 1, to: cannot be combined with upscale"):
        load_recipe(path, {})


def test_toml_s_own_times_are_times(tmp_path: Path) -> None:
    """Without quotes, too: what TOML reads as a time of day is one of the film."""
    path = tmp_path / "recipe.toml"
    path.write_text("start = 00:00:01\nend = 01:02:03.25\n")
    recipe = load_recipe(path, {})
    assert (recipe.start, recipe.end) == (1, Fraction(14893, 4))


@pytest.mark.parametrize("key", recipe_fields())
@pytest.mark.parametrize("value", ["2020-01-01", "[2]", '["nvenc"]', "{a = 1}", "nan"])
def test_values_of_any_type_are_answered_in_words(key: str, value: str, tmp_path: Path) -> None:
    """A recipe with whatever TOML has for a value is one, or a mistake with its line; never a crash."""
    path = tmp_path / "recipe.toml"
    path.write_text(f"{key} = {value}\n")
    with pytest.raises(UsageError, match=f"line 1, {key}: "):
        load_recipe(path, {})


def test_all_mistakes_are_reported_at_once_with_their_place(tmp_path: Path) -> None:
    """Unknown keys, wrong values and contradictions come in one message, each with line or option."""
    path = tmp_path / "recipe.toml"
    path.write_text('upscal = 4\nto = "4k"\nupscale = 3\ncrf = 99\n')
    with pytest.raises(UsageError) as caught:
        load_recipe(path, {"device": "gpu", "end": "2", "start": "5"})
    text = str(caught.value)
    for part in (
        "line 1, upscal: unknown key (did you mean upscale?)",
        "line 3, upscale: input should be 2 or 4",
        "line 2, to: cannot be combined with upscale",
        "line 4, crf: must be between 0 and 51",
        "--device: a device is auto, cpu, cuda or cuda:N",
        "--end: must come after start",
    ):
        assert part in text
    assert len(text.splitlines()) <= 3


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"codec": "ffv1", "crf": 3}, "crf has no meaning for ffv1"),
        ({"codec": "prores", "preset": "slow"}, "slow is not a preset of prores"),
        ({"codec": "av1", "preset": "medium"}, "medium is not a preset of av1"),
        ({"color_model": "color"}, "without colorize or recolor"),
    ],
)
def test_options_without_meaning_are_mistakes(values: dict[str, object], part: str) -> None:
    """An option that would be ignored silently is refused."""
    with pytest.raises(UsageError) as caught:
        load_recipe(None, values)
    assert part in str(caught.value).replace("--crf: ", "crf ")


def test_a_broken_file_is_the_users_mistake(tmp_path: Path) -> None:
    """Missing files and bad TOML are errors with a message, not tracebacks."""
    with pytest.raises(UsageError, match="cannot be read"):
        load_recipe(tmp_path / "none.toml", {})
    path = tmp_path / "bad.toml"
    path.write_text("upscale = = 2")
    with pytest.raises(UsageError, match="not valid TOML"):
        load_recipe(path, {})
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8 text"):
        load_recipe(path, {})


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Any text, with quotes, backslashes, line breaks and control characters."""


@given(
    st.builds(
        Recipe,
        upscale=st.sampled_from([None, 2, 4]),
        colorize=st.booleans(),
        clean=st.none() | st.floats(0, 1),
        stabilize=st.none() | st.floats(0, 1),
        model=st.none() | TEXT,
        codec=st.sampled_from(["h264", "hevc"]),
        crf=st.none() | st.integers(0, 51),
        start=st.none() | st.integers(0, 10**6).map(lambda n: Fraction(n, 1000)),
    )
)
def test_a_recipe_survives_toml_and_json(recipe: Recipe) -> None:
    """What is written out reads back as the same recipe."""
    import tomllib

    assert Recipe.model_validate(tomllib.loads(recipe.to_toml())) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"depth": 10}, "--depth: h264 supports 8 bits, not 10"),
        ({"codec": "tiff", "depth": 10}, "tiff supports 8, 16 bits"),
        ({"codec": "prores", "encoder": "nvenc"}, "--encoder: nvenc does not support prores"),
        ({"codec": "av1", "encoder": "videotoolbox"}, "videotoolbox does not support av1"),
        ({"codec": "h264", "encoder": "hevc_nvenc"}, "hevc_nvenc does not support h264"),
        ({"encoder": "x264"}, "an encoder is software, nvenc"),
        ({"encoder": "vaapi", "preset": "slow"}, "slow is not a preset of vaapi: none"),
        ({"encoder": "nvenc", "preset": "slow"}, "slow is not a preset of nvenc: p1"),
        ({"codec": "dnxhr", "crf": 10}, "--crf: has no meaning for dnxhr"),
    ],
)
def test_what_codecs_and_encoders_do_not_have_is_refused(
    values: dict[str, object], words: str
) -> None:
    """Depth, encoder, preset and quality go with the codec; each mistake says what there is."""
    with pytest.raises(UsageError) as caught:
        load_recipe(None, values)
    assert words in str(caught.value)


def test_depth_and_encoder_that_go_with_the_codec() -> None:
    """Families and full names, presets as the encoder calls them."""
    for values in (
        {"codec": "hevc", "depth": 10, "encoder": "nvenc", "preset": "p7", "crf": 20},
        {"codec": "hevc", "encoder": "hevc_qsv", "preset": "veryslow"},
        {"codec": "ffv1", "depth": 16, "encoder": "software"},
        {"codec": "dpx", "depth": 12},
    ):
        assert load_recipe(None, values).model_dump(exclude_defaults=True) == values
