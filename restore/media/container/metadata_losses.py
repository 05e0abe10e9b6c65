"""The metadata of streams and file that a container cannot store: languages, marks, titles, tags."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import InputContainer
from av.packet import Packet

from restore.media.container.copies import add_copy, copied_packets, other_streams, tags_for
from restore.media.container.losses import Loss
from restore.media.container.muxers import create
from restore.media.container.mxf import mxf_metadata_losses
from restore.media.container.stream_facts import changed_facts, film_facts, stream_facts
from restore.media.names import open_input
from restore.media.source import Source


def metadata_losses(
    source: Source, suffix: str, without: Collection[int | None]
) -> tuple[Loss, ...]:
    """The metadata of streams (except those in `without`) and file that such a container cannot store.

    Tested with a file that has the first packet of each stream, because it depends on the muxer. If even this
    file cannot be written, `check_container` reports the reason.
    """
    if suffix == ".mxf":
        return mxf_metadata_losses(source, without)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        trial = Path(folder) / f"probe{suffix}"
        with open_input(source.path, source.container) as origin:
            others = [s for s in other_streams(origin, source.video) if s.index not in without]
            film: Any = origin.streams[source.video]
            facts_of = {s.index: stream_facts(s) for s in others} | {film.index: film_facts(film)}
            try:
                written = _write_trial(trial, origin, film, others)
            except (ValueError, av.error.FFmpegError):
                return ()
        with open_input(trial) as back:
            found = [stream_facts(stream) for stream in back.streams]
    lost: list[Loss] = []
    for index, facts in zip(written, found, strict=False):
        of_film = index == source.video
        whose = "film" if of_film else f"stream {index}"
        for kind, text in changed_facts(facts_of[index], facts):
            lost.append(Loss(kind, None if of_film else index, f"metadata of {whose} ({text})"))
    return tuple(lost)


def _write_trial(
    trial: Path, origin: InputContainer, film: Any, others: Sequence[Any]
) -> list[int]:
    """A file with the streams' metadata and one packet each.

    Returns the source's numbers of the streams in the order in which they are read: attached files come last,
    and only Matroska keeps streams without packets.
    """
    with create(trial, any_tags=True) as output:
        stand_in: Any = output.add_mux_stream("mpeg4", width=16, height=16)
        stand_in.time_base = Fraction(1, 25)
        stand_in.metadata.update(tags_for(output, film, statistics=False))
        stand_in.disposition = film.disposition
        copies = {stream.index: add_copy(output, stream) for stream in others}
        packet: Any = Packet(bytes([0, 0, 1, 0xB6, 16, 0, 0, 0]))
        packet.stream, packet.pts, packet.dts, packet.time_base = stand_in, 0, 0, Fraction(1, 25)
        packet.is_keyframe = True
        output.mux(packet)
        missing = {index for index, copy in copies.items() if copy.type != "attachment"}
        for packet in copied_packets(origin, copies, None):
            if packet.stream_index in {copies[index].index for index in missing}:
                output.mux(packet)
                missing -= {i for i in missing if copies[i].index == packet.stream_index}
            if not missing:
                break
        absent = set[int]() if output.format.name == "matroska" else missing
        tracks = [index for index, copy in copies.items() if copy.type != "attachment"]
        files = [index for index in copies if index not in tracks]
    return [film.index, *(index for index in tracks if index not in absent), *files]
