"""Draw `reel.mp4`: a short film of this project (title, two scenes, piano), aged like a worn print.

    python examples/draw_reel.py [reel.mp4]

Everything is made here from numbers with a fixed seed, so the film is free of third-party rights
and always the same. It is drawn in color, converted to gray with the sensitivity of an old film
stock (blue is bright, red is dark), then aged: soft lens, vignette, weave, flicker, grain, dust and
scratches.
"""

from __future__ import annotations

import math
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

WIDTH, HEIGHT, RATE = 320, 240, 16
"""The film as it is stored: pixels and frames a second (a hand-cranked camera's rate)."""

FINE = 3
"""Scenes are drawn this many times larger, so that edges come out smooth."""

TITLE_FRAMES, WALK_FRAMES, DRIVE_FRAMES = 20, 44, 32

W, H = WIDTH * FINE, HEIGHT * FINE

LETTERS = cv2.FONT_HERSHEY_TRIPLEX | cv2.FONT_ITALIC

SKY, HAZE = (206, 156, 100), (238, 226, 210)
GRASS, FOREST, EARTH = (58, 132, 104), (60, 100, 68), (98, 138, 168)
PLASTER, ROOF, WOOD = (196, 214, 226), (58, 66, 138), (46, 74, 104)
SKIN, COAT, DARK = (142, 172, 214), (70, 52, 48), (34, 32, 34)


