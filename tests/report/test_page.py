"""The page for archivists: complete, without scripts, safe with hostile names."""

from __future__ import annotations

import re
import shlex
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.report.page import page
from restore.report.record import CheckFacts, Record
from restore.report.shot_png import png
from tests.framemaps import every_second
from tests.made import made_shot, made_survey
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


def test_one_segment_is_not_called_segments() -> None:
    """Of two segments an earlier run computed one."""
    assert "1 segment; 1 reused from an earlier run" in Reader(page(made_record())).text


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


def text_of(record: Record, *pictures: bytes) -> str:
    """The visible text of its page."""
    return Reader(page(record, pictures)).text


ALWAYS = (
    "Source and result",
    "What was done",
    "Audit: the result against its source",
    "Shots",
    "Software and hardware",
    "Time",
    "To verify it again",
)
"""Titles of the sections that every page has, in order."""


@pytest.mark.parametrize(
    ("changes", "has_notes"),
    [
        ({}, True),
        ({"notes": ()}, False),
        ({"notes": (), "damage": ("frame 7 does not decode",)}, True),
    ],
)
def test_sections_are_in_order_and_notes_only_where_there_are_some(
    changes: dict[str, Any], has_notes: bool
) -> None:
    """Seven sections always, in their order; `Notes` for notes or damage of the source."""
    text = page(made_record(**changes))
    titles = re.findall(r"<h2>(.*?)</h2>", text)
    assert [title for title in titles if title in ALWAYS] == list(ALWAYS)
    assert ("Notes" in titles) == has_notes


def test_damage_of_the_source_is_in_the_lead_and_in_the_notes() -> None:
    """Nobody reads that all comparisons passed without reading that the source is damaged."""
    text = text_of(made_record(damage=("frame 7 does not decode",)))
    assert "The source is damaged: see the notes." in text
    assert "damage in the source: frame 7 does not decode" in text
    assert "damaged" not in text_of(made_record())


def test_a_film_without_treatments_says_that_its_frames_are_unchanged() -> None:
    """There is no table of treatments, and the recipe is shown all the same."""
    record = made_record(treatments={}, models=(), synthetic=())
    text = text_of(record)
    assert "No treatment: the frames are unchanged." in text
    assert "no treatment." in text.split("Nothing is invented")[0]
    assert "Network, SHA-256" not in text


@pytest.mark.parametrize(("seed", "said"), [(None, "none"), (0, "seed 0"), (1906, "seed 1906")])
def test_the_seed_of_random_numbers_is_shown(seed: int | None, said: str) -> None:
    """Also a seed of 0, which is one."""
    assert f"Random numbers: {said}." in text_of(made_record(seed=seed))


def test_treatments_without_a_network_say_so() -> None:
    """Their settings are shown; what is not set is not."""
    record = made_record(
        treatments={"upscale": {"model": None, "factor": 2}}, models=(), synthetic=()
    )
    text = text_of(record)
    assert "no network" in text
    assert "factor: 2" in text
    assert "None" not in text


@pytest.mark.parametrize(("reused", "said"), [(0, "2 segments Joining"), (2, "0 segments; 2")])
def test_segments_of_earlier_runs_are_counted(reused: int, said: str) -> None:
    """Those that this run computed, and those that were reused if there are any."""
    timing = made_record().timing.model_copy(update={"reused": reused})
    text = text_of(made_record(timing=timing))
    assert said in text
    assert ("reused from an earlier run" in text) == (reused > 0)


def test_shots_without_a_picture_have_an_empty_cell() -> None:
    """There may be fewer pictures than shots: the rows are the same, numbered from 1."""
    gray = png(np.full((32, 32), 126, np.uint8))
    texts = [page(made_record(), [gray] * count) for count in range(3)]
    assert [text.count("<img") for text in texts] == [0, 1, 2]
    assert [text.count('<td class="shot">') for text in texts] == [2, 2, 2]


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (0.0, "0:00.000"),
        (59.9996, "1:00.000"),
        (3723.25, "1:02:03.250"),
        (-1.5, "-0:01.500"),
        (-0.0002, "0:00.000"),
    ],
)
def test_a_shots_time_has_hours_only_where_there_are_some(start: float, shown: str) -> None:
    """Minutes, seconds and milliseconds; films may begin before zero, zero has no sign."""
    first, second = made_record().shots
    record = made_record(shots=(first.model_copy(update={"start": start}), second))
    row = page(record).split("<h2>Shots</h2>")[1].split("</tr>")[1]
    assert f">{shown}<" in row


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(4.0, "4 seconds"), (4.25, "4.2 seconds"), (750, "12 min 30 s"), (3723, "1 h 2 min 3 s")],
)
def test_a_duration_is_shown_in_its_units(seconds: float, shown: str) -> None:
    """Seconds with a decimal where there is one, then minutes, then hours."""
    source = made_record().source.model_copy(update={"seconds": seconds})
    assert f"({shown}) of 320 × 240" in text_of(made_record(source=source))


def test_a_changed_frame_map_is_described() -> None:
    """The lead has the frames of source and result, and the table how one was made of the other."""
    survey = made_survey(made_shot(0, 200))
    record = made_record(frame_map=every_second(survey.frames))
    text = text_of(record)
    assert "200 frames (6.2 seconds)" in text
    assert "became 100 frames" in text
    assert "100 frames are made of 100 of 200 source frames" in text


@pytest.mark.parametrize(("sar", "shown"), [(Fraction(1), "1:1"), (Fraction(64, 45), "64:45")])
def test_the_sample_aspect_is_a_ratio(sar: Fraction, shown: str) -> None:
    """Of source and result, also where it is a whole number."""
    source = made_record().source.model_copy(update={"sar": sar})
    assert f"sample aspect {shown}" in text_of(made_record(source=source))


def test_names_that_are_no_unicode_are_shown() -> None:
    """Bytes of an old disk's file name: the page can be written as UTF-8, and shows which bytes they are."""
    text = page(named("film\udcff.mp4"))
    text.encode()
    assert "film\\udcff.mp4" in Reader(text).text
