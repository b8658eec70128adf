"""Labels: a line of text in each picture, and the names of what its arrows show."""

import re
from collections.abc import Mapping
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mojo.runtime.drawing import Colour

_SIZE = 0.035  # of the letters, as a share of the picture's height
_SMALLEST = 11  # pixels
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_PIECE = re.compile(r"\d|\D+")  # what stays the same from picture to picture: each digit, and the text between them


class Labels:
    """Writes into pictures of one size.

    Args:
        width: Of the pictures, in pixels.
        height: Likewise.
        legend: Name and colour of what the arrows show; it stands at the bottom.
    """

    def __init__(self, width: int, height: int, legend: Mapping[str, Colour]) -> None:
        self._size = max(_SMALLEST, round(_SIZE * height))
        self._font = ImageFont.load_default(self._size)
        self._stroke = max(1, self._size // 9)
        self._line = round(1.4 * self._size)
        self._masks = cache(self._drawn_masks)
        self._legend = self._drawn_legend(width, min(height, self._line * len(legend)), legend)

    def write(self, picture: np.ndarray, text: str) -> None:
        """Write `text` at the top of a picture, and the legend at the bottom.

        Args:
            picture: Red, green and blue, 0 to 255, shape (height, width, 3); it is changed.
            text: One line.
        """
        if text:
            self._write_line(picture[: 2 * self._line], [self._masks(piece) for piece in _PIECE.findall(text)])
        if self._legend is not None:
            place = picture[len(picture) - self._legend.height :, : self._legend.width]
            image = Image.fromarray(place)
            image.paste(self._legend, mask=self._legend)
            place[:] = np.asarray(image)

    def _write_line(self, strip: np.ndarray, pieces: list[tuple[list[Image.Image], int]]) -> None:
        """Write white letters with black outlines; to draw them anew would take 1 ms a picture."""
        place = strip[:, : self._size + sum(length for _, length in pieces)]
        image = Image.fromarray(place)
        for colour, layer in ((_BLACK, 0), (_WHITE, 1)):
            left = 0
            for masks, length in pieces:
                image.paste(colour, (left, 0), masks[layer])
                left += length
        place[:] = np.asarray(image)

    def _drawn_masks(self, piece: str) -> tuple[list[Image.Image], int]:
        """Return where a piece of text is, with and without its outline, and how far the next one is from it."""
        length = round(self._font.getlength(piece))
        size = (length + self._size, 2 * self._line)  # letters may reach out of their length
        masks = [Image.new("L", size) for _ in range(2)]
        for mask, stroke in zip(masks, (self._stroke, 0), strict=True):
            place = (self._size // 2, self._size // 3)
            ImageDraw.Draw(mask).text(place, piece, 255, self._font, stroke_width=stroke)
        return masks, length

    def _drawn_legend(self, width: int, height: int, legend: Mapping[str, Colour]) -> Image.Image | None:
        if not legend:
            return None
        side = self._size // 2
        needed = 3 * self._size + round(max(self._font.getlength(name) for name in legend))
        image = Image.new("RGBA", (min(width, needed), height), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        for number, (name, colour) in enumerate(legend.items()):
            left, top = side, number * self._line + self._line // 4
            fill = tuple(round(255 * part) for part in colour[:3])
            draw.rectangle((left, top, left + self._size, top + side), fill, _BLACK)
            place = (left + round(1.6 * self._size), top - self._line // 4)
            draw.text(place, name, _WHITE, self._font, stroke_width=self._stroke, stroke_fill=_BLACK)
        return image
