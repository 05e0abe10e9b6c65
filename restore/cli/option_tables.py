"""The tables of options in docs/: `python -m restore.cli.option_tables` makes them from the options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args, get_type_hints

from typer.models import OptionInfo

from restore.cli import app, options
from restore.cli.recipe_options import RecipeOptions
from restore.media.codecs import CODECS, Codec
from restore.media.ffmpeg.hardware import FAMILIES, HardwareFamily
from restore.recipe import KINDS, KindName, recipe_fields
from restore.store import write_atomic
from restore.treatments.option import Option, option_of

RECIPE, CODEC_TABLE, ENCODER_TABLE, KIND_TABLE = "recipe", "codecs", "encoders", "kinds"
"""The tables of the recipe's options, which commands share, of codecs, hardware encoders and kinds of films;
the other tables have the names of their commands."""

PAGES: dict[str, str] = {
    RECIPE: "docs/run.md",
    "run": "docs/run.md",
    CODEC_TABLE: "docs/run.md",
    ENCODER_TABLE: "docs/run.md",
    KIND_TABLE: "docs/run.md",
    "batch": "docs/batch.md",
    "preview": "docs/preview.md",
    "variants": "docs/variants.md",
    "enhance": "docs/enhance.md",
    "bench": "docs/bench.md",
}
"""The page that each table is in."""

_BLOCK = r"(<!-- options: {name} -->\n).*?(<!-- end -->)"
"""Where a table is in its page."""


def table(name: str) -> str:
    """A table in Markdown."""
    if name == CODEC_TABLE:
        head = ("`--codec`", "depth", "color", "containers", "options", "for")
        return _table(head, [_codec_row(codec) for codec in CODECS.values()])
    if name == ENCODER_TABLE:
        head = ("`--encoder`", "where", "`--crf` becomes", "`--preset`")
        return _table(head, [_family_row(name, family) for name, family in FAMILIES.items()])
    if name == KIND_TABLE:
        return _table(("`--for`", "films", "options"), [_kind_row(kind) for kind in KINDS])
    if name == RECIPE:
        fields = ((key, option_of(field)) for key, field in recipe_fields().items())
        known = [(key, option) for key, option in fields if option is not None]
        head = ("option", "meaning", "`[[shot]]`")
        return _table(head, [_recipe_row(key, option) for key, option in known])
    command = app.COMMANDS[name]
    assert inspect.isfunction(command)
    rows = [_row(key, *found) for key, found in _own_options(command)]
    return _table(("option", "meaning"), rows)


def renewed(page: str, root: Path) -> str:
    """The text of a page with updated tables; ValueError if the marks of a table are missing."""
    text = (root / page).read_text(encoding="utf-8")
    for name in (each for each, place in PAGES.items() if place == page):
        pattern = re.compile(_BLOCK.format(name=name), re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{page} does not contain <!-- options: {name} -->")
        new = table(name)
        text = pattern.sub(lambda found, new=new: f"{found[1]}{new}\n{found[2]}", text)
    return text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their headings; a bar inside a cell is written with a backslash."""
    cells = ([cell.replace("|", "\\|") for cell in line] for line in (head, *rows))
    first, *others = ("| " + " | ".join(line) + " |" for line in cells)
    return "\n".join([first, "|---" * len(head) + "|", *others])


def _recipe_row(key: str, option: Option) -> Sequence[str]:
    name = f"--{key.replace('_', '-')}"
    words = _coded([f"{name} {option.metavar}".strip()])
    return words, _sentences(option.help, option.more), "yes" if option.per_shot else ""


def _codec_row(codec: Codec) -> Sequence[str]:
    depth = ", ".join(str(each) for each in codec.chosen)
    if len(codec.chosen) > 1:
        depth = f"the source's: {depth}"
    options = [f"`--depth` {', '.join(str(each) for each in codec.depths)}"]
    options = options if len(codec.depths) > 1 else []
    if codec.encoder is not None and codec.encoder.crf is not None:
        options.append(f"`--crf` {codec.encoder.crf}")
    if codec.encoder is not None and codec.encoder.preset is not None:
        options.append(f"`--preset` {codec.encoder.preset}")
    options += ["`--encoder`"] if codec.hardware else []
    places = ", ".join(suffix.removeprefix(".") for suffix in codec.containers)
    name = f"`{codec.name}`" + (f" ({codec.variant})" if codec.variant else "")
    where = f"a folder of {codec.containers[0]}" if codec.images else places
    return name, depth, codec.chroma, where, "; ".join(options), codec.use


def _family_row(name: str, family: HardwareFamily) -> Sequence[str]:
    presets = ", ".join(f"`{each}`" for each in family.presets)
    usual = f" (default `{family.preset}`)" if family.preset else ""
    return f"`{name}`", family.where, f"`{family.quality}`", presets + usual


def _kind_row(name: KindName) -> Sequence[str]:
    kind = KINDS[name]
    words = [f"--{key.replace('_', '-')} {value}" for key, value in kind.options.items()]
    return f"`{name}`", kind.title, _coded(words)


def _own_options(
    command: Callable[..., int],
) -> Iterator[tuple[str, tuple[OptionInfo, inspect.Parameter, str]]]:
    """The options of a command that are not the recipe's, with what docs/ has in addition to their help."""
    hints = get_type_hints(command, include_extras=True)
    for key, parameter in inspect.signature(command).parameters.items():
        extras = get_args(hints[key])
        info = next((each for each in extras if isinstance(each, OptionInfo)), None)
        if info is None or any(isinstance(each, RecipeOptions) for each in extras):
            continue
        more = next((each.text for each in extras if isinstance(each, options.More)), "")
        yield key, (info, parameter, more)


def _row(key: str, info: OptionInfo, parameter: inspect.Parameter, more: str) -> Sequence[str]:
    first = [info.default] if isinstance(info.default, str) else []
    names = [*first, *(info.param_decls or ())] or [f"--{key.replace('_', '-')}"]
    spelled = sorted((part for name in names for part in name.split("/")), key=len)
    words = [f"{name} {info.metavar or ''}".strip() for name in spelled]
    known = isinstance(parameter.default, int | str) and not isinstance(parameter.default, bool)
    default = f"Default: {parameter.default}." if known and parameter.default else ""
    return _coded(words), _sentences(info.help or "", default, more)


def _coded(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _sentences(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def main(root: Path) -> None:
    """Update the tables of all pages."""
    for page in dict.fromkeys(PAGES.values()):
        write_atomic(root / page, renewed(page, root).encode())


if __name__ == "__main__":
    main(Path())
