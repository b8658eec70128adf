"""Labels: what is written is what Pillow draws, though most of it is drawn once and used again."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mojo.film.label import Labels

SMALLEST = 11  # pixels of the letters, of which 3.5 % of the picture's height are the size in larger pictures


@pytest.mark.parametrize(("width", "height", "size"), [(640, 480, 17), (160, 120, SMALLEST)])
def test_a_label_looks_as_if_it_were_drawn_at_once(width: int, height: int, size: int):
    labels = Labels(width, height, {})
    for time in (0.0, 1.23, 10.07):
        text = f"trial 17, AV To 1-2.jf   {time:.2f} s"
        written = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        expected = Image.fromarray(written)
        font, stroke = ImageFont.load_default(size), size // 9
        place = (size // 2, size // 3)
        ImageDraw.Draw(expected).text(place, text, "white", font, stroke_width=stroke, stroke_fill="black")
        labels.write(written, text)
        np.testing.assert_allclose(written.astype(int), np.asarray(expected), atol=1)  # colours are rounded


def test_a_legend_names_each_colour_and_leaves_the_rest_of_the_picture_alone():
    picture = np.full((120, 160, 3), 128, np.uint8)
    Labels(160, 120, {"push": (1.0, 0.0, 0.0, 1.0), "drag": (0.0, 1.0, 0.0, 1.0)}).write(picture, "")
    rows = [np.flatnonzero((picture == colour).all(axis=2).any(axis=1)) for colour in ((255, 0, 0), (0, 255, 0))]
    assert 120 - 2 * round(1.4 * SMALLEST) <= rows[0].min() <= rows[0].max() < rows[1].min()
    assert (picture[: 120 - 2 * round(1.4 * SMALLEST)] == 128).all()
    assert (picture[:, -40:] == 128).all()
