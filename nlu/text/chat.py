"""Reads what chats are full of besides words: laughter, emoji, links, signs of repetition, gaps inside Khmer words.

`marked` is a stronger form than `normalise`, with one plain word for each of these; nothing uses it by default, so that
what the intent model was taught on stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nlu.text.khmer import COENG
from nlu.text.normalise import Normalised, join_spaced_letters, normalise
from nlu.text.segment import words

#: What an emoji says, where it says something here. Others stay as they are.
EMOJI: dict[str, str] = {
    "sos": "🆘🚨",
    "cry": "😭😢🥺😿😩😫",
    "fear": "😱😨😰😖",
    "plead": "🙏",
    "laugh": "😂🤣😆😁😅",
    "anger": "😡🤬😠",
    "hurt": "🤕🩸🔪",
    "ill": "🤒🤢🤮😷",
    "locked": "🔒🔐⛓",
    "police": "👮🚓",
    "home": "🏠🏡",
    "money": "💰💵💸🤑",
    "flight": "✈🛫",
    "passport": "🛂",
    "phone": "📞☎📱",
    "yes": "👍👌✅",
    "no": "👎❌🚫",
}
_EMOJI = {emoji: f" _{name}_ " for name, group in EMOJI.items() for emoji in group}
_EMOJI_RUN = re.compile(
    "(" + "|".join(_EMOJI) + r")[\U0001f3fb-\U0001f3ff\u200d♂♀]*(?:\1[\U0001f3fb-\U0001f3ff\u200d♂♀]*)*"
)
_LAUGHTER = re.compile(
    r"(?<![^\W_])(?:w?(?:kw){1,20}k?|w(?:kw?){2,20}|(?:h[aei]){2,20}h?|(?:a?h[ae]){2,20}h?|(?:x[ie]){2,20}|"
    r"awok(?:w?o?wok)*\w{0,10}|lol|lmao|kk)(?![^\W_])"
    r"|(?:ហា){2,}|(?:ហិ){2,}|(?:ហេ){2,}"
    r"|(?<![\d.,/:$\-+])555+(?![\d.,/:\-]|\s*(?:rb|ribu|jt|juta|k\b|usd|baht|rp|rm|\$|៛|ដុល|រៀល|បាត|orang|នាក់|រយ|ពាន់))"
)
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b(?:t\.me|wa\.me|bit\.ly|s\.id|fb\.com|m\.me)/\S+")
_MAIL = re.compile(r"[a-z0-9._%+\-]{1,64}@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63})+")
_HANDLE = re.compile(r"(?<![\w@])@[a-z0-9_.]{2,32}")
#: A mark cannot begin a word, and a coeng cannot end one: a space there is a slip of the finger or a line break.
_GAP = re.compile(
    rf"(?<=[\u1780-\u17d2])[ \u00a0\u200b]+(?=[\u17b6-\u17d1\u17d2])|(?<={COENG})[ \u00a0\u200b]+(?=[\u1780-\u17b3])"
)
_CLUSTER = "[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b6-\u17d1])*"
_SPACED_KHMER = re.compile(rf"(?<![\u1780-\u17d2])(?:{_CLUSTER} ){{3,}}{_CLUSTER}(?![\u1780-\u17d2])")
_AGAIN = re.compile("[\u1780-\u17d2]{1,60} ?ៗ+")

_Rewrite = Callable[["re.Match[str]"], str]


def _substitute(source: Normalised, pattern: re.Pattern[str], rewrite: _Rewrite) -> Normalised:
    """Every match rewritten; each new letter stands for the whole match in the typed text."""
    text: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    done = 0
    for match in pattern.finditer(source.text):
        new = rewrite(match)
        if new == match.group():
            continue
        first, last = source.span(*match.span())
        text += [source.text[done : match.start()], new]
        offsets += [*source.offsets[done : match.start()], *[first] * len(new)]
        ends += [*source.ends[done : match.start()], *[last] * len(new)]
        done = match.end()
    if not done:
        return source
    text.append(source.text[done:])
    offsets += source.offsets[done:]
    ends += source.ends[done:]
    return Normalised("".join(text), tuple(offsets), tuple(ends))


def close_gaps(text: str) -> Normalised:
    """A message, normalised, whose Khmer syllables hold together where a space was typed into them."""
    places = tuple(range(len(text)))
    typed = Normalised(text, places, tuple(place + 1 for place in places))
    closed = _cut_out(typed, _GAP)
    read = normalise(closed.text)
    if closed is typed:
        return read
    spans = [closed.span(start, end) for start, end in zip(read.offsets, read.ends, strict=True)]
    return Normalised(read.text, tuple(start for start, _ in spans), tuple(end for _, end in spans))


def _cut_out(source: Normalised, pattern: re.Pattern[str]) -> Normalised:
    gone = {index for match in pattern.finditer(source.text) for index in range(*match.span())}
    if not gone:
        return source
    kept = [index for index in range(len(source.text)) if index not in gone]
    return Normalised(
        "".join(source.text[index] for index in kept),
        tuple(source.offsets[index] for index in kept),
        tuple(source.ends[index] for index in kept),
    )


def join_spaced_khmer(source: Normalised) -> Normalised:
    """Undo Khmer typed a syllable at a time (`ជួ យ ខ្ញុំ ផ ង`); four in a row, since short words stand apart too."""
    inside = {
        index
        for match in _SPACED_KHMER.finditer(source.text)
        for index in range(*match.span())
        if source.text[index] == " "
    }
    if not inside:
        return source
    kept = [index for index in range(len(source.text)) if index not in inside]
    return Normalised(
        "".join(source.text[index] for index in kept),
        tuple(source.offsets[index] for index in kept),
        tuple(source.ends[index] for index in kept),
    )


def repeat_words(source: Normalised) -> Normalised:
    """The sign ៗ written out: the word before it once more. A sign with no word before it stays."""

    def again(match: re.Match[str]) -> str:
        before = match.group().rstrip("ៗ").rstrip(" ")
        cut = words(before)
        return before + cut[-1].text if cut else match.group()

    return _substitute(source, _AGAIN, again)


def mask_contacts(source: Normalised) -> Normalised:
    """Links, mail addresses and @names as one word each, so that no model learns them."""
    for pattern, word in ((_LINK, "_link_"), (_MAIL, "_mail_"), (_HANDLE, "_handle_")):
        source = _substitute(source, pattern, lambda match, word=word: word)  # type: ignore[misc]
    return source


def name_emoji(source: Normalised) -> Normalised:
    """Emoji that say something as words (`🆘🆘` is ` _sos_ `), a run of one as one."""
    return _substitute(source, _EMOJI_RUN, lambda match: _EMOJI[match.group(1)])


def name_laughter(source: Normalised) -> Normalised:
    """wkwkwk, haha, ហាហា and 555 as the one word `_laugh_`; 555 before a unit is a number."""
    return _substitute(source, _LAUGHTER, lambda match: "_laugh_")


def marked(text: str) -> Normalised:
    """A message in one spelling with a word for everything that is none, and places back to the typed text."""
    source = join_spaced_khmer(close_gaps(text))
    return repeat_words(name_laughter(name_emoji(mask_contacts(join_spaced_letters(source)))))
