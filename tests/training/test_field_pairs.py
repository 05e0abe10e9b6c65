"""Progressive shots made into fields: what is stored, and the patches that are cut from it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from restore.ageing.random_streams import seeded
from restore.evaluation.clean_films import CleanFilm
from restore.nets.deinterlace import FIELDS, PLANES, DeinterlaceNet
from restore.training.aged_pairs import prepare
from restore.training.field_pairs import FieldPatches, FieldShots, whole_fields
from restore.training.settings import FieldSettings, PairSettings
from tests.training.made import film_of

PAIRS = PairSettings(shots=4, frames=8, height=64, width=64, max_frame_step=1)
PLAIN = {
    "static_share": 0,
    "film_share": 0,
    "chroma_share": 0,
    "grain_share": 0,
    "noise_share": 0,
    "compressed_share": 0,
}
SMALL = {"channels": 4, "depth": 1, "refine_channels": 4, "refine_depth": 1}


def panning(path: Path) -> CleanFilm:
    """A film in which a smooth colored picture moves by two pixels a frame."""
    coarse = torch.rand(1, 3, 14, 20, generator=seeded(*path.name.encode()))
    wide = torch.nn.functional.interpolate(coarse, (84, 120), mode="bicubic").clamp(0, 1)
    frames = [wide[..., 2 * at : 2 * at + 80] for at in range(20)]
    return film_of((torch.cat(frames) * 255).round().byte(), path.name)


def net(seed: int = 1) -> DeinterlaceNet:
    """A small seeded net."""
    torch.manual_seed(seed)
    return DeinterlaceNet(**SMALL).eval()


def shots(stage: str, estimator: DeinterlaceNet | None = None, **shares: float) -> FieldShots:
    """Four shots of two films."""
    how = FieldSettings.model_validate({"stage": stage, **PLAIN, **shares})
    return FieldShots((Path("a.mp4"), Path("b.mp4")), PAIRS, how, estimator or net(), (7,))


def made(folder: Path, stage: str, **shares: float) -> list[dict[str, Tensor]]:
    """The contents of the shots' files."""
    return [load_file(path) for path in prepare(shots(stage, **shares), panning, folder)]


def test_fields_are_the_rows_of_their_parity(tmp_path: Path) -> None:
    """Without damage field t is the rows of frame t in turn; both field orders occur."""
    found = made(tmp_path, "estimate")
    assert {int(shot["parity"]) for shot in found} == {0, 1}
    for shot in found:
        truth, fields, parity = shot["truth"], shot["fields"], int(shot["parity"])
        assert (truth.shape, fields.shape) == ((8, 64, 64), (8, 32, 64))
        for at in range(8):
            assert torch.equal(fields[at], truth[at, (at + parity) % 2 :: 2])


def test_planes_for_the_refinement(tmp_path: Path) -> None:
    """Own rows exact; the neighbors along the motion are closer to the missing rows than without motion."""
    for shot in made(tmp_path, "refine"):
        truth, planes, parity = shot["truth"].float(), shot["planes"], int(shot["parity"])
        assert planes.shape == (8, PLANES, 32, 64)
        for at in range(2, 6):
            own, missing = ((at + parity + side) % 2 for side in (0, 1))
            assert torch.equal(planes[at, 0], shot["truth"][at, own::2])
            wanted = truth[at, missing::2]
            errors = [
                float((planes[at, number].float() - wanted)[4:-4, 8:-8].abs().mean())
                for number in (2, 3, 6, 7)
            ]
            assert max(errors[:2]) < min(errors[2:])


def test_static_shots_and_film(tmp_path: Path) -> None:
    """Static shots repeat one frame; those of film have two or three fields of each frame."""
    for shot in made(tmp_path / "static", "estimate", static_share=1):
        assert all(torch.equal(one, shot["truth"][0]) for one in shot["truth"])
    for shot in made(tmp_path / "film", "estimate", film_share=1):
        equal = [torch.equal(a, b) for a, b in zip(shot["truth"], shot["truth"][1:], strict=False)]
        assert 3 <= sum(equal) <= 6


def test_grain_is_in_the_ground_truth_and_noise_is_not(tmp_path: Path) -> None:
    """Own rows of the truth equal the fields with grain; noise and compression are in the fields only."""
    clean = made(tmp_path / "clean", "estimate")
    for name in ("grain_share", "noise_share", "compressed_share"):
        for shot, plain in zip(made(tmp_path / name, "estimate", **{name: 1}), clean, strict=True):
            parity = int(shot["parity"])
            own = torch.stack([one[(at + parity) % 2 :: 2] for at, one in enumerate(shot["truth"])])
            assert torch.equal(own, shot["fields"]) == (name == "grain_share")
            assert torch.equal(shot["truth"], plain["truth"]) == (name != "grain_share")
            difference = (own.float() - shot["fields"].float()).abs().mean()
            assert float(difference) < 12  # codes: still the same picture


def test_chroma_shots_have_half_the_size(tmp_path: Path) -> None:
    """Cb or Cr around the middle code value, through MPEG-2 as well, for both stages."""
    for stage, entry in (("estimate", "fields"), ("refine", "planes")):
        for shot in made(tmp_path / stage, stage, chroma_share=1, compressed_share=1):
            assert shot["truth"].shape == (8, 32, 32)
            assert shot[entry].shape[-2:] == (16, 32)
            assert 64 < float(shot["truth"].float().mean()) < 192


def test_the_key_depends_on_the_estimates() -> None:
    """Other weights give other shots for the refinement; the estimate's stage does not use them."""
    assert shots("refine", net(1)).key != shots("refine", net(2)).key
    assert shots("estimate", net(1)).key == shots("estimate", net(2)).key
    assert shots("estimate").key != shots("estimate", grain_share=0.5).key


@pytest.mark.parametrize(("stage", "planes"), [("estimate", FIELDS), ("refine", PLANES)])
def test_patches(stage: str, planes: int, tmp_path: Path) -> None:
    """Planes with the parity, and the missing rows; the same generator draws the same patch."""
    paths = prepare(shots(stage), panning, tmp_path)
    patches = FieldPatches(paths, 16, stage)
    parities: set[float] = set()
    for number in range(12):
        inputs, truth = patches(seeded(number))
        assert (inputs.shape, truth.shape) == ((1, planes + 1, 16, 16), (1, 1, 16, 16))
        parities.update(inputs[:, -1].unique().tolist())
        assert torch.equal(patches(seeded(number))[0], inputs)
    assert parities == {0.0, 1.0}


def test_mirrored_patches_fit_their_truth(tmp_path: Path) -> None:
    """Of static shots an untrained net gives the missing rows, in whatever way the patch is mirrored."""
    paths = prepare(shots("estimate", static_share=1), panning, tmp_path)
    patches = FieldPatches(paths, 24, "estimate")
    for number in range(16):
        inputs, truth = patches(seeded(number))
        with torch.no_grad():
            found = net()(inputs)
        assert float((found - truth)[..., 1:-1, :].abs().mean()) < 0.01


def test_validation_uses_whole_fields(tmp_path: Path) -> None:
    """The middle field of the shot, unmirrored."""
    path = prepare(shots("estimate"), panning, tmp_path)[0]
    inputs, truth = whole_fields(path, "estimate")
    shot = load_file(path)
    parity = int(shot["parity"]) % 2
    assert torch.equal((inputs[0, 2] * 255).round().byte(), shot["fields"][4])
    assert torch.equal((truth[0, 0] * 255).round().byte(), shot["truth"][4, 1 - parity :: 2])
    assert inputs[0, -1].unique().tolist() == [float(parity)]
