"""The record of a result: its source, how it was made, with which programs, and the results of the audit.

The models here define the record's form; schema.py publishes it as docs/restore.schema.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from restore.clip import ColorSpec
from restore.framemap import FrameMap
from restore.media.ffmpeg.encode import VideoFormat
from restore.report.upgrade import upgraded
from restore.survey.findings import Figures
from restore.timing import Span
from restore.treatments.film_facts import Color, Content
from restore.treatments.treatment import Invention
from restore.treatments.typed_values import TreatmentDecisions, TreatmentSettings

SCHEMA = 3
"""Version of the record's form; version 2 is read as well (upgrade.py), and results of 1 count as done."""

READABLE = (2, SCHEMA)
"""The versions that are read whole."""

MARK = 8
"""Digits of a frame's MD5 that a record keeps."""

SHA256 = Field(pattern="^[0-9a-f]{64}$")

_STRICT = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True)
class Request:
    """What identifies a job: the source's hash, the recipe, the weights, the version of the program.

    `files` are the images that colors are taken from, each with its SHA-256.
    """

    source_sha256: str
    recipe: dict[str, Any]
    weights: tuple[tuple[str, str], ...]
    frame_code: int
    suffix: str
    files: tuple[tuple[str, str], ...] = ()


class SourceFacts(BaseModel):
    """The source."""

    model_config = _STRICT

    name: str
    """the file's name, without its folder"""
    sha256: str = SHA256
    size: int = Field(ge=0)
    """bytes"""
    container: str
    """ffmpeg's name of the demuxer"""
    codec: str
    pixel_format: str
    """as stored, by ffmpeg's name"""
    width: int
    height: int
    sar: Fraction
    """sample aspect ratio"""
    color: ColorSpec
    """color description; `assumed` lists what was assumed because there was no tag"""
    field_order: str
    rotation: int
    """degrees counter-clockwise by which players rotate the frames"""
    seconds: float
    """duration of the frames that were used"""
    rate: Fraction
    """frames a second on average"""
    origin: Fraction = Fraction(0)
    """seconds of the file's own clock at which the result's clock begins"""
    streams: tuple[str, ...]
    """a short description of every stream of the file"""
    tags: dict[str, str]
    """of the container: title, date ..."""


class ResultFacts(BaseModel):
    """The result: a file, or the folder of an image sequence."""

    model_config = _STRICT

    name: str
    size: int = Field(ge=0)
    """bytes"""
    container: str
    """the suffix with its dot; for an image sequence the pattern of its names"""
    video: VideoFormat
    tags: dict[str, str]
    """tags about the restoration that were written into the container"""
    frames_sha256: str = SHA256
    """of the MD5s of all decoded frames, a line each (see docs/provenance.md)"""


class ModelFacts(BaseModel):
    """A network that was used."""

    model_config = _STRICT

    task: str
    """the treatment that uses it"""
    name: str
    sha256: str = SHA256
    """of the weights"""
    architecture: str
    licence: str


class Versions(BaseModel):
    """Software and hardware that computed the frames."""

    model_config = _STRICT

    restore: str
    frame_code: int
    """version of the code that makes frames"""
    python: str
    torch: str
    ffmpeg: str
    av: str
    """PyAV"""
    numpy: str
    opencv: str
    platform: str
    processor: str
    device: str
    """PyTorch's name"""
    device_name: str
    precision: Literal["fp32", "bf16", "fp16"]
    threads: int
    """of PyTorch"""


class ShotFacts(BaseModel):
    """A shot: what the survey found, and what was decided."""

    model_config = _STRICT

    frames: Span
    """of the result"""
    start: float
    """seconds at which it starts, on the source's clock except for retimed frames"""
    seconds: float
    content: Content
    color: Color
    tint: tuple[float, float] | None
    """mean (Cb, Cr) of a tinted shot, nominally within 0.5"""
    figures: Figures
    """the figures that determined content and color"""
    decisions: TreatmentDecisions
    """of each treatment for this shot"""
    summary: tuple[str, ...]
    """the same as text"""
    surprise: float | None = None
    """how surprising colors that were made are: bits per value (docs/variants.md); null: none were
    made, or there was no model for the figure"""


class SegmentFacts(BaseModel):
    """Frames that were computed together."""

    model_config = _STRICT

    frames: Span
    sha256: str = SHA256
    """of the encoded part"""
    seconds: float
    """that the computation took, in whichever run"""
    marks: str = Field(pattern="^([0-9a-f]{8})*$")
    """the first eight digits of every decoded frame's MD5, concatenated"""


class Timing(BaseModel):
    """Seconds of the finishing run and of its steps; parts of earlier runs were reused."""

    model_config = _STRICT

    total: float
    opening: float
    """probing and hashing the source, hashing the models"""
    survey: float
    restoring: float
    joining: float
    verifying: float
    """the audit"""
    reused: int
    """segments that an earlier run had computed"""


class CheckFacts(BaseModel):
    """One comparison of the result with its source."""

    model_config = _STRICT

    name: str
    ok: bool
    detail: str


class Record(BaseModel):
    """A finished job."""

    model_config = _STRICT

    schema_version: Literal[3]
    job: str = SHA256
    """the job key: the same key means the same frames"""
    made: str
    """when the result was finished, UTC, ISO 8601"""
    result_sha256: str = SHA256
    request: Request
    """what identifies the job; `recipe` is the whole recipe"""
    source: SourceFacts
    result: ResultFacts
    frames: int = Field(gt=0)
    """of the result"""
    frame_map: FrameMap | None = None
    """the source frames of every result frame, and its PTS; null in older records: every source frame at its
    own time"""
    synthetic: tuple[Invention, ...]
    """what in the result is invented"""
    treatments: TreatmentSettings
    """in their order, each with its settings for the whole film"""
    models: tuple[ModelFacts, ...]
    seed: int | None
    """null: no random numbers were used (dither is a fixed pattern)"""
    versions: Versions
    shots: tuple[ShotFacts, ...]
    segments: tuple[SegmentFacts, ...]
    audit: tuple[CheckFacts, ...]
    timing: Timing
    lost: tuple[str, ...] = ()
    """kinds of losses that were allowed and happened (`--allow-loss`)"""
    damage: tuple[str, ...]
    """errors of demuxer and decoder; empty if there were none"""
    notes: tuple[str, ...]

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, values: Any) -> Any:
        """Records of version 2 in today's form."""
        return upgraded(values)


def frame_marks(record: Record) -> list[str]:
    """The mark of every frame of the film, in order."""
    text = "".join(segment.marks for segment in record.segments)
    return [text[at : at + MARK] for at in range(0, len(text), MARK)]
