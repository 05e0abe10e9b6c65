"""Made pictures for the survey's tests: title cards, scenes that look a little like them, and ageing.

Everything is 8-bit luma, drawn at 480 x 360, and decided by a numpy generator alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Rng = np.random.Generator

WIDTH, HEIGHT = 480, 360

TEXT = """the night had come and with it all the shadows of castle mountain river they said no one may
return to me my dearest friend Ellen when dawn breaks over London bridge a stranger waits in vain for
news from home THE END Part One Scene Chapter presents directed by photographed 1923 Meanwhile at old
mill five years later How dare you, sir! I shall never forget what happened"""
WORDS = TEXT.split()

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
    cv2.FONT_HERSHEY_COMPLEX | cv2.FONT_ITALIC,
)


def smooth_noise(
    rng: Rng, size: float, height: int = HEIGHT, width: int = WIDTH
) -> NDArray[np.float32]:
    """Noise of deviation 1 whose grains are about `size` pixels wide."""
    step = max(1, int(size // 3))
    noise = rng.standard_normal((height // step + 8, width // step + 8)).astype(np.float32)
    if size / step > 0.4:
        noise = cv2.GaussianBlur(noise, (0, 0), size / step)
    noise = cv2.resize(noise, None, fx=step, fy=step)[:height, :width]
    return (noise - noise.mean()) / noise.std()


def lines_of_words(rng: Rng, count: int, longest: int) -> list[str]:
    """Lines of random words, at most `longest` letters each."""
    lines: list[str] = []
    shout = rng.random() < 0.3
    for _ in range(count):
        line = str(rng.choice(WORDS))
        goal = int(longest * rng.uniform(0.5, 1.0))
        while len(line) < goal:
            line += " " + str(rng.choice(WORDS))
        line = line[: max(longest, 3)].strip()
        lines.append(line.upper() if shout else line)
    return lines


def write(image: NDArray[np.float32], rng: Rng, ink: float, box: tuple[int, int, int, int]) -> None:
    """Write lines of text of a random font and size into a box (x, y, width, height) of the image."""
    x, y, width, height = box
    font = int(rng.choice(FONTS))
    size = int(rng.uniform(0.055, 0.20) * HEIGHT)
    count = int(rng.integers(1, max(2, min(9, int(height / (1.5 * size)) + 1))))
    lines = lines_of_words(rng, count, max(3, int(width / (0.62 * size))))
    thick = max(1, int(size * rng.uniform(0.05, 0.14)))
    leading = size * rng.uniform(1.25, 1.7)
    top = y + (height - leading * len(lines)) / 2 + size
    centered = rng.random() < 0.6
    mask = np.zeros(image.shape, np.uint8)
    for row, line in enumerate(lines):
        scale = cv2.getFontScaleFromHeight(font & 7, size * 2 // 3, thick)
        (wide, _), _ = cv2.getTextSize(line, font, scale, thick)
        if wide > width:
            scale *= width / wide
            wide = width
        left = x + (width - wide) / 2 if centered else x + width * 0.04
        at = (int(left), int(top + row * leading))
        cv2.putText(mask, line, at, font, scale, 255, thick, cv2.LINE_AA)
    image += (ink - image) * (mask.astype(np.float32) / 255)


def border(image: NDArray[np.float32], rng: Rng, ink: float) -> int:
    """Draw a border of a random kind and return how far it reaches inwards."""
    kind = rng.integers(0, 5)
    near = int(rng.uniform(0.02, 0.06) * HEIGHT)
    far = near + int(rng.uniform(0.02, 0.08) * HEIGHT)
    outer = (near, near), (WIDTH - 1 - near, HEIGHT - 1 - near)
    inner = (far, far), (WIDTH - 1 - far, HEIGHT - 1 - far)
    if kind == 0:
        return near
    cv2.rectangle(image, *outer, ink, int(rng.integers(1, 5)), cv2.LINE_AA)
    if kind >= 2:
        cv2.rectangle(image, *inner, ink, int(rng.integers(1, 3)), cv2.LINE_AA)
    if kind == 3:
        for x in range(far, WIDTH - far, 14):
            for y in (near + (far - near) // 2, HEIGHT - 1 - near - (far - near) // 2):
                cv2.circle(image, (x, y), max(1, (far - near) // 3), ink, 1, cv2.LINE_AA)
    if kind == 4:
        for cx in (far, WIDTH - far):
            for cy in (far, HEIGHT - far):
                for radius in range(4, int(0.11 * HEIGHT), 6):
                    cv2.ellipse(
                        image, (cx, cy), (radius, radius // 2), 30, 0, 300, ink, 1, cv2.LINE_AA
                    )
    return far


def card(rng: Rng) -> Plane:
    """A title card: lettering on black, dark, white or parchment ground, with or without a border."""
    kind = rng.integers(0, 4)
    ground, ink = [
        (rng.uniform(14, 34), rng.uniform(150, 250)),
        (rng.uniform(34, 75), rng.uniform(170, 250)),
        (rng.uniform(205, 245), rng.uniform(10, 70)),
        (rng.uniform(150, 215), rng.uniform(15, 60)),
    ][kind]
    image = np.full((HEIGHT, WIDTH), ground, np.float32)
    if kind == 3 or (kind == 1 and rng.random() < 0.5):
        image += rng.uniform(1, 6) * smooth_noise(rng, 25) + rng.uniform(0, 3) * smooth_noise(
            rng, 3
        )
    margin = border(image, rng, float(ink)) + int(rng.uniform(0.03, 0.12) * HEIGHT)
    if kind >= 2 and rng.random() < 0.3:  # a page between black sides
        side = int(rng.uniform(0.08, 0.2) * WIDTH)
        image[:, :side] = image[:, WIDTH - side :] = 16
        margin = max(margin, side + 8)
    box = (margin, margin // 2, WIDTH - 2 * margin, HEIGHT - margin)
    write(image, rng, float(ink), box)
    return np.clip(image, 0, 255).astype(np.uint8)


def landscape(rng: Rng) -> NDArray[np.float32]:
    """Sky, hills and a textured foreground."""
    image = np.empty((HEIGHT, WIDTH), np.float32)
    horizon = int(rng.uniform(0.35, 0.7) * HEIGHT)
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    image[:] = rng.uniform(130, 230) - rows / HEIGHT * rng.uniform(-40, 60)
    if rng.random() < 0.6:
        image += rng.uniform(2, 15) * smooth_noise(rng, rng.uniform(20, 50))
    ground = rng.uniform(50, 130) + rng.uniform(8, 30) * smooth_noise(rng, rng.uniform(1, 6))
    hill = horizon + 12 * smooth_noise(rng, 30)[:1].ravel()
    below = rows > hill[None, :]
    image[below] = ground[below]
    for _ in range(int(rng.integers(0, 6))):
        x, top = int(rng.uniform(0, WIDTH)), int(rng.uniform(0.1, 0.6) * HEIGHT)
        cv2.line(
            image, (x, top), (x, horizon + 20), float(rng.uniform(10, 90)), int(rng.integers(2, 14))
        )
    return image


def sign(rng: Rng, back: NDArray[np.float32] | None = None) -> Plane:
    """A lettered board, seen slightly from the side, standing in a picture."""
    image = landscape(rng) if back is None else back.astype(np.float32)
    board = np.full((HEIGHT, WIDTH), rng.uniform(190, 240), np.float32)
    ink = float(rng.uniform(10, 60))
    if rng.random() < 0.3:
        board[:], ink = rng.uniform(20, 60), float(rng.uniform(180, 240))
    cv2.rectangle(board, (4, 4), (WIDTH - 5, HEIGHT - 5), ink, 3)
    write(board, rng, ink, (20, 12, WIDTH - 40, HEIGHT - 24))
    wide, high = rng.uniform(0.35, 0.72) * WIDTH, rng.uniform(0.3, 0.66) * HEIGHT
    left, top = rng.uniform(0.08, 0.92) * (WIDTH - wide), rng.uniform(0.1, 0.9) * (HEIGHT - high)
    corners = np.array(
        [[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]]
    )
    corners += rng.uniform(-0.04, 0.04, (4, 2)) * HEIGHT
    if rng.random() < 0.7:
        x = int(left + wide / 2)
        cv2.line(image, (x, int(top)), (x, HEIGHT), float(rng.uniform(20, 80)), 8)
    flat = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    size = (WIDTH, HEIGHT)
    mask = cv2.warpPerspective(np.ones_like(board), matrix, size)
    image = image * (1 - mask) + cv2.warpPerspective(board, matrix, size) * mask
    return np.clip(image, 0, 255).astype(np.uint8)


def chessboard(rng: Rng) -> Plane:
    """A chess board or tiled floor, straight or in perspective."""
    step = int(rng.uniform(14, 60))
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    dark, light = rng.uniform(15, 70), rng.uniform(150, 240)
    board = np.where((rows // step + columns // step) % 2 == 0, dark, light).astype(np.float32)
    if rng.random() < 0.5:
        top = float(rng.uniform(0.05, 0.3)) * WIDTH
        flat = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
        far = np.array(
            [[top, HEIGHT * 0.3], [WIDTH - top, HEIGHT * 0.3], [WIDTH, HEIGHT], [0, HEIGHT]]
        )
        matrix = cv2.getPerspectiveTransform(flat, far.astype(np.float32))
        mask = cv2.warpPerspective(np.ones_like(board), matrix, (WIDTH, HEIGHT))
        board = cv2.warpPerspective(board, matrix, (WIDTH, HEIGHT)) + (1 - mask) * rng.uniform(
            30, 200
        )
    return np.clip(board, 0, 255).astype(np.uint8)


def face_on_black(rng: Rng) -> Plane:
    """A head in a spotlight before black: eyes, brows, mouth, hair, shoulders."""
    image = np.full((HEIGHT, WIDTH), rng.uniform(12, 30), np.float32)
    cx, cy = int(rng.uniform(0.3, 0.7) * WIDTH), int(rng.uniform(0.35, 0.55) * HEIGHT)
    r = int(rng.uniform(0.12, 0.32) * HEIGHT)
    skin = float(rng.uniform(130, 210))
    cv2.ellipse(
        image,
        (cx, cy + 2 * r),
        (int(1.6 * r), int(0.9 * r)),
        0,
        0,
        360,
        float(rng.uniform(30, 110)),
        -1,
    )
    cv2.ellipse(
        image,
        (cx, cy - r // 5),
        (int(0.85 * r), int(1.1 * r)),
        0,
        0,
        360,
        float(rng.uniform(20, 90)),
        -1,
    )
    cv2.ellipse(image, (cx, cy), (int(0.7 * r), r), 0, 0, 360, skin, -1, cv2.LINE_AA)
    shade = np.linspace(1.1, rng.uniform(0.4, 0.9), WIDTH, dtype=np.float32)[None, :]
    image *= shade
    for side in (-1, 1):
        eye = (cx + side * int(0.3 * r), cy - int(0.15 * r))
        cv2.ellipse(image, eye, (max(2, r // 7), max(1, r // 14)), 0, 0, 360, 30.0, -1, cv2.LINE_AA)
        cv2.ellipse(
            image, (eye[0], eye[1] - r // 5), (r // 5, r // 12), 0, 180, 360, 50.0, 2, cv2.LINE_AA
        )
    cv2.ellipse(
        image, (cx, cy + r // 2), (r // 4, max(2, r // 12)), 0, 0, 180, 60.0, -1, cv2.LINE_AA
    )
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 2.5))
    return np.clip(image + rng.uniform(0, 3) * smooth_noise(rng, 3), 0, 255).astype(np.uint8)


def window(rng: Rng) -> Plane:
    """A dark room with a bright window of several panes, and something on the sill."""
    image = rng.uniform(15, 45) + rng.uniform(1, 6) * smooth_noise(rng, 20)
    wide, high = int(rng.uniform(0.2, 0.6) * WIDTH), int(rng.uniform(0.3, 0.75) * HEIGHT)
    x, y = int(rng.uniform(0, 1) * (WIDTH - wide)), int(rng.uniform(0, 1) * (HEIGHT - high))
    sky = rng.uniform(180, 245) + rng.uniform(0, 12) * smooth_noise(rng, 30)
    image[y : y + high, x : x + wide] = sky[y : y + high, x : x + wide]
    for part in range(1, int(rng.integers(2, 5))):
        cv2.line(
            image,
            (x + wide * part // 4, y),
            (x + wide * part // 4, y + high),
            25.0,
            int(rng.integers(2, 7)),
        )
        cv2.line(
            image,
            (x, y + high * part // 4),
            (x + wide, y + high * part // 4),
            25.0,
            int(rng.integers(2, 7)),
        )
    cv2.ellipse(image, (x + wide // 2, y + high), (wide // 5, high // 3), 0, 0, 360, 35.0, -1)
    return np.clip(cv2.GaussianBlur(image, (0, 0), 1.0), 0, 255).astype(np.uint8)


def snow(rng: Rng) -> Plane:
    """Flakes falling before a dark house or a pale field."""
    image = landscape(rng)
    image = image * rng.uniform(0.15, 0.5) if rng.random() < 0.6 else image * 0.3 + 165
    for _ in range(int(rng.uniform(150, 900))):
        at = int(rng.uniform(0, WIDTH)), int(rng.uniform(0, HEIGHT))
        cv2.circle(
            image, at, int(rng.integers(1, 4)), float(rng.uniform(170, 250)), -1, cv2.LINE_AA
        )
    return np.clip(image, 0, 255).astype(np.uint8)


def night(rng: Rng) -> Plane:
    """A town at night: lit windows in rows, lamps with halos, almost black elsewhere."""
    image = np.full((HEIGHT, WIDTH), rng.uniform(12, 28), np.float32)
    for _ in range(int(rng.integers(2, 7))):
        wide, top = int(rng.uniform(40, 140)), int(rng.uniform(0.15, 0.7) * HEIGHT)
        x = int(rng.uniform(-20, WIDTH - 30))
        cv2.rectangle(image, (x, top), (x + wide, HEIGHT), float(rng.uniform(14, 45)), -1)
        for wx in range(x + 8, x + wide - 8, int(rng.integers(12, 26))):
            for wy in range(top + 8, HEIGHT - 12, int(rng.integers(14, 30))):
                if rng.random() < 0.35:
                    cv2.rectangle(
                        image, (wx, wy), (wx + 6, wy + 9), float(rng.uniform(80, 230)), -1
                    )
    lamps = np.zeros_like(image)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.uniform(0, WIDTH)), int(rng.uniform(0.2, 0.9) * HEIGHT)
        cv2.circle(lamps, at, int(rng.integers(3, 9)), 220.0, -1)
    image += lamps + 2 * cv2.GaussianBlur(lamps, (0, 0), 12)
    return np.clip(image, 0, 255).astype(np.uint8)


SCENES = (sign, landscape, chessboard, face_on_black, window, snow, night)
"""Everything drawn here that is not a title card."""


def scene(rng: Rng, kind: int) -> Plane:
    """A drawn scene of the given kind (an index of SCENES)."""
    return np.clip(SCENES[kind % len(SCENES)](rng), 0, 255).astype(np.uint8)


def aged(pictures: NDArray[np.uint8], rng: Rng, level: float) -> NDArray[np.uint8]:
    """Pictures [T, h, w] with grain, blur, weave, flicker, dust, scratches, vignette and fading.

    `level` 0 leaves them almost alone, 1 is a worn print.
    """
    count, height, width = pictures.shape
    k = width / 640
    grain, size = rng.uniform(1, 14) * level, rng.uniform(0.3, 1.6) * max(k, 0.5)
    gain = 1 - rng.uniform(0, 0.6) * level
    lift = rng.uniform(0, 0.6) * 255 * (1 - gain)
    flicker, weave, blur = (rng.uniform(0, top) * level for top in (0.2, 3 * k, 2.0 * k))
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    shade = (1 - rng.uniform(0, 1.2) * level * (x * x + y * y)).astype(np.float32)
    scratches = rng.uniform(0, width, int(rng.integers(0, 3)))
    out = np.empty_like(pictures)
    for index in range(count):
        image = pictures[index].astype(np.float32)
        if blur > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), blur)
        shift = np.array([[1, 0, rng.normal(0, weave)], [0, 1, rng.normal(0, weave)]], np.float32)
        image = cv2.warpAffine(image, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
        image = image * shade * (1 + flicker * rng.normal()) * gain + lift
        image += grain * smooth_noise(rng, size, height, width)
        _dirty(image, rng, int(rng.poisson(20 * level)), 3 * k, scratches)
        out[index] = np.clip(image, 0, 255).astype(np.uint8)
    return out


def _dirty(
    image: NDArray[np.float32], rng: Rng, specks: int, size: float, scratches: NDArray[np.float64]
) -> None:
    """Put specks of dust and vertical scratches on a picture."""
    height, width = image.shape
    for _ in range(specks):
        at = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        axes = tuple(max(1, int(abs(rng.normal(0, size)) + 0.5)) for _ in range(2))
        tone = float(rng.choice([8.0, 245.0]))
        cv2.ellipse(image, at, axes, rng.uniform(0, 180), 0, 360, tone, -1)
    for place in scratches:
        image[:, int(place + rng.normal(0, 1.5)) % width] += rng.uniform(10, 50)
