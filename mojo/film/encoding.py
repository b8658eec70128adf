"""Encoding: pictures streamed to an encoder; a file is written whole or not at all."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import imageio_ffmpeg
import mediapy
import numpy as np
from PIL import Image

from mojo.files import replacing
from mojo.film.footage import Picture
from mojo.runtime.recorder import Recorder

# One palette a frame: for one of the whole film, the encoder would have to keep all of it.
_PALETTES = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1"
_POSTER_SIDE, _POSTER_QUALITY = 640, 75  # a film 640 wide has one of 10 to 20 kB
_CODECS = {
    "mp4": ("h264", 23.0, ("-preset", "veryfast", "-movflags", "+faststart", "-f", "mp4")),
    "webm": ("vp9", 34.0, ("-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-f", "webm")),
    "gif": ("gif", None, ("-vf", _PALETTES)),
}

mediapy.set_ffmpeg(imageio_ffmpeg.get_ffmpeg_exe())


@contextmanager
def film_file(path: Path, recorder: Recorder) -> Iterator[Callable[[Picture], None]]:
    """Yield a function that adds a picture to the film `path`.

    A picture is finished, and goes to the encoder, while the next one is rendered. The film appears when the block
    ends; if it raises, there is none.
    """
    assert recorder.format is not None
    codec, quality, arguments = _CODECS[recorder.format]
    width, height = recorder.size
    shape = (height, width * len(recorder.cameras))
    with (
        replacing(path) as temporary,
        mediapy.VideoWriter(
            temporary, shape, codec=codec, fps=recorder.fps, crf=quality, ffmpeg_args=list(arguments)
        ) as writer,
        ThreadPoolExecutor(1) as thread,
    ):
        waiting = thread.submit(lambda: None)

        def add(picture: Picture) -> None:
            nonlocal waiting
            waiting.result()
            waiting = thread.submit(lambda: writer.add_image(picture()))

        yield add
        waiting.result()


def write_poster(path: Path, picture: np.ndarray) -> None:
    """Write a picture, shape (height, width, 3), as a small JPEG."""
    image = Image.fromarray(picture)
    image.thumbnail((_POSTER_SIDE, _POSTER_SIDE))
    with replacing(path) as temporary:
        image.save(temporary, format="JPEG", quality=_POSTER_QUALITY, optimize=True)


def write_picture(path: Path, picture: Picture) -> None:
    """Write a picture as PNG."""
    with replacing(path) as temporary:
        Image.fromarray(picture()).save(temporary, format="PNG")
