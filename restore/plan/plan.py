"""The plan of a film as plain values: treatments, decisions for each shot, segments, the result's format.

As JSON it is the job's plan on disk, and its digest is the job key: the same key means the same frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeGuard

from pydantic import TypeAdapter

from restore.framemap import FrameMap
from restore.media.ffmpeg.encode import VideoFormat
from restore.store import digest_bytes
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.borders import BordersDecision
from restore.treatments.borders.insets import Insets
from restore.treatments.film_facts import Color, Content
from restore.treatments.stabilize import StabilizeDecision
from restore.treatments.treatment import Invention
from restore.treatments.typed_values import TreatmentDecisions, TreatmentSettings

FRAME_CODE = 10
"""Version of the code that makes frames; it is increased with every change of a frame's values."""


Moves = tuple[tuple[Span, StabilizeDecision], ...]
"""The shots whose frames are stabilized, each with its decision."""


def crops(decision: object) -> TypeGuard[BordersDecision]:
    """Whether a decision is to crop borders."""
    return isinstance(decision, BordersDecision) and decision.action == "crop"


@dataclass(frozen=True)
class ShotPlan:
    """One shot: its frames in the result, its kind, and the decision of each treatment."""

    span: Span
    content: Content
    color: Color
    decisions: TreatmentDecisions


@dataclass(frozen=True)
class Plan:
    """Everything that determines the result's frames.

    `film` identifies the source (its survey's digest and its own: another encoding of the same film is
    another job). `frame_map` lists the source frames of every result frame; `shots`, their
    decisions and `segments` count result frames. `treatments` are those of the chain in their order, each
    with its settings for the film. `weights` are pairs of model name and SHA-256, `device` is torch's name
    for it.
    """

    code: int
    film: str
    frame_map: FrameMap
    shots: tuple[ShotPlan, ...]
    segments: tuple[Span, ...]
    treatments: TreatmentSettings
    weights: tuple[tuple[str, str], ...]
    output: VideoFormat
    suffix: str
    device: str
    precision: str
    notes: tuple[str, ...]

    @property
    def frames(self) -> int:
        """The number of frames of the result."""
        return self.frame_map.frames

    @cached_property
    def key(self) -> str:
        """The job key: SHA-256 over everything in the plan that determines the parts' frames."""
        return digest_bytes(plan_to_json(replace(self, suffix="", notes=())))

    @property
    def moves(self) -> Moves:
        """The shots whose frames this plan moves."""
        moved = ((shot.span, shot.decisions.get("stabilize")) for shot in self.shots)
        return tuple((span, one) for span, one in moved if isinstance(one, StabilizeDecision))

    @property
    def deinterlaced(self) -> bool:
        """Whether fields of the source become whole frames."""
        return deinterlaces(self.treatments)

    @property
    def crop(self) -> Insets | None:
        """The borders that this plan crops, the same in all shots; None: none."""
        decided = (shot.decisions.get("borders") for shot in self.shots)
        return next((one.insets for one in decided if crops(one)), None)

    @property
    def invents(self) -> tuple[Invention, ...]:
        """The invented content that the treatments add."""
        return inventions(self.treatments, self.shots)

    def shot_at(self, index: int) -> ShotPlan:
        """The shot of a result frame; raises IndexError outside the result."""
        for shot in self.shots:
            if index in shot.span:
                return shot
        raise IndexError(f"no frame {index}")


def deinterlaces(chain: Iterable[str]) -> bool:
    """Whether one of these treatments makes whole frames of fields."""
    return any(catalog.TREATMENTS[name].fields for name in chain)


def inventions(chain: Mapping[str, Any], shots: Sequence[ShotPlan]) -> tuple[Invention, ...]:
    """The invented content that the treatments of a chain add to these shots."""
    found: list[Invention] = []
    for name, settings in chain.items():
        invents = catalog.TREATMENTS[name].describe.invents
        decided = [shot.decisions[name] for shot in shots if name in shot.decisions]
        if (
            invents is not None
            and invents.what not in found
            and any(invents.where(settings, one) for one in decided)
        ):
            found.append(invents.what)
    return tuple(found)


def decisions_in_short(shot: ShotPlan) -> dict[str, dict[str, Any]]:
    """The decisions for a shot as plain values, without lists (these have a value for every frame)."""
    recorded = {name: catalog.TREATMENTS[name].recorded(d) for name, d in shot.decisions.items()}
    plain = TypeAdapter(TreatmentDecisions).dump_python(recorded, mode="json")
    return {
        name: {key: value for key, value in decision.items() if not isinstance(value, list)}
        for name, decision in plain.items()
    }


def plan_to_json(plan: Plan) -> bytes:
    """The plan as JSON text (UTF-8), the same for the same plan."""
    return TypeAdapter(Plan).dump_json(plan, indent=1)


def plan_from_json(data: bytes) -> Plan:
    """The plan that `plan_to_json` wrote; raises ValueError for anything else."""
    return TypeAdapter(Plan).validate_json(data)
