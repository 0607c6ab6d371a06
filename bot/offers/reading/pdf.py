"""A PDF: the words it holds as text, and its pages as pictures. Runs in the child process alone; opens no link."""

from __future__ import annotations

import re
import unicodedata

import pypdfium2
from PIL import Image

from bot.offers.reading.pictures import LEAST_PIXELS, Empty, Locked, Unreadable

#: Pages whose text is looked at, and pages that are read as pictures: an offer stands on the first.
MOST_PAGES, MOST_PICTURES = 5, 3
#: Letters from which on the text of a PDF is its words, not a page number on a scan.
LEAST_LETTERS = 40
#: Share of letters and figures in a text; fewer are codes of a font that nobody can read.
LEAST_SHARE = 0.6
_KHMER = re.compile(r"[\u1780-\u17d3]")


class Opened:
    """An opened PDF."""

    def __init__(self, content: bytes) -> None:
        """Raises Locked for what wants a password, Unreadable for what is broken."""
        try:
            self._document = pypdfium2.PdfDocument(content)
            self.pages = len(self._document)
        except Exception as problem:
            locked = getattr(problem, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD
            raise Locked if locked else Unreadable from None
        if self.pages == 0:
            raise Unreadable

    def text(self) -> str:
        """The text of the first pages; empty where it holds none, or none that can be trusted.

        Khmer never can: its letters lie in a PDF as they are drawn, twice or out of their order.
        """
        found: list[str] = []
        for number in range(min(self.pages, MOST_PAGES)):
            try:
                found.append(self._document[number].get_textpage().get_text_range())
            except Exception:
                continue
        text = unicodedata.normalize("NFC", "\n".join(found)).replace("\r\n", "\n").strip()
        return text if _is_words(text) and not _KHMER.search(text) else ""

    def picture(self, number: int, pixels: int) -> tuple[Image.Image, bool]:
        """One page as a picture, its longer side so many pixels; it can always be larger. Raises Unreadable, Empty."""
        try:
            page = self._document[number]
            longer = max(page.get_size())
            image: Image.Image = page.render(scale=pixels / max(longer, 1.0)).to_pil().convert("RGB")
        except Exception:
            raise Unreadable from None
        if min(image.size) < LEAST_PIXELS:
            raise Empty
        return image, True


def _is_words(text: str) -> bool:
    signs = [sign for sign in text if not sign.isspace()]
    letters = sum(unicodedata.category(sign)[0] in "LMN" for sign in signs)
    return letters >= LEAST_LETTERS and letters >= LEAST_SHARE * len(signs)
