"""The contact sheet."""

import pytest
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


@pytest.mark.parametrize("whole", [False, True])
def test_every_row_has_the_same_height_whatever_the_pictures(whole: bool) -> None:
    """Small, tall, wide and single-pixel pictures: the grid of the sheet stays."""
    cells = [
        SheetCell("cell", torch.zeros(size, dtype=torch.uint8))
        for size in ((3, 3), (200, 10), (10, 200), (1, 1))
    ]
    one, two = (contact_sheet(rows, (40, 30), whole) for rows in ([cells], [cells, cells[:2]]))
    assert one.shape[1] == two.shape[1] == 4 * (40 + 6)
    assert two.shape[0] == 2 * one.shape[0]


def test_small_pictures_are_not_enlarged_pixel_for_pixel() -> None:
    """A detail smaller than its cell is shown as it is, in the upper left corner; the rest is white."""
    dark = torch.full((4, 6), 30, dtype=torch.uint8)
    sheet = contact_sheet([[SheetCell("dark", dark)]], (40, 20), whole=False)
    assert (sheet[22:26, :6] == 30).all()
    assert (sheet[26:42, :40] == 255).all()
    assert (sheet[22:42, 6:40] == 255).all()


def test_captions_of_any_language_are_drawn() -> None:
    """Letters that the font lacks become question marks; a caption leaves the picture alone."""
    black = torch.zeros(10, 40, dtype=torch.uint8)
    sheets = [
        contact_sheet([[SheetCell(name, black)]], (40, 10), whole=False)
        for name in ("日本", "??", "")
    ]
    assert (sheets[0] == sheets[1]).all()
    assert (sheets[0][:22] != sheets[2][:22]).any()
    assert all((sheet[22:32, :40] == 0).all() for sheet in sheets)
