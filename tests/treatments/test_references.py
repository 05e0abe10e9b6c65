"""Colors from other pictures: stills are found and aligned, other pictures give their palette."""

from __future__ import annotations

import cv2
import numpy as np

from restore.filters.flow import Plane
from restore.treatments.colorize.references import (
    ReferencePicture,
    aligned_colors,
    likeness,
    palette_colors,
    reference_picture,
    still_colors,
)
from tests.treatments.colored_square import Scene, colored_square, rgb


def _still(scene: Scene, frame: int, size: tuple[int, int] | None = None) -> ReferencePicture:
    """A frame in its true colors, at another size (columns, rows)."""
    picture = rgb(scene.luma[frame], scene.chroma[frame])
    if size is not None:
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.float32)
    return reference_picture(np.clip(picture, 0, 1))


def test_luma_and_chroma_are_those_of_bt709() -> None:
    """Gray has no chroma; pure blue is at the end of Cb."""
    picture = np.zeros((64, 64, 3), np.float32)
    picture[:, 32:] = (0.0, 0.0, 1.0)
    found = reference_picture(picture)
    assert np.allclose(found.chroma[:, :30], 0)
    assert abs(float(found.chroma[30, 60, 0]) - 0.5) < 1e-3
    assert abs(float(found.luma[30, 60]) - 0.0722) < 1e-3


def test_a_still_is_found_in_its_shot() -> None:
    """At the frame that it was drawn over, with its colors."""
    scene = colored_square(33)
    found = aligned_colors(scene.luma, _still(scene, 21))
    assert found is not None
    assert abs(found.frame - 21) <= 1
    error = np.abs(found.chroma - scene.chroma[found.frame]).sum(2)
    assert np.median(error) < 0.01


def test_a_still_may_have_another_size_and_lie_aside() -> None:
    """Enlarged to twice the size, and shifted by five pixels."""
    scene = colored_square(17)
    picture = rgb(scene.luma[8], scene.chroma[8])
    shifted = np.roll(picture, (3, 5), (0, 1))
    large = cv2.resize(shifted, (512, 384), interpolation=cv2.INTER_CUBIC)
    found = aligned_colors(scene.luma, reference_picture(np.clip(np.float32(large), 0, 1)))
    assert found is not None
    truth = scene.chroma[found.frame]
    assert np.abs(found.chroma - truth)[scene.square(found.frame)].mean() < 0.02
    assert found.sure[20:-20, 20:-20].all()


def test_colors_may_be_painted_over() -> None:
    """A still whose luma was changed in a part is still aligned, and all of its colors count."""
    scene = colored_square(9)
    picture = rgb(scene.luma[4], scene.chroma[4])
    picture[120:150, 150:200] = (0.8, 0.1, 0.1)
    found = aligned_colors(scene.luma, reference_picture(picture))
    assert found is not None
    assert found.sure.mean() > 0.97
    assert found.chroma[130:140, 160:190, 1].mean() > 0.2


def test_a_frame_of_another_shot_gives_only_what_is_the_same() -> None:
    """Not drawn: where the detail differs, nothing is known."""
    scene = colored_square(9)
    picture = rgb(scene.luma[4], scene.chroma[4])
    picture[120:150, 150:200] = (0.8, 0.1, 0.1)
    found = aligned_colors(scene.luma, reference_picture(picture), drawn=False)
    assert found is not None
    assert found.sure[125:145, 155:195].mean() < 0.2
    assert found.sure[:100, 120:].mean() > 0.8


def test_other_pictures_are_no_stills() -> None:
    """Another shot, and noise."""
    scene, other = colored_square(9), colored_square(9, seed=2)
    assert aligned_colors(scene.luma, _still(other, 4)) is None
    noise = np.random.default_rng(1).random((192, 256, 3)).astype(np.float32)
    assert aligned_colors(scene.luma, reference_picture(noise)) is None


def test_each_still_has_its_own_frame() -> None:
    """Two stills of one frame count once, other pictures not at all."""
    scene, other = colored_square(33), colored_square(9, seed=2)
    pictures = [_still(scene, 4), _still(scene, 4), _still(other, 4), _still(scene, 28)]
    frames = [key.frame for key in still_colors(scene.luma, pictures)]
    assert len(frames) == 2
    assert abs(frames[0] - 4) <= 1
    assert abs(frames[1] - 28) <= 1


def test_a_palette_follows_luma_and_features() -> None:
    """What is bright in the picture is green, what is dark red: so it becomes in the shot."""
    frame = np.full((192, 256), 0.25, np.float32)
    frame[:96] = 0.75
    photograph = np.full((128, 128), 0.75, np.float32)
    photograph[:, :40] = 0.25
    chroma = np.where(
        photograph[..., None] > 0.5, np.float32((-0.1, -0.1)), np.float32((-0.05, 0.2))
    )
    key = palette_colors([frame], [ReferencePicture(photograph, chroma)], _gray, _same)
    assert np.abs(key.chroma[20:70, 20:-20] - (-0.1, -0.1)).max() < 0.03
    assert np.abs(key.chroma[120:170, 20:-20] - (-0.05, 0.2)).max() < 0.03
    assert key.sure.all()


def test_what_the_picture_does_not_show_stays_with_the_network() -> None:
    """Other features: no color is taken."""
    frame = np.full((192, 256), 0.5, np.float32)
    chroma = np.full((128, 128, 2), 0.2, np.float32)
    picture = ReferencePicture(np.full((128, 128), 0.5, np.float32), chroma)

    def by_size(luma: Plane) -> Plane:
        found = np.zeros((luma.shape[0] // 4, luma.shape[1] // 4, 2), np.float32)
        found[..., int(luma.shape[1] == 128)] = 1
        return found

    key = palette_colors([frame], [picture], _gray, by_size)
    assert np.abs(key.chroma).max() < 0.05


def test_likeness_ignores_brightness() -> None:
    """Of a picture with itself it is 1, brighter or not; with another one, or of flat ones, near 0."""
    one, other = (colored_square(1, seed=seed).luma[0] for seed in (1, 2))
    assert likeness(one, one * np.float32(0.5) + np.float32(0.3)) > 0.99
    assert likeness(one, other) < 0.15
    assert likeness(np.full_like(one, 0.2), np.full_like(one, 0.5)) == 0


def _gray(luma: Plane) -> Plane:
    return np.zeros((luma.shape[0] // 4, luma.shape[1] // 4, 2), np.float32)


def _same(luma: Plane) -> Plane:
    return np.ones((luma.shape[0] // 4, luma.shape[1] // 4, 1), np.float32)
