"""The contact sheet."""

import torch

from restore.evaluation.contact_sheet import SheetCell, contact_sheet


def test_details_are_shown_pixel_for_pixel() -> None:
    """The middle of a larger picture appears unscaled; shorter rows are filled with white."""
    drawn = torch.Generator().manual_seed(1)
    picture = torch.randint(0, 256, (50, 60), generator=drawn, dtype=torch.uint8)
    cells = [SheetCell("one", picture), SheetCell("two", picture)]

    sheet = contact_sheet([cells, cells[:1]], (20, 10), whole=False)

    middle = picture[20:30, 20:40].numpy()
    half, wide = sheet.shape[0] // 2, sheet.shape[1] // 2
    for top, left in ((0, 0), (0, wide), (half, 0)):
        assert (sheet[top + 22 : top + 32, left : left + 20] == middle[..., None]).all()
    assert (sheet[half:, wide:] == 255).all()


def test_whole_pictures_keep_their_shape_and_colors() -> None:
    """A wide red picture fits the cell's width; below it the cell stays white."""
    red = torch.zeros(3, 40, 160, dtype=torch.uint8)
    red[0] = 200
    sheet = contact_sheet([[SheetCell("red", red)]], (80, 60), whole=True)
    assert (sheet[22:42, :80] == [200, 0, 0]).all()
    assert (sheet[42:82, :80] == 255).all()
