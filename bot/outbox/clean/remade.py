"""Files whose metadata cannot be told from the rest, made anew from what they show: PDF pages and TIFF pictures.

A PDF hides names, comments and whole photographs with their Exif in any of its objects. As pictures its pages hold
what can be seen, and nothing else; the words in it can no longer be copied out. The original stays as it came.
"""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
from PIL import Image, ImageSequence

from bot.outbox.clean.pictures import Malformed

#: Pages made anew; a longer document is for a person to cut. At about a fifth of a second each.
MOST_PAGES = 20
#: Pixels of a page's longer side: 150 dots an inch of A4, at which small print can be read.
PAGE_PIXELS = 1754
JPEG_QUALITY = 80
#: Pixels of a TIFF, all pages together: what fits into the child's memory.
MOST_PIXELS = 40_000_000
#: Tags by which raw pictures of cameras say that the picture shown is only a small one. Source: TIFF/EP, DNG 1.7.
_RAW = frozenset({0x014A, 0xC612, 0x828D})


def pdf(data: bytes) -> bytes:
    """A PDF of pictures of its pages. Raises Malformed, or pypdfium2's error for what is broken or locked."""
    old: Any = pypdfium2.PdfDocument(data)
    if not 0 < len(old) <= MOST_PAGES:
        raise Malformed
    # What was filled into a form is seen only then.
    old.init_forms()
    new: Any = pypdfium2.PdfDocument.new()
    for page in old:
        width, height = page.get_size()
        drawn = io.BytesIO()
        picture = page.render(scale=PAGE_PIXELS / max(width, height, 1.0)).to_pil().convert("RGB")
        picture.save(drawn, "JPEG", quality=JPEG_QUALITY)
        image = pypdfium2.PdfImage.new(new)
        image.load_jpeg(drawn, inline=True)
        image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        blank = new.new_page(width, height)
        blank.insert_obj(image)
        blank.gen_content()
    made = io.BytesIO()
    new.save(made)
    return made.getvalue()


def tiff(data: bytes) -> bytes:
    """A TIFF of the same pixels and nothing else. Raises Malformed for a raw picture, or Pillow's errors."""
    with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
        tags: Any = image
        if data[8:10] == b"CR" or _RAW & set(tags.tag_v2):
            raise Malformed
        pages: list[Image.Image] = []
        pixels = 0
        for page in ImageSequence.Iterator(image):
            pixels += page.width * page.height
            if len(pages) == MOST_PAGES or pixels > MOST_PIXELS:
                raise Malformed
            plain = page.copy()
            plain.info = {}
            pages.append(plain)
    made = io.BytesIO()
    pages[0].save(made, "TIFF", compression="tiff_lzw", save_all=True, append_images=pages[1:])
    return made.getvalue()
