"""MarkdownV2, after tdlib's `parse_markdown_v2`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.model import Json
from bot.sandbox.utf16 import byte_offset, utf16_len

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
#: Names tdlib gives the entities in its error texts.
_NAMES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "blockquote": "BlockQuote",
}
_CLOSERS = {
    "bold": "*",
    "strikethrough": "~",
    "underline": "__",
    "spoiler": "||",
    "code": "`",
    "pre": "```",
    "text_link": "]",
}


@dataclass
class _Open:
    kind: str
    offset: int
    source_byte: int
    out_index: int
    language: str = ""


class _Parser:
    """One pass over the source; `fail` positions are byte offsets."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.i = 0
        self.offset = 0
        self.out: list[str] = []
        self.entities: list[Json] = []
        self.stack: list[_Open] = []
        self.line_start = True

    def parse(self) -> tuple[str, list[Json]]:
        source = self.source
        while self.i < len(source):
            char = source[self.i]
            if char == "\\" and self.i + 1 < len(source) and 0 < ord(source[self.i + 1]) <= 126:
                self._emit(source[self.i + 1])
                self.i += 2
            elif char not in (("`",) if self._in_code() else _RESERVED):
                self._emit(char)
                self.i += 1
            elif char == "\n":
                self._newline()
            elif self._closes():
                self._close()
            else:
                self._open(char)
        if self.stack and self.stack[-1].kind == "blockquote":
            self._end_quote()
        if self.stack:
            raise ValueError(self._no_end(self.stack[-1]))
        return "".join(self.out), sorted(self.entities, key=lambda e: (e["offset"], -e["length"]))

    def _in_code(self) -> bool:
        return bool(self.stack) and self.stack[-1].kind in {"code", "pre"}

    def _emit(self, text: str) -> None:
        self.out.append(text)
        self.offset += utf16_len(text)
        self.line_start = text == "\n"

    def _newline(self) -> None:
        """A line ends; so does a quotation unless the next line continues it."""
        quoting = any(o.kind == "blockquote" for o in self.stack)
        if quoting and self.source[self.i + 1 : self.i + 2] != ">":
            if self.stack[-1].kind != "blockquote":
                raise ValueError(self._no_end(self.stack[-1]))
            self._emit("\n")
            self._end_quote()
        else:
            self._emit("\n")
        self.i += 1

    def _end_quote(self) -> None:
        quote = self.stack.pop()
        if self.offset > quote.offset:
            self.entities.append({"offset": quote.offset, "length": self.offset - quote.offset, "type": "blockquote"})

    def _closes(self) -> bool:
        if not self.stack:
            return False
        kind = self.stack[-1].kind
        if kind == "italic":
            return self.source.startswith("_", self.i) and not self.source.startswith("__", self.i)
        return kind in _CLOSERS and self.source.startswith(_CLOSERS[kind], self.i)

    def _close(self) -> None:
        entity = self.stack.pop()
        self.i += 1 if entity.kind == "italic" else len(_CLOSERS[entity.kind])
        url = ""
        if entity.kind == "text_link":
            url = self._url() or "".join(self.out[entity.out_index :])
        length = self.offset - entity.offset
        if length <= 0 or (entity.kind == "text_link" and "." not in url and "://" not in url):
            return
        done: Json = {"offset": entity.offset, "length": length, "type": entity.kind}
        if url:
            done["url"] = url if "://" in url else f"http://{url}"
        if entity.language:
            done["language"] = entity.language
        self.entities.append(done)

    def _url(self) -> str:
        """The `(url)` after a link's text, if there is one."""
        if not self.source.startswith("(", self.i):
            return ""
        begin = self.i + 1
        j = begin
        url: list[str] = []
        while j < len(self.source) and self.source[j] != ")":
            if self.source[j] == "\\" and j + 1 < len(self.source):
                j += 1
            url.append(self.source[j])
            j += 1
        if j >= len(self.source):
            raise ValueError(f"Can't find end of a URL at byte offset {byte_offset(self.source, begin)}")
        self.i = j + 1
        return "".join(url)

    def _open(self, char: str) -> None:
        at = byte_offset(self.source, self.i)
        double = self.source.startswith(char * 2, self.i)
        language = ""
        if char == "_":
            kind, width = ("underline", 2) if double else ("italic", 1)
        elif char == "*":
            kind, width = "bold", 1
        elif char == "~":
            kind, width = "strikethrough", 1
        elif char == "|" and double:
            kind, width = "spoiler", 2
        elif char == "[":
            kind, width = "text_link", 1
        elif char == "`" and self.source.startswith("```", self.i):
            kind, width, language = "pre", *self._fence()
        elif char == "`":
            kind, width = "code", 1
        elif char == ">" and self.line_start:
            self.i += 1
            if not any(o.kind == "blockquote" for o in self.stack):
                self.stack.append(_Open("blockquote", self.offset, at, len(self.out)))
            return
        else:
            raise ValueError(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")
        self.i += width
        self.stack.append(_Open(kind, self.offset, at, len(self.out), language))

    def _fence(self) -> tuple[int, str]:
        """Width of an opening ``` with its language and the line break after it."""
        j = self.i + 3
        while j < len(self.source) and not self.source[j].isspace() and self.source[j] != "`":
            j += 1
        language = self.source[self.i + 3 : j] if j < len(self.source) and self.source[j] != "`" else ""
        if not language:
            j = self.i + 3
        if self.source.startswith("\n", j):
            j += 1
        return j - self.i, language

    def _no_end(self, entity: _Open) -> str:
        name = "PreCode" if entity.language else _NAMES[entity.kind]
        return f"Can't find end of {name} entity at byte offset {entity.source_byte}"


def parse_markdown_v2(source: str) -> tuple[str, list[Json]]:
    """Text and entities of MarkdownV2. Raises ValueError with tdlib's wording."""
    return _Parser(source).parse()
