"""Storage as 8-bit compressed video."""

import torch
from torch import Tensor

from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.tape_chroma import doubled, halved
from restore.media.ffmpeg.compress import compress, compress_color


def store(luma: Tensor, codec: str, quantizer: int, preset: str = "veryfast") -> Tensor:
    """[T, 1, H, W], 0..1 -> the same after a codec (see `compress`); "none" is the identity.

    Code values 0..255 represent 0..1 here.
    """
    if codec == "none":
        return luma
    codes = to_codes(luma)[:, 0].cpu().numpy()
    back = torch.from_numpy(compress(codes, codec, quantizer, preset))
    return back.to(luma).div(255).unsqueeze(1)


def store_frame(picture: FilmPlanes, codec: str, quantizer: int, preset: str) -> FilmPlanes:
    """Like `store`, with the chroma, which every codec stores at half width and height."""
    luma, chroma = picture.luma, picture.chroma
    if codec == "none" or chroma is None:
        return picture.on_luma(lambda luma: store(luma, codec, quantizer, preset))
    codes = to_codes(luma)[:, 0].cpu().numpy()
    sides = to_codes(halved(chroma) + 128 / 255).cpu().numpy()
    planes = compress_color(codes, sides, codec, quantizer, preset)
    back, sides = (torch.from_numpy(plane).to(luma).div(255) for plane in planes)
    return FilmPlanes(back.unsqueeze(1), doubled(sides - 128 / 255, *luma.shape[-2:]))


def to_codes(luma: Tensor) -> Tensor:
    """0..1 -> rounded and clipped 8-bit code values 0..255."""
    return luma.mul(255).round().clamp(0, 255).to(torch.uint8)
