"""Formatted text: HTML and MarkdownV2 into text with entities, and entities found in plain text.

Behaviour and error texts follow tdlib's `MessageEntity.cpp` (parse_html, parse_markdown_v2). As there, entities are
placed in UTF-16 units and errors in bytes.
"""

from __future__ import annotations

import html
import re

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.markdown import parse_markdown_v2
from bot.sandbox.model import Json
from bot.sandbox.utf16 import byte_offset, utf16_len

#: Source: core.telegram.org/bots/api#sendmessage, "1-4096 characters after entities parsing".
MAX_TEXT = 4096
#: Source: core.telegram.org/bots/api#sendphoto, "0-1024 characters after entities parsing".
MAX_CAPTION = 1024

_HTML_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
#: Only these named entities are known to Telegram, besides numeric ones.
_HTML_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot);|&#(?:[0-9]{1,7}|x[0-9a-fA-F]{1,6});")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/"']+)\s*(?:=\s*("[^"]*"|'[^']*'|[A-Za-z0-9.\-]+))?""")
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"']+[^\s<>\"'.,!?;:)])"
    r"|(?P<email>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    r"|(?<![\w@/])(?P<mention>@[A-Za-z]\w{3,31})"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z]\w{3,31})?)(?![\w/])"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d_]\w*)"
    r"|(?<![\w+])(?P<phone_number>\+\d(?:[ -]?\d){7,14})(?!\d)",
    re.ASCII,
)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram's HTML. Raises ApiError ("can't parse entities: ...") where Telegram would."""
    out: list[str] = []
    entities: list[Json] = []
    open_tags: list[tuple[str, str, int, int]] = []  # tag, argument, UTF-16 offset, index into `out`
    offset = 0
    i = 0
    while i < len(source):
        char = source[i]
        if char == "&" and (found := _HTML_CHARACTER.match(source, i)):
            decoded = html.unescape(found.group())
            out.append(decoded)
            offset += utf16_len(decoded)
            i = found.end()
            continue
        if char != "<":
            out.append(char)
            offset += utf16_len(char)
            i += 1
            continue
        begin = byte_offset(source, i)
        end = source.find(">", i)
        if source[i + 1 : i + 2] != "/":
            tag, argument = _start_tag(source[i + 1 : end] if end >= 0 else source[i + 1 :], begin, end >= 0)
            open_tags.append((tag, argument, offset, len(out)))
        else:
            if not open_tags:
                raise _unparsable(f"Unexpected end tag at byte offset {begin}")
            if end < 0:
                raise _unparsable(f"Unclosed end tag at byte offset {begin}")
            closing = source[i + 2 : end].strip().lower()
            tag, argument, start, out_index = open_tags.pop()
            if closing and closing != tag:
                raise _unparsable(
                    f'Unmatched end tag at byte offset {begin}, expected "</{tag}>", found "</{closing}>"'
                )
            if offset > start:
                _close(entities, tag, argument, start, offset - start, "".join(out[out_index:]))
        i = end + 1
    if open_tags:
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(out), _sorted(entities)


def _start_tag(inside: str, begin: int, closed: bool) -> tuple[str, str]:
    """Tag name and the one attribute that matters for it."""
    if not closed:
        raise _unparsable(f"Unclosed start tag at byte offset {begin}")
    name, _, rest = inside.partition(" ")
    tag = name.strip().lower()
    if tag not in _HTML_TYPES:
        raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {begin}')
    argument = ""
    position = 0
    while rest[position:].strip():
        found = _ATTRIBUTE.match(rest, position)
        if not found:
            raise _unparsable(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        position = found.end()
        name, raw = found.group(1), found.group(2)
        value = "" if raw is None else html.unescape(raw[1:-1] if raw[:1] in "\"'" else raw.lower())
        if (tag, name) in {("a", "href"), ("tg-emoji", "emoji-id")}:
            argument = value
        elif tag == "code" and name == "class" and value.startswith("language-"):
            argument = value[len("language-") :]
        elif tag == "span" and name == "class" and value == "tg-spoiler":
            argument = "spoiler"
        elif tag == "blockquote" and name == "expandable":
            argument = "expandable"
    if tag == "span" and argument != "spoiler":
        raise _unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
    return tag, argument


def _close(entities: list[Json], tag: str, argument: str, offset: int, length: int, inner: str) -> None:
    """Add the entity of a tag that just ended."""
    entity: Json = {"offset": offset, "length": length, "type": _HTML_TYPES[tag]}
    if tag == "a":
        url = argument or inner
        if "." not in url and "://" not in url:
            return  # not a link; Telegram keeps the text and drops the entity
        entity["url"] = url if "://" in url else f"http://{url}"
    elif tag == "tg-emoji":
        if not argument.isdigit():
            raise _unparsable("Invalid custom emoji identifier specified")
        entity["custom_emoji_id"] = argument
    elif tag == "blockquote" and argument:
        entity["type"] = "expandable_blockquote"
    elif tag == "pre" and entities:
        last = entities[-1]
        if last["type"] == "code" and (last["offset"], last["length"]) == (offset, length) and "language" in last:
            last["type"] = "pre"
            return
    elif tag == "code" and argument:
        entity["language"] = argument
    entities.append(entity)


def _sorted(entities: list[Json]) -> list[Json]:
    """In order of the text, outer before inner; a language belongs to `pre` only."""
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    return sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def find_entities(text: str) -> list[Json]:
    """What Telegram itself marks in plain text: links, commands, mentions, hashtags, e-mail, phone numbers."""
    found: list[Json] = []
    for match in _FOUND.finditer(text):
        kind = str(match.lastgroup)
        start = utf16_len(text[: match.start()])
        found.append({"offset": start, "length": utf16_len(match.group()), "type": kind})
    return found


def formatted(
    text: str, parse_mode: str | None, entities: list[Json] | None, *, limit: int, what: str
) -> tuple[str, list[Json]]:
    """Text and entities as Telegram stores them: parsed, trimmed, completed with the entities it finds itself.

    `what` is "message" or "caption". A caption may be empty. Raises ApiError.
    """
    explicit: list[Json]
    mode = (parse_mode or "").lower()
    if mode == "html":
        text, explicit = parse_html(text)
    elif mode == "markdownv2":
        try:
            text, explicit = parse_markdown_v2(text)
        except ValueError as error:
            raise _unparsable(str(error)) from error
    elif mode in {"", "none"}:
        explicit = [dict(e) for e in entities or []]
    elif mode == "markdown":
        raise bad_request("Unsupported parse_mode: the sandbox knows HTML and MarkdownV2 only")
    else:
        raise bad_request("Unsupported parse_mode")
    text, explicit = _trim(text.replace("\r", ""), explicit)
    if not text and what == "message":
        raise bad_request("Text must be non-empty")
    if utf16_len(text) > limit:
        raise bad_request("Message is too long" if what == "message" else "Message caption is too long")
    taken = [(e["offset"], e["offset"] + e["length"]) for e in explicit if e["type"] in {"code", "pre", "text_link"}]
    automatic = [
        e for e in find_entities(text) if not any(a < e["offset"] + e["length"] and e["offset"] < b for a, b in taken)
    ]
    return text, _sorted(explicit + automatic)


def _trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut outer white space and move the entities along."""
    stripped = text.strip()
    lead = utf16_len(text[: len(text) - len(text.lstrip())]) if stripped else 0
    size = utf16_len(stripped)
    kept: list[Json] = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] - lead + entity["length"], size)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return stripped, kept


def _unparsable(why: str) -> ApiError:
    return ApiError(400, f"Bad Request: can't parse entities: {why}")