def clouds_of_noise(rng: np.random.Generator, height: int, width: int, octaves: int) -> Picture:
    """A smooth random field in 0..1: octaves of noise, each twice as fine and weaker."""
    field = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = (2 + height * 2**octave // 260, 2 + width * 2**octave // 260)
        coarse = rng.random(cells, dtype=np.float32)
        field += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / 1.7**octave
    low, high = np.quantile(field, (0.01, 0.99))
    return np.clip((field - low) / (high - low), 0, 1).astype(np.float32)


def blades(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Grass as a texture in 0..1: short vertical strokes, longer towards the bottom."""
    strokes = np.zeros((height, width), np.float32)
    seeds = rng.random((height, width), dtype=np.float32)
    for reach in (2, 4, 8):
        blurred = cv2.GaussianBlur(seeds, (0, 0), sigmaX=1.1, sigmaY=float(reach))
        blurred = (blurred - blurred.mean()) / blurred.std()
        rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        strokes += blurred * np.exp(-(((rows - 0.55 - reach / 20) / 0.16) ** 2))
    return np.clip(0.5 + 0.22 * strokes, 0, 1).astype(np.float32)


def polygon(picture: Picture, points: list[tuple[float, float]], color: tuple[float, ...]) -> None:
    """Fill a polygon with smooth edges; coordinates in fine pixels."""
    corners = np.array([[round(x * 16), round(y * 16)] for x, y in points], np.int32)
    cv2.fillPoly(picture, [corners], color, cv2.LINE_AA, shift=4)


def limb(
    picture: Picture,
    a: tuple[float, float],
    b: tuple[float, float],
    width: float,
    color: tuple[float, ...],
) -> None:
    """A thick line with round ends."""
    start, stop = ((round(x), round(y)) for x, y in (a, b))
    cv2.line(picture, start, stop, color, max(1, round(width)), cv2.LINE_AA)


def shade(picture: Picture, mask: NDArray[np.bool_], texture: Picture, strength: float) -> None:
    """Let a texture lighten and darken a region by up to `strength` (a share of its brightness)."""
    picture[mask] *= (1 + strength * (2 * texture[mask] - 1))[:, None]


def title_card(rng: np.random.Generator) -> Iterator[Picture]:
    """White lettering and an ornament on black, as titles were shot."""
    card = np.full((H, W, 3), 14, np.uint8)
    white = (225, 225, 225)
    cv2.rectangle(card, (60, 60), (W - 60, H - 60), white, 5, cv2.LINE_AA)
    cv2.rectangle(card, (76, 76), (W - 76, H - 76), white, 2, cv2.LINE_AA)
    lines = (
        ("The Little House", 300, 2.9, 6),
        ("on the hill", 400, 1.9, 4),
        ("MCMXII", 570, 1.3, 3),
    )
    for text, baseline, size, weight in lines:
        (length, _), _ = cv2.getTextSize(text, LETTERS, size, weight)
        place = ((W - length) // 2, baseline)
        cv2.putText(card, text, place, LETTERS, size, white, weight, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.ellipse(card, (W // 2 + side * 90, 470), (80, 14), 0, 0, 360, white, 3, cv2.LINE_AA)
    cv2.circle(card, (W // 2, 470), 9, white, -1, cv2.LINE_AA)
    for _ in range(TITLE_FRAMES):
        yield card.astype(np.float32)


def sky(drift: float, field: Picture) -> Picture:
    """Blue above, haze below, and clouds that the wind moves by `drift` fine pixels."""
    rows = np.linspace(0, 1, H, dtype=np.float32)[:, None, None] ** 0.8
    picture = np.float32(SKY) * (1 - rows) + np.float32(HAZE) * rows
    picture = np.broadcast_to(picture, (H, W, 3)).astype(np.float32)
    left = round(drift)
    cover = np.clip((field[:H, left : left + W] - 0.5) * 3.2, 0, 1) * (1 - rows[..., 0] * 0.9)
    light = 236 + 18 * np.roll(field, 9, axis=0)[:H, left : left + W]
    clouded = picture * (1 - cover[..., None]) + (light * cover)[..., None]
    return np.ascontiguousarray(clouded, np.float32)


def hills(picture: Picture, texture: Picture, grass: Picture, shift: float) -> None:
    """Three ridges, the far ones pale; near ones move faster when the camera pans."""
    x = np.arange(W, dtype=np.float32)
    rows = np.arange(H, dtype=np.float32)[:, None]
    ridges = (
        (0.50, 34, 0.0042, 0.25, 0.72),
        (0.56, 30, 0.0061, 0.5, 0.42),
        (0.64, 22, 0.0050, 1.0, 0.0),
    )
    for level, swing, pace, parallax, haze in ridges:
        t = (x + shift * parallax + 300 * level) * pace
        edge = H * level + swing * (np.sin(t) + 0.4 * np.sin(2.3 * t + 1))
        mask = rows >= edge[None, :]
        near = np.float32(FOREST if haze else GRASS)
        picture[mask] = near * (1 - haze) + np.float32(HAZE) * haze
        left = round(shift * parallax)
        shade(picture, mask, texture[:H, left : left + W], 0.35 * (1 - haze))
        shade(picture, mask, grass[:H, left : left + W], 0.4 * (1 - haze) ** 2)


def house(picture: Picture, x: float, y: float, size: float, texture: Picture) -> None:
    """A plastered cottage, lit from the left, with its lower left corner at (x, y)."""

    def at(u: float, v: float) -> tuple[float, float]:
        return x + u * size, y - v * size

    before = picture.copy()
    polygon(picture, [at(0, 0), at(0.62, 0), at(0.62, 0.42), at(0, 0.42)], PLASTER)
    gable = [at(0.62, 0), at(1, 0.05), at(1, 0.45), at(0.81, 0.74), at(0.62, 0.42)]
    polygon(picture, gable, tuple(0.62 * c for c in PLASTER))
    polygon(picture, [at(0.16, 0.6), at(0.16, 0.9), at(0.25, 0.9), at(0.25, 0.6)], (70, 84, 128))
    polygon(picture, [at(-0.05, 0.4), at(0.2, 0.74), at(0.81, 0.74), at(0.62, 0.4)], ROOF)
    polygon(picture, [at(0.81, 0.76), at(1.04, 0.42), at(1, 0.41), at(0.78, 0.73)], (44, 50, 104))
    polygon(picture, [at(0.26, 0), at(0.26, 0.28), at(0.38, 0.28), at(0.38, 0)], WOOD)
    for u, v in ((0.07, 0.14), (0.45, 0.14)):
        polygon(picture, [at(u, v), at(u + 0.13, v), at(u + 0.13, v + 0.16), at(u, v + 0.16)], DARK)
        for a, b in (
            (at(u + 0.065, v), at(u + 0.065, v + 0.16)),
            (at(u, v + 0.08), at(u + 0.13, v + 0.08)),
        ):
            limb(picture, a, b, 0.018 * size, (232, 236, 238))
    polygon(picture, [at(0.76, 0.18), at(0.87, 0.19), at(0.87, 0.35), at(0.76, 0.34)], DARK)
    shade(picture, np.any(picture != before, axis=2), texture[:H, :W], 0.16)


def smoke(picture: Picture, x: float, y: float, frame: int) -> None:
    """Puffs that rise from the chimney, grow, lean with the wind and fade."""
    cover = np.zeros((H, W), np.float32)
    for puff in range(9):
        age = (frame * 0.35 + puff * 3.1) % 28
        place = (round(x + age * 5 + 8 * math.sin(puff * 2 + age * 0.2)), round(y - age * 7))
        cv2.circle(cover, place, round(9 + age * 1.5), 0.9 * (1 - age / 28), -1, cv2.LINE_AA)
    cover = cv2.GaussianBlur(cover, (0, 0), 9)[..., None]
    picture *= 1 - cover
    picture += cover * 96


def tree(picture: Picture, x: float, y: float, size: float, sway: float) -> None:
    """A trunk and a crown; one seed keeps the leaves on their twigs while it sways."""
    rng = np.random.default_rng(7)
    polygon(
        picture,
        [
            (x - 0.05 * size, y),
            (x + 0.05 * size, y),
            (x + 0.02 * size, y - 0.6 * size),
            (x - 0.02 * size, y - 0.6 * size),
        ],
        (48, 62, 78),
    )
    for _ in range(1500):
        angle, far = rng.random() * math.tau, math.sqrt(rng.random())
        u, v = far * math.cos(angle) * 0.36, far * math.sin(angle) * 0.40
        lean = sway * (0.5 - v) * (0.8 + 0.4 * rng.random())
        light = 0.4 + 0.6 * (-u * 1.2 - v * 1.2 + rng.random() * 1.3)
        place = (round(x + (u + lean) * size), round(y - 0.85 * size + v * size))
        color = tuple(light * c for c in (52, 120, 90))
        cv2.circle(
            picture, place, round(size * (0.008 + 0.017 * rng.random())), color, -1, cv2.LINE_AA
        )


def fence(picture: Picture, y: float, shift: float) -> None:
    """White pickets along the foreground, moving fastest."""
    for rail in (26, 52):
        limb(picture, (0, y - rail), (W, y - rail + 4), 7, (206, 212, 216))
    for picket in range(-1, 26):
        x = picket * 46 - (shift * 1.6) % 46
        polygon(
            picture,
            [(x, y), (x + 15, y), (x + 15, y - 62), (x + 7.5, y - 74), (x, y - 62)],
            (222, 228, 232),
        )


def walker(picture: Picture, x: float, y: float, size: float, phase: float) -> None:
    """A man with a hat, seen from the side; `phase` counts his steps in radians."""
    hip, neck = (x, y - 0.47 * size), (x + 0.03 * size, y - 0.80 * size)
    cv2.ellipse(
        picture,
        (round(x - 0.16 * size), round(y)),
        (round(0.3 * size), round(0.035 * size)),
        0,
        0,
        360,
        (40, 72, 58),
        -1,
        cv2.LINE_AA,
    )
    for side, tone in ((1, 0.7), (-1, 1.0)):
        swing = 0.48 * math.sin(phase) * side
        bend = 0.35 * max(0.0, math.sin(phase * 1.0 + (0.9 if side > 0 else math.pi + 0.9)))
        knee = (hip[0] + 0.24 * size * math.sin(swing), hip[1] + 0.24 * size * math.cos(swing))
        foot = (
            knee[0] + 0.23 * size * math.sin(swing - bend),
            knee[1] + 0.23 * size * math.cos(swing - bend),
        )
        cloth = tuple(tone * c for c in (66, 62, 64))
        limb(picture, hip, knee, 0.10 * size, cloth)
        limb(picture, knee, foot, 0.08 * size, cloth)
        limb(picture, foot, (foot[0] + 0.07 * size, foot[1]), 0.06 * size, DARK)
        shoulder = (neck[0] - 0.01 * size, neck[1] + 0.06 * size)
        hand = (
            shoulder[0] - 0.30 * size * math.sin(swing * 0.9),
            shoulder[1] + 0.30 * size * math.cos(swing * 0.9),
        )
        limb(picture, shoulder, hand, 0.07 * size, tuple(tone * c for c in COAT))
        cv2.circle(
            picture, (round(hand[0]), round(hand[1])), round(0.03 * size), SKIN, -1, cv2.LINE_AA
        )
        if side > 0:
            limb(picture, hip, (neck[0], neck[1] + 0.06 * size), 0.20 * size, COAT)
    cv2.circle(
        picture,
        (round(neck[0] + 0.02 * size), round(neck[1] - 0.06 * size)),
        round(0.075 * size),
        SKIN,
        -1,
        cv2.LINE_AA,
    )
    brim = neck[1] - 0.10 * size
    limb(picture, (neck[0] - 0.08 * size, brim), (neck[0] + 0.13 * size, brim), 0.03 * size, DARK)
    polygon(
        picture,
        [
            (neck[0] - 0.06 * size, brim),
            (neck[0] + 0.09 * size, brim),
            (neck[0] + 0.08 * size, brim - 0.10 * size),
            (neck[0] - 0.05 * size, brim - 0.10 * size),
        ],
        DARK,
    )


def wheel(picture: Picture, x: float, y: float, radius: float, turn: float) -> None:
    """A spoked wheel around (x, y), turned by `turn` radians."""
    cv2.circle(
        picture, (round(x), round(y)), round(radius), DARK, round(radius * 0.22), cv2.LINE_AA
    )
    for spoke in range(5):
        angle = turn + spoke * math.pi / 5
        dx, dy = radius * math.cos(angle), radius * math.sin(angle)
        limb(picture, (x - dx, y - dy), (x + dx, y + dy), radius * 0.09, (92, 128, 150))
    cv2.circle(picture, (round(x), round(y)), round(radius * 0.2), (100, 140, 160), -1, cv2.LINE_AA)


def motor_car(picture: Picture, x: float, y: float, size: float, frame: int) -> None:
    """An open touring car with a driver; (x, y) is where its rear wheel meets the road."""
    shake = 2 * math.sin(frame * 1.9)

    def at(u: float, v: float) -> tuple[float, float]:
        return x + u * size, y - v * size + shake

    cv2.ellipse(
        picture,
        (round(x + 0.55 * size), round(y + 4)),
        (round(0.8 * size), round(0.05 * size)),
        0,
        0,
        360,
        (62, 84, 96),
        -1,
        cv2.LINE_AA,
    )
    body = [
        at(-0.2, 0.2),
        at(1.25, 0.2),
        at(1.28, 0.5),
        at(0.78, 0.52),
        at(0.74, 0.42),
        at(0.40, 0.42),
        at(0.36, 0.62),
        at(-0.18, 0.62),
    ]
    polygon(picture, body, (56, 54, 122))
    polygon(
        picture, [at(0.82, 0.30), at(1.18, 0.30), at(1.18, 0.34), at(0.82, 0.34)], (120, 140, 176)
    )
    polygon(
        picture, [at(-0.14, 0.60), at(0.34, 0.60), at(0.30, 0.68), at(-0.16, 0.70)], (44, 56, 74)
    )
    limb(picture, at(0.20, 0.66), at(0.22, 0.84), 0.15 * size, (92, 84, 80))
    head = at(0.24, 0.98)
    cv2.circle(
        picture, (round(head[0]), round(head[1])), round(0.075 * size), SKIN, -1, cv2.LINE_AA
    )
    limb(
        picture,
        (head[0] - 0.07 * size, head[1] - 0.05 * size),
        (head[0] + 0.11 * size, head[1] - 0.05 * size),
        0.055 * size,
        (150, 172, 186),
    )
    limb(picture, at(0.24, 0.80), at(0.56, 0.70), 0.055 * size, (92, 84, 80))
    limb(picture, at(0.52, 0.62), at(0.62, 0.80), 0.03 * size, DARK)
    limb(picture, at(0.76, 0.50), at(0.70, 0.92), 0.02 * size, (190, 204, 210))
    cv2.circle(
        picture,
        tuple(round(c) for c in at(1.30, 0.42)),
        round(0.07 * size),
        (150, 206, 226),
        -1,
        cv2.LINE_AA,
    )
    for u in (0.0, 1.05):
        wheel(picture, x + u * size, y - 0.19 * size, 0.19 * size, frame * 0.55)


def walk(rng: np.random.Generator) -> Iterator[Picture]:
    """A man walks along the fence towards the house while the camera slowly follows him."""
    cover = clouds_of_noise(rng, H, W + 400, 5)
    texture = clouds_of_noise(rng, H, W + 400, 7)
    grass = blades(rng, H, W + 400)
    for frame in range(WALK_FRAMES):
        shift = frame * 3.2
        picture = sky(40 + frame * 1.6, cover)
        hills(picture, texture, grass, shift)
        house(picture, 560 - shift, 520, 300, texture)
        smoke(picture, 622 - shift, 250, frame)
        tree(picture, 985 - shift, 560, 330, 0.012 * math.sin(frame * 0.22))
        polygon(picture, [(0, 610), (W, 566), (W, 650), (0, 700)], EARTH)
        road = np.zeros((H, W), bool)
        road[566:, :] = True
        shade(picture, road, np.roll(texture, -round(shift * 1.3), axis=1)[:H, :W], 0.22)
        walker(picture, 150 + frame * 8.5 - shift * 0.4, 640 - frame * 0.5, 250, frame * 0.52)
        fence(picture, H + 4, shift)
        yield picture


def drive(rng: np.random.Generator) -> Iterator[Picture]:
    """The house from nearer; a motor car passes in front of it and leaves dust behind."""
    cover = clouds_of_noise(rng, H, W + 400, 5)
    texture = clouds_of_noise(rng, H, W + 400, 7)
    grass = blades(rng, H, W + 400)
    for frame in range(DRIVE_FRAMES):
        picture = sky(200 + frame * 1.2, cover)
        hills(picture, texture, grass, 130)
        tree(picture, 812, 560, 400, 0.014 * math.sin(frame * 0.25 + 1))
        house(picture, 190, 560, 520, texture)
        smoke(picture, 298, 95, frame + 40)
        polygon(picture, [(0, 575), (W, 575), (W, H), (0, H)], EARTH)
        road = np.zeros((H, W), bool)
        road[575:, :] = True
        shade(picture, road, texture[:H, 60 : 60 + W], 0.25)
        x = -420 + frame * 36.0
        for puff in range(8):
            dust = (round(x - 70 - puff * 42), round(668 - puff * 5 - 6 * math.sin(puff + frame)))
            layer = np.zeros((H, W), np.float32)
            cv2.circle(layer, dust, 20 + puff * 6, 0.34 - puff * 0.04, -1, cv2.LINE_AA)
            soft = cv2.GaussianBlur(layer, (0, 0), 10)[..., None]
            picture = picture * (1 - soft) + soft * np.float32((150, 184, 206))
        motor_car(picture, x, 680, 280, frame)
        yield picture.astype(np.float32)


def expose(picture: Picture) -> Picture:
    """Convert color [H, W, 3], 0..255, to the luma of an old film stock, 0..1, at the stored size."""
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) / 255
    blue, green, red = (small[..., k] for k in range(3))
    return (0.30 * blue + 0.50 * green + 0.20 * red).astype(np.float32)


def vignette() -> Picture:
    """The light at each position of the gate: rounded dark corners with a gradual transition."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    fall = 1 - 0.26 * (x**2 + y**2) ** 1.2
    corner = np.clip((1.012 - (np.abs(x) ** 14 + np.abs(y) ** 14)) * 6, 0, 1)
    return (fall * corner).astype(np.float32)


def specks(rng: np.random.Generator, count: int) -> Picture:
    """A layer of dirt for one frame: 0 clean, 1 black, -1 white."""
    layer = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(count):
        x, y = rng.integers(0, WIDTH), rng.integers(0, HEIGHT)
        axes = (int(rng.integers(0, 3)), int(rng.integers(0, 3)))
        tone = 0.8 if rng.random() < 0.6 else -0.7
        cv2.ellipse(
            layer, (int(x), int(y)), axes, rng.random() * 180, 0, 360, tone, -1, cv2.LINE_AA
        )
    if rng.random() < 0.2:
        x, y = int(rng.integers(30, WIDTH - 30)), int(rng.integers(30, HEIGHT - 30))
        turn = rng.random() * 360
        cv2.ellipse(layer, (x, y), (14, 9), turn, 20, 200, 0.6, 1, cv2.LINE_AA)
    return cv2.GaussianBlur(layer, (0, 0), 0.6)


def aged(frames: Iterator[Picture], rng: np.random.Generator) -> Iterator[Picture]:
    """Luma 0..1 as in a worn print; the damage differs in every frame."""
    gate, sway, light = vignette(), np.zeros(2), 0.0
    scratches = [(WIDTH * 0.31, 0.16), (WIDTH * 0.78, -0.12)]
    for number, frame in enumerate(frames):
        sway = 0.6 * sway + rng.normal(0, 0.35, 2)
        light = 0.5 * light + rng.normal(0, 0.028)
        move = np.float32([[1, 0, sway[0]], [0, 1, sway[1]]])
        luma = cv2.warpAffine(frame, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        luma = cv2.GaussianBlur(luma, (0, 0), 0.75)
        luma = 0.04 + 0.92 * (luma + 0.10 * np.sin(math.tau * luma) / -2) * gate * (1 + light)
        grain = cv2.GaussianBlur(rng.normal(0, 1, luma.shape).astype(np.float32), (0, 0), 0.65)
        luma = luma + grain * 0.055 * (0.35 + 2.4 * luma * (1 - luma))
        for place, tone in scratches:
            if (number // 9) % 3 != 2 or tone < 0:
                x = round(place + 2 * math.sin(number * 0.31 + place))
                luma[:, x : x + 1] -= tone * (0.5 + 0.5 * rng.random((HEIGHT, 1), dtype=np.float32))
        dirt = specks(rng, int(rng.poisson(3.5)))
        luma = np.where(dirt > 0, luma * (1 - dirt), luma + (1 - luma) * -dirt)
        yield luma.astype(np.float32)


def piano(path: Path, seconds: float) -> None:
    """A slow tune for the film as 22.05 kHz mono WAV: decaying harmonics imitate strings."""
    rate = 22050
    tune = (60, 64, 67, 72, 69, 65, 67, 64, 62, 65, 59, 62, 60, 55, 60)
    sound = np.zeros(int(rate * seconds), np.float64)
    for number, key in enumerate(tune):
        start = int(rate * number * 0.4)
        t = np.arange(len(sound) - start) / rate
        pitch = 440 * 2 ** ((key - 69) / 12)
        note = sum(np.sin(math.tau * pitch * k * t) * np.exp(-t * (2 + k)) / k for k in range(1, 6))
        sound[start:] += note * np.minimum(1, t * 400)
    samples = (sound / np.abs(sound).max() * 0.7 * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def film(seed: int = 1912) -> Iterator[Picture]:
    """The finished frames, luma 0..1, [HEIGHT, WIDTH]."""
    shots: tuple[Callable[[np.random.Generator], Iterator[Picture]], ...] = (
        title_card,
        walk,
        drive,
    )
    rng = np.random.default_rng(seed)
    yield from aged((expose(picture) for shot in shots for picture in shot(rng)), rng)


def main(target: Path) -> None:
    """Draw, age and encode the reel."""
    count = TITLE_FRAMES + WALK_FRAMES + DRIVE_FRAMES
    with tempfile.TemporaryDirectory() as folder:
        tune = Path(folder) / "tune.wav"
        piano(tune, count / RATE)
        options = ["-crf", "21", "-preset", "slow", "-threads", "1", "-b:a", "48k", "-ac", "1"]
        tags = ["-metadata", "title=The Little House on the Hill", "-fflags", "+bitexact"]
        writer = imageio_ffmpeg.write_frames(
            str(target),
            (WIDTH, HEIGHT),
            pix_fmt_in="gray",
            fps=RATE,
            codec="libx264",
            quality=None,
            macro_block_size=1,
            audio_path=str(tune),
            audio_codec="aac",
            output_params=options + tags,
        )
        writer.send(None)
        for luma in film():
            writer.send(
                np.ascontiguousarray((np.clip(luma, 0, 1) * 219 + 16).round().astype(np.uint8))
            )
        writer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("reel.mp4"))
