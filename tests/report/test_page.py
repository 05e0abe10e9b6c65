"""The page for archivists: complete, without scripts, safe with hostile names."""

from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.report.page import page
from restore.report.record import CheckFacts, Record
from restore.report.shot_png import png
from tests.report.made import HOSTILE, made_record

VOID = {"meta", "img"}


class Reader(HTMLParser):
    """Parses a page: its tags, attributes and visible text; checks the nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.shown: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a start tag."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check an end tag against the last start tag."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record text, except that of the style."""
        if self._open and self._open[-1] != "style":
            self.shown.append(data)

    @property
    def text(self) -> str:
        """The visible text."""
        return " ".join(" ".join(self.shown).split())


def named(name: str) -> Record:
    """A record in which every text that comes from outside is `name`."""
    record = made_record()
    source = record.source.model_copy(
        update={"name": name, "streams": (name,), "tags": {name: name}, "codec": name}
    )
    return record.model_copy(
        update={
            "source": source,
            "result": record.result.model_copy(update={"name": name, "tags": {name: name}}),
            "notes": (name,),
            "damage": (name,),
            "audit": (CheckFacts(name=name, ok=False, detail=name),),
            "versions": record.versions.model_copy(update={"processor": name, "platform": name}),
            "models": tuple(
                model.model_copy(update={"name": name, "licence": name}) for model in record.models
            ),
        }
    )


def check_harmless(text: str) -> Reader:
    """Nothing is executed or loaded: only known tags, no handlers, inline images."""
    read = Reader(text)
    assert "script" not in read.tags
    assert not {"link", "iframe", "object", "form", "a"} & set(read.tags)
    for name, value in read.attributes:
        assert not name.startswith("on"), (name, value)
        if name in ("src", "href"):
            assert value.startswith("data:image/png;base64,")
    assert "url(" not in text
    assert "@import" not in text
    return read


def test_hostile_names_are_only_text() -> None:
    """Quotes, tags, entities and newlines in names are shown as text."""
    read = check_harmless(page(named(HOSTILE)))
    assert "<script>alert(1)</script>&amp;\\n-->\\u202e" in read.text
    assert read.tags.count("h1") == 1


@settings(max_examples=25)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_name_breaks_the_page(name: str) -> None:
    """Whatever text comes from outside, the page has the same tags."""
    assert check_harmless(page(named(name))).tags == Reader(page(named("film"))).tags


@settings(max_examples=25)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_commands_are_safe_to_paste(name: str) -> None:
    """The command lines name the file as one word to a shell, never as an option."""
    text = page(made_record(result=made_record().result.model_copy(update={"name": name})))
    shown = re.findall(r"<pre>(restore rerun .*?)</pre>", text, re.S)[0]
    words = shlex.split("".join(Reader(f"<pre>{shown}</pre>").shown))
    assert words[:2] == ["restore", "rerun"]
    assert len(words) == 5
    assert not words[2].startswith("-")


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        ({}, ["Invented: color and detail", "1 of 2 shots (80 of 100 frames)"], ["Nothing is"]),
        (
            {"synthetic": ("detail",)},
            ["Invented: detail", "film-x2-v2"],
            ["a guess of the network"],
        ),
        ({"synthetic": (), "treatments": {}, "models": ()}, ["Nothing is invented"], ["Invented:"]),
    ],
)
def test_what_is_invented_is_said_plainly(
    changes: dict[str, Any], said: list[str], unsaid: list[str]
) -> None:
    """The invented parts are listed, with their shots and frames, before all tables."""
    text = Reader(page(made_record(**changes))).text
    assert all(words in text for words in said)
    assert not any(words in text for words in unsaid)
    assert text.index(said[0]) < text.index("Source and result")


def test_failed_checks_are_not_overlooked() -> None:
    """They are in the lead and in the table."""
    audit = (
        CheckFacts(name="frames", ok=True, detail="100 of 100"),
        CheckFacts(name="audio 1", ok=False, detail="not the same bits"),
    )
    text = Reader(page(made_record(audit=audit))).text
    assert "1 of 2 comparisons with the source failed" in text
    assert "FAILED audio 1 not the same bits" in text


def test_everything_of_the_record_is_on_the_page() -> None:
    """Hashes, networks, versions, the recipe and notes are shown."""
    record = made_record()
    text = Reader(page(record)).text
    hashes = {record.source.sha256, record.result_sha256, record.result.frames_sha256, record.job}
    hashes |= {model.sha256 for model in record.models}
    versions = {str(value) for value in record.versions.model_dump().values()}
    for word in hashes | versions | set(record.notes) | {"colorize = true", "upscale = 2"}:
        assert word in text, word


def test_shots_have_their_pictures() -> None:
    """Each image is a PNG embedded in the page, in the display aspect of the film."""
    gray = np.full((32, 32), 126, np.uint8)
    text = page(made_record(), [png(gray), png(gray)])
    assert text.count("data:image/png;base64,iVBOR") == 2
    assert "aspect-ratio: 1.333" in text
    check_harmless(text)


def test_pictures_span_black_to_white() -> None:
    """Limited range is stretched: nominal black is 0, nominal white 255, values outside are clipped."""
    import cv2

    luma = np.array([[0, 16, 235, 255]], np.uint8)
    shown = cv2.imdecode(np.frombuffer(png(luma), np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown is not None
    assert shown.tolist() == [[0, 0, 255, 255]]
