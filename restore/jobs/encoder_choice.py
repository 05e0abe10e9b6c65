"""The encoder that a run uses: hardware if it works, else software, with a note."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import OutputError
from restore.plan import Plan

if TYPE_CHECKING:
    from restore.media.images.writer import Pattern


def with_working_encoder(plan: Plan, asked: str | None) -> Plan:
    """The plan with an encoder that works on this machine.

    If a family (`nvenc`) fails with two frames, the software encoder is used, and a note has the reason; the
    job key is then that of the software encoder. An encoder that was selected by its full name (`hevc_nvenc`)
    must work: OutputError has its message.
    """
    from restore.media.container.encoder_check import trial_encode

    video = plan.output
    if video.hardware is None:
        return plan
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        try:
            trial_encode(video, Path(folder) / "part.mkv")
        except OutputError as error:
            if asked == video.hardware:
                raise
            note = f"encoded in software: {error.what[0].lower()}{error.what[1:]}"
            software = replace(video, hardware=None, preset=None)
            return replace(plan, output=software, notes=(*plan.notes, note))
    return replace(plan, notes=(*plan.notes, f"encoded with {video.hardware}"))


def check_images(plan: Plan, pattern: Pattern) -> None:
    """Write and read back one image before the run.

    Raises UsageError if there are more frames than numbers, OutputError if the encoder fails.
    """
    from restore.media.color.pixels import pixel_format
    from restore.media.container.image_set import trial_image
    from restore.media.images.writer import check_room

    check_room(pattern, plan.frames)
    size = (plan.output.width, plan.output.height)
    trial_image(pattern.kind, pixel_format(plan.output.pixel_format), size)
