"""A picture as tesseract reads it best: upright, large enough, dark ink on white. Runs in the child process alone.

The size, the ink and the layout were chosen by the words read on posters (docs/benchmarks.md, numbers in the code).
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image, ImageFilter, ImageOps

#: Pixels of the longer side that is read: larger costs time and reads a poster's large letters worse. A page whose
#: letters turn out small is read again with more.
READ_PIXELS, CLOSE_PIXELS = 1100, 2400
#: A small picture is enlarged at most so many times.
ENLARGED = 3.0
#: Pixels a picture may have. A JPEG is decoded at a fraction of its size, anything else as a whole.
MOST_PIXELS, MOST_JPEG_PIXELS = 40_000_000, 200_000_000
#: A picture so many times as high as wide is cut into parts about as high as wide, at most so many: a phone's screen is
#: up to 2.2 times as high. Share of the width by which a part reaches into the one above: a line, as a chat shows it.
LONG, MOST_PARTS, OVERLAP = 2.5, 12, 0.06
#: Pixels of a side below which nobody could read anything.
LEAST_PIXELS = 24
#: Cells into which the longer side is cut to find the ground behind the letters, and how many are compared.
_GROUND_CELLS, _GROUND_NEAR = 160, 9
#: How a picture is turned where it makes no sense as it is: upside down, then to each side.
TURNS = (Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)
#: Where the camera noted how it was held, and the notes that make width of height.
_ORIENTATION, _ON_ITS_SIDE = 0x0112, frozenset({5, 6, 7, 8})
#: What differs less than this from its ground (of 255) is no ink, however pale the whole picture is.
_FAINTEST_INK = 40.0


class Unreadable(Exception):
    """The file is no picture that could be opened, or a picture too large to be opened here."""


class Locked(Exception):
    """The file wants a password."""


class Foreign(Exception):
    """A picture as some telephones keep it (HEIC), which cannot be opened here."""


class Empty(Exception):
    """The picture shows nothing: one colour, or a few pixels."""


class Opened:
    """A picture that can be opened, in one part or, where it is a long screenshot, in several from top to bottom.

    As a whole the letters of a long one would be too small to be read at any size that tesseract takes.
    """

    def __init__(self, content: bytes) -> None:
        """Raises Foreign, Unreadable."""
        self._content = content
        with self._image() as image:
            sides = image.size[::-1] if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE else image.size
        length = sides[1] / sides[0]
        self.parts = min(round(length), MOST_PARTS) if length >= LONG else 1

    def picture(self, number: int, pixels: int) -> tuple[Image.Image, bool]:
        """A part the right way up as the camera noted, in colour, so large as it is read; and whether it was larger.

        Raises Unreadable, Empty.
        """
        with self._image() as image:
            try:
                # A JPEG can be decoded at a half, a quarter, an eighth: a 10 MB photo costs what a small one does.
                whole = max(image.size)
                image.draft("RGB", (pixels, pixels * self.parts))
                image.load()
                drafted = max(image.size) / whole
                flat = _on_white(ImageOps.exif_transpose(image))
            except Exception:
                raise Unreadable from None
        if self.parts > 1:
            # What the cut goes through stands whole in the next part.
            height = flat.height / self.parts
            top, bottom = number * height - OVERLAP * flat.width, (number + 1) * height
            flat = flat.crop((0, max(0, round(top)), flat.width, round(bottom)))
        if min(flat.size) < LEAST_PIXELS:
            raise Empty
        return _sized(flat, pixels), max(flat.size) / drafted > pixels

    def _image(self) -> Image.Image:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                image = Image.open(io.BytesIO(self._content))
        except Exception:
            raise Foreign if self._content[4:8] == b"ftyp" else Unreadable from None
        if image.width * image.height > (MOST_JPEG_PIXELS if image.format == "JPEG" else MOST_PIXELS):
            raise Unreadable
        return image


def _on_white(image: Image.Image) -> Image.Image:
    """In colour; what is transparent is white, as in a chat."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _sized(image: Image.Image, pixels: int) -> Image.Image:
    factor = min(pixels / max(image.size), ENLARGED)
    if 0.95 < factor < 1.05:
        return image
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def ink(image: Image.Image) -> Image.Image:
    """Dark letters on white, whatever their colours: what differs from the ground around it, light or dark, is ink.

    That evens out shadow and flash, and reads white on red beside black on white. Raises Empty when nothing differs.
    """
    pixels = np.asarray(image, dtype=np.int16)
    step = max(1, round(max(image.size) / _GROUND_CELLS))
    cells = (max(1, image.width // step), max(1, image.height // step))
    ground = image.resize(cells, Image.Resampling.BOX).filter(ImageFilter.MedianFilter(_GROUND_NEAR))
    behind = np.asarray(ground.resize(image.size, Image.Resampling.BILINEAR), dtype=np.int16)
    differs = np.abs(pixels - behind).max(axis=2)
    strongest = float(np.percentile(differs, 99))
    if strongest < 2:
        raise Empty
    scaled = 255.0 - np.clip(differs * (255.0 / max(strongest, _FAINTEST_INK)), 0, 255)
    return Image.fromarray(scaled.astype(np.uint8))
