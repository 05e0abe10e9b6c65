"""`python -m restore.models.table`: the table of models/README.md, made from the models' cards."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from restore.models.card import Card
from restore.models.lookup import shelf
from restore.store import write_atomic

BEGIN = "<!-- made by `python -m restore.models.table` from the models' cards: do not edit -->"
END = "<!-- end of the table -->"

_HEAD = """\
| model | task | frames | values | weights | made for | licence | in a word |
|---|---|---|---|---|---|---|---|
"""


def main(arguments: Sequence[str]) -> None:
    """Renew the table in the README that is named (default: the checkout's)."""
    path = Path(arguments[0]) if arguments else Path("models/README.md")
    text = path.read_text(encoding="utf-8")
    write_atomic(path, renewed(text, shelf(path.parent)).encode())


def renewed(text: str, cards: Sequence[Card]) -> str:
    """The text with a new table between the two marks; ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the marks around the table are missing")
    return f"{before}{BEGIN}\n\n{table(cards)}\n{END}{after}"


def table(cards: Sequence[Card]) -> str:
    """One line of Markdown a model, in the order of the cards."""
    return _HEAD + "".join(f"| {' | '.join(_cells(card))} |\n" for card in cards)


def _cells(card: Card) -> tuple[str, ...]:
    task = f"{card.task} x{card.scale}" if card.task == "upscale" else card.task
    lines = f"{card.range.least_lines}–{card.range.greatest_lines} lines" if card.range else ""
    size = f"{card.weights.stat().st_size / 1e6:.1f} MB"
    name = f"[{card.full_name}]({card.full_name}/CARD.md)"
    count = f"{values(card.weights):,}"
    return name, task, str(card.frames), count, size, lines, card.licence, _in_a_word(card)


def values(weights: Path) -> int:
    """How many numbers a .safetensors file holds, by its header (8 bytes of length, then JSON)."""
    with weights.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(math.prod(one["shape"]) for key, one in header.items() if key != "__metadata__")


def _in_a_word(card: Card) -> str:
    """The first sentence of CARD.md below its title."""
    path = card.folder / "CARD.md"
    if not path.is_file():
        return ""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return next((line for line in lines if line and not line.startswith(("#", "|"))), "")


if __name__ == "__main__":
    main(sys.argv[1:])
