"""Age a whole shot: the damages in the order in which they happen to a film, and the ground truth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Generator, Tensor

from restore.ageing import (
    broadcast,
    composite,
    dust,
    dyes,
    motion,
    optics,
    stock,
    storage,
    tape,
    tape_chroma,
    tone,
)
from restore.ageing.aged_planes import FilmPlanes, split
from restore.ageing.amounts import Ageing
from restore.ageing.damage_mask import marked
from restore.ageing.grain import fixed_noise, grain
from restore.ageing.hairs import hairs
from restore.ageing.random_streams import Streams, shot_streams
from restore.ageing.scratch_lines import scratches
from restore.ageing.shrink import resize
from restore.filters.shift import moved, rows_moved

Local = Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class AgedShot:
    """An aged shot and its ground truth (what a perfect restoration would give), both nominal 0..1."""

    aged: Tensor
    """[T, 1, H/scale, W/scale]"""
    truth: Tensor
    """[T, 1, H, W]: the same stock, tone, vignette and weave, but sharp and clean"""
    masks: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])
    """local damages by name, bool [T, 1, H/scale, W/scale]: exactly the pixels that the damage
    changed; codecs and television are applied after them"""
    chroma: Tensor | None = None
    """[T, 2, H/scale, W/scale]: (Cb, Cr) of full-range BT.709, +-0.5; None for a gray film"""
    true_chroma: Tensor | None = None
    """[T, 2, H, W]"""


def age(rgb: Tensor, amounts: Ageing, scale: int, generator: Generator, first: int = 0) -> AgedShot:
    """Age color frames [T, 3, H, W] (0..1, gamma-coded, H and W multiples of `scale`).

    What belongs to the film as it was shot and printed (stock, tone, tint, vignette, position in the
    gate) is in the ground truth as well: an upscaler does not have to remove it. Blur, grain, flicker,
    wear, tape and compression are damage. A long shot may be aged in parts, each with the same state
    of `generator` and the number of its `first` frame: lasting damage continues from part to part.
    """
    streams = shot_streams(generator, first, rgb.device)
    still = _printed(rgb, amounts)
    moving = _weaving(still, amounts, scale, streams)
    small = _photographed(moving, amounts, scale, streams)
    copied = _flickering(_copied(small, amounts, streams), amounts, streams)
    worn, film_masks = _damaged(copied, _wear(amounts, streams))
    broadcast_ = _broadcast(worn, amounts, streams)
    taped, tape_masks = _damaged(broadcast_, _tape(amounts, streams))
    stored = in_files(taped, amounts)
    truth = (moving if amounts.weave_truth else still).on_luma(
        lambda p: _generation_contrast(p, amounts)
    )
    masks = film_masks | tape_masks
    return AgedShot(stored.luma, truth.luma, masks, stored.chroma, truth.chroma)


def _printed(rgb: Tensor, amounts: Ageing) -> FilmPlanes:
    """The sharp film: stock, tone, light falling off, tint."""
    film = split(rgb) if amounts.color else FilmPlanes(stock.expose(rgb, amounts.response))
    curve = (amounts.gamma, amounts.contrast, amounts.black, amounts.white)
    film = film.on_luma(lambda p: tone.print_tone(p, *curve))
    film = film.both(lambda p: tone.vignette(p, amounts.vignette))
    return dyes.tinted(film, amounts.tint)


def _weaving(film: FilmPlanes, amounts: Ageing, scale: int, streams: Streams) -> FilmPlanes:
    """Gate weave; when the picture is scaled down later, by whole pixels, so that it stays sharp."""
    frames, reach = film.luma.shape[0], amounts.weave * scale
    path = motion.weave_path(
        frames, reach, amounts.weave_jump, streams.first, streams.shot("weave")
    )
    if scale > 1:
        path = [(float(round(down)), float(round(right))) for down, right in path]
    return film.both(lambda p: moved(p, path))


def _photographed(film: FilmPlanes, amounts: Ageing, scale: int, streams: Streams) -> FilmPlanes:
    """Optics, then scaling down in one or two steps, with grain at the intermediate or final size."""
    height, width = film.luma.shape[-2:]
    glow, soft = amounts.halation_radius * scale, (amounts.blur * scale, amounts.blur_stretch)
    film = film.on_luma(lambda p: optics.halation(p, amounts.halation, glow))
    film = film.both(lambda p: optics.soften(p, *soft, amounts.blur_angle, amounts.defocus * scale))
    size = (height // scale, width // scale)
    zoom = min(amounts.intermediate_scale, scale)
    if zoom != 1:
        middle = (max(1, round(size[0] * zoom)), max(1, round(size[1] * zoom)))
        film = film.both(lambda p: resize(p, middle, amounts.kernel))
        if amounts.grain_intermediate:
            film = _grained(film, amounts, zoom, streams)
        film = film.both(lambda p: resize(p, size, amounts.second_kernel))
    film = film.both(lambda p: resize(p, size, amounts.kernel))
    if zoom == 1 or not amounts.grain_intermediate:
        film = _grained(film, amounts, 1, streams)
    return dyes.fade(film, amounts.fade)


def _grained(film: FilmPlanes, amounts: Ageing, zoom: float, streams: Streams) -> FilmPlanes:
    return film.on_luma(
        lambda p: grain(
            p,
            amounts.grain,
            amounts.grain_size * zoom,
            amounts.grain_midtone,
            streams.frames("grain"),
            white=amounts.grain_white,
            tilt=amounts.grain_tilt,
        )
    )


def _copied(film: FilmPlanes, amounts: Ageing, streams: Streams) -> FilmPlanes:
    """Further generations of prints, then the first transfer to a file."""
    for number in range(amounts.generations):
        film = film.both(lambda p: optics.blur(p, amounts.generation_blur))
        film = film.on_luma(lambda p: tone.steepen(p, amounts.generation_contrast))
        source = streams.frames(f"print {number}")
        film = film.on_luma(lambda p: grain(p, amounts.generation_grain, 0.5, 0.5, source))  # noqa: B023
    film = film.on_luma(lambda p: optics.sharpen(p, amounts.sharpening, amounts.sharpening_radius))
    noise = (amounts.fixed_noise, amounts.fixed_noise_frames, streams.first)
    return film.on_luma(lambda p: fixed_noise(p, *noise, lambda n: streams.shot(f"static {n}")))


def _generation_contrast(luma: Tensor, amounts: Ageing) -> Tensor:
    """The contrast of all generations of prints, which is in the ground truth."""
    for _ in range(amounts.generations):
        luma = tone.steepen(luma, amounts.generation_contrast)
    return luma


def _flickering(film: FilmPlanes, amounts: Ageing, streams: Streams) -> FilmPlanes:
    kinds = (amounts.flicker, amounts.flicker_drift, amounts.flicker_slope)
    light = motion.exposure(film.luma.shape, *kinds, streams.first, streams.shot("flicker"))
    return film.both(lambda p: motion.flicker(p, light))


def _wear(amounts: Ageing, streams: Streams) -> dict[str, Local]:
    """Local damages of film."""
    lines = (amounts.scratch_strength, amounts.scratch_width, amounts.scratch_breaks, streams.first)
    bright = amounts.dust_bright
    return {
        "blotches": lambda p: dust.blotches(
            p, amounts.blotches, amounts.blotch_size, streams.frames("blotches"), bright
        ),
        "dust": lambda p: dust.dust(
            p, amounts.dust, amounts.dust_size, streams.frames("dust"), bright
        ),
        "hairs": lambda p: hairs(
            p, amounts.hairs, amounts.gate_hairs, streams.part("hairs"), streams.shot("hairs")
        ),
        "scratches": lambda p: scratches(
            p, amounts.scratches, *lines, streams.part("scratches"), streams.shot("scratches")
        ),
    }


def _tape(amounts: Ageing, streams: Streams) -> dict[str, Local]:
    """Local damages of video tape."""
    return {
        "dropouts": lambda p: tape.dropouts(p, amounts.dropouts, streams.part("dropouts")),
        "head_switching": lambda p: tape.head_switching(
            p, amounts.head_switching, streams.first, streams.frames("heads"), streams.shot("heads")
        ),
    }


def _damaged(film: FilmPlanes, locals_: dict[str, Local]) -> tuple[FilmPlanes, dict[str, Tensor]]:
    """Apply the local damages in turn; returns the mask of each.

    If two of them cancel out, neither is in a mask.
    """
    masks: dict[str, Tensor] = {}
    luma = film.luma
    for name, damage in locals_.items():
        luma, masks[name] = damage(luma)
    luma, changed = marked(film.luma, luma)
    return FilmPlanes(luma, film.chroma), {name: mask & changed for name, mask in masks.items()}


def _broadcast(film: FilmPlanes, amounts: Ageing, streams: Streams) -> FilmPlanes:
    """Broadcast and tape: composite color, bandwidth, fields, displaced lines, noise."""
    shares = (amounts.dot_crawl, amounts.cross_color)
    film = composite.composite(film, *shares, amounts.subcarrier, streams.first)
    film = film.on_luma(lambda p: broadcast.bandwidth(p, amounts.bandwidth))
    film = film.on_luma(lambda p: broadcast.ringing(p, amounts.ringing, amounts.ringing_distance))
    shift = (amounts.chroma_shift, amounts.chroma_shift_down)
    film = film.on_chroma(lambda p: tape_chroma.bleed(p, amounts.chroma_bleed, *shift))
    if amounts.interlaced:
        film = film.both(broadcast.interlace)
    film = _displaced(film, amounts, streams)
    film = film.on_luma(lambda p: tape.line_noise(p, amounts.line_noise, streams.frames("lines")))
    clouds = streams.frames("chroma")
    film = film.on_chroma(lambda p: tape_chroma.chroma_noise(p, amounts.chroma_noise, clouds))
    film = film.on_chroma(tape_chroma.stairs) if amounts.chroma_stairs else film
    return film.on_chroma(tape_chroma.subsample) if amounts.subsampled else film


def _displaced(film: FilmPlanes, amounts: Ageing, streams: Streams) -> FilmPlanes:
    """Time-base error: each line of luma and chroma is displaced by the same distance."""
    if amounts.line_jitter == 0:
        return film
    frames, _, height, _ = film.luma.shape
    sizes = (amounts.line_jitter, amounts.line_jitter_smooth)
    offsets = tape.line_offsets(frames, height, *sizes, streams.part("line jitter"))
    return film.both(lambda p: rows_moved(p, offsets.to(p)))


def in_files(film: FilmPlanes, amounts: Ageing) -> FilmPlanes:
    """The last step alone: compression, once or twice."""
    for codec, quantizer in (
        (amounts.codec_before, amounts.quantizer_before),
        (amounts.codec, amounts.quantizer),
    ):
        film = storage.store_frame(film, codec, quantizer, amounts.preset)
    return film
