"""Labels: a line of text in each picture, and the names of what its arrows show."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mojo.runtime.drawing import Colour

_SIZE = 0.035  # of the letters, as a share of the picture's height
_SMALLEST = 11  # pixels
_WHITE, _BLACK = (255, 255, 255, 255), (0, 0, 0, 255)


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
        self._line = round(1.4 * self._size)
        self._legend = self._drawn_legend(width, min(height, self._line * len(legend)), legend)

    def write(self, picture: np.ndarray, text: str) -> None:
        """Write `text` at the top of a picture, and the legend at the bottom.

        Args:
            picture: Red, green and blue, 0 to 255, shape (height, width, 3); it is changed.
            text: One line.
        """
        if text:
            strip = picture[: 2 * self._line]
            image = Image.fromarray(strip)
            self._text(ImageDraw.Draw(image), (self._size // 2, self._size // 3), text)
            strip[:] = np.asarray(image)
        if self._legend is not None:
            strip = picture[len(picture) - self._legend.height :]
            image = Image.fromarray(strip).convert("RGBA")
            image.alpha_composite(self._legend)
            strip[:] = np.asarray(image)[..., :3]

    def _text(self, draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str) -> None:
        draw.text(place, text, _WHITE, self._font, stroke_width=max(1, self._size // 9), stroke_fill=_BLACK)

    def _drawn_legend(self, width: int, height: int, legend: Mapping[str, Colour]) -> Image.Image | None:
        if not legend:
            return None
        image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
        draw = ImageDraw.Draw(image)
        side = self._size // 2
        for number, (name, colour) in enumerate(legend.items()):
            left, top = side, number * self._line + self._line // 4
            fill = tuple(round(255 * part) for part in colour[:3]) + (255,)
            draw.rectangle((left, top, left + self._size, top + side), fill, _BLACK)
            self._text(draw, (left + round(1.6 * self._size), top - self._line // 4), name)
        return image
