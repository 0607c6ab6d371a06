"""Brings what a person typed into one spelling, and remembers where every character came from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from nlu.text import khmer
from nlu.text.addresses import addresses
from nlu.text.files import read_yaml

#: People write in the same words: so many are looked up once.
REMEMBERED_WORDS = 4096

_Char = tuple[str, int, int]

#: Zero-width and direction marks, soft hyphen, variation selectors, inherent Khmer vowels (never typed on purpose).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u17b4\u17b5]"
)
#: Runs of signs that stay as they are but for their case. "`" is not among them: before Khmer it is an apostrophe.
_PLAIN = re.compile("[\n -_a-~\u1780-\u17b3\u17b6-\u17df]+")
#: What looks like a Latin letter and is none to NFKC: small capitals, letters in black boxes and circles, and Cyrillic
#: letters, which nobody here writes but who hides words.
_LOOKS_LATIN = {
    **dict(zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ"), "abcdefghijklmnopqrstuvwyz", strict=True)),
    **dict(zip(map(ord, "абвсеікмнорѕтухјАВСЕІКМНОРЅТУХЈ"), "abbceikmhopstyxjabceikmhopstyxj", strict=True)),
    **{
        first + place: letter
        for first in (0x1F150, 0x1F170)
        for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
    },
}
_COMBINING = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_SPACED_OUT = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .,\-_*]{1,2}[^\W\d_]){3,}(?![^\W_])")
_CHAT_WORD = re.compile(r"[a-z0-9@$²]+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LATIN_WITH_DIGIT = re.compile(r"(?=[a-z0-9@$!]*[a-z])(?=[a-z0-9@$!]*[0-9@$])[a-z0-9@$!]{3,20}")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
#: Letters that bear an accent, which Indonesian has none of ("disekáp", "téh"), and the same without.
_ACCENTS = {
    code: base
    for code in range(0xC0, 0x180)
    if (base := unicodedata.normalize("NFD", chr(code))[0]) != chr(code) and base.isascii()
}
_ACCENTED = re.compile("[\u00c0-\u017f]")
#: Digits at the end of a word are a number or the Indonesian sign of doubling ("teman2"), not letters in disguise.
_LEET_INSIDE = re.compile(r"[a-z@$]*(?:[a-z][0134 57@$]{1,2}[a-z]|^[013457@$][a-z]{2})[a-z0-9@$]*$")
_DOUBLED = re.compile(r"([a-z]{2,})(?:2|²)(nya|an|lah)?$")


_TWICE = re.compile(r"([a-z])\1")
#: The prefix di- as it is typed: apart, or without its vowel ("di tampar", "dtampar", "d tampar").
_PASSIVE = re.compile(r"(?<![a-z0-9])di? ?([a-z]{4,})")

_HASHTAG = re.compile(r"(?<!\S)(?:#[^\W_]{3,})+")
_EDGE = re.compile(r"[a-z](?=[A-Z\d])")


@dataclass(frozen=True)
class Normalised:
    """Text in one spelling; character `i` was typed at `offsets[i]` up to `ends[i]` of the message."""

    text: str
    offsets: tuple[int, ...]
    ends: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` up to `end` of the normalised text stand in the typed text."""
        size = len(self.offsets)
        start, end = max(0, min(start, size)), max(0, min(end, size))
        if start >= end:
            at = self.offsets[start] if start < size else (self._end(size - 1) if size else 0)
            return at, at
        if end <= len(self.ends):
            return min(self.offsets[start:end]), max(self.ends[start:end])
        return min(self.offsets[start:end]), max(map(self._end, range(start, end)))

    def _end(self, index: int) -> int:
        return self.ends[index] if index < len(self.ends) else self.offsets[index] + 1


def _pack(chars: list[_Char]) -> Normalised:
    letters, offsets, ends = zip(*chars, strict=True) if chars else ("", (), ())
    return Normalised("".join(letters), offsets, ends)


def _compose(text: str) -> list[_Char]:
    """NFC, lower case, no invisible characters, with the place of every character."""
    out: list[_Char] = []
    size, position = len(text), 0
    while position < size:
        start = position
        run = _PLAIN.match(text, position)
        if run is not None:
            # A mark behind the run belongs to its last sign.
            end = run.end() - (run.end() < size and _COMBINING.match(text[run.end()]) is not None)
            if end > start:
                out.extend(zip(text[start:end].lower(), range(start, end), range(start + 1, end + 1), strict=True))
                position = end
                continue
        char = text[position]
        position += 1
        if "\ud800" <= char <= "\udfff" or char == "\x00":
            out.append((" ", start, position))
            continue
        if _INVISIBLE.match(char):
            continue
        if char >= "\u0080" or (position < size and text[position] >= "\u0300"):
            while position < size and _COMBINING.match(text[position]):
                position += 1
            code = ord(char)
            if code in khmer.KHMER_DIGITS:
                char = khmer.KHMER_DIGITS[code]
            elif "\u1780" <= char <= "\u17ff":
                pass
            elif char in "\u2018\u2019\u02bc`":
                char = "'"
            else:
                # Compatibility forms too: fancy "bold" letters and full-width digits hide words from a filter.
                char = unicodedata.normalize("NFKC", text[start:position]).translate(_LOOKS_LATIN).lower()
                # What no letter has is drawn over it: "k̷a̷m̷b̷o̷j̷a̷".
                char = _COMBINING.sub("", char) or " "
        else:
            char = char.lower()
        if char.isspace() and char != "\n":
            char = " "
        out.extend((part, start, position) for part in char)
    return out


#: What `_collapse` may change.
_STRETCHED = re.compile(r" {2,}|(.)\1{2,}", re.S)


def _collapse(chars: list[_Char]) -> list[_Char]:
    """Runs of three or more equal letters become one, runs of spaces one space; digits and full stops stay.

    Three Khmer letters of which the last bears a vowel or sign are the end of one word and the next: "យក|កក់".
    """
    out: list[_Char] = []
    done, size = 0, len(chars)
    for run in _STRETCHED.finditer(khmer.text_of(chars)):
        first, end = run.span()
        char = chars[first][0]
        bears = (
            end - first == 3 and "\u1780" <= char <= "\u17a2" and end < size and "\u17b6" <= chars[end][0] <= "\u17d3"
        )
        if not (char.isdigit() or char in ".,-" or bears):
            out.extend(chars[done:first])
            out.append((char, chars[first][1], chars[end - 1][2]))
            done = end
    return out + chars[done:]


#: What `_close_syllables` may change.
_SPLIT_SYLLABLE = re.compile(" [\u17b6-\u17d2]|\u17d2 ")


def _close_syllables(chars: list[_Char]) -> list[_Char]:
    """Khmer without spaces inside a syllable: before a vowel or sign, behind the sign of a letter below ("ខ្ ញុំ")."""
    out: list[_Char] = []
    gap: list[_Char] = []
    for char in chars:
        if char[0] == " ":
            gap.append(char)
            continue
        before = out[-1][0] if out else " "
        inside = "\u17b6" <= char[0] <= "\u17d2" or (before == "\u17d2" and "\u1780" <= char[0] <= "\u17b3")
        if not (inside and "\u1780" <= before <= "\u17d2"):
            out.extend(gap)
        gap.clear()
        out.append(char)
    return out + gap


def _open_hashtags(text: str, chars: list[_Char]) -> list[_Char]:
    """The words of `#LokerKamboja` and `#gaji15juta` apart: where a capital or a number begins."""
    edges = {edge.end() for tag in _HASHTAG.finditer(text) for edge in _EDGE.finditer(text, *tag.span())}
    if not edges:
        return chars
    out: list[_Char] = []
    for char in chars:
        if char[1] in edges and out and out[-1][0] != " ":
            out.append((" ", char[1], char[1]))
        out.append(char)
    return out


@lru_cache(maxsize=64)
def normalise(text: str) -> Normalised:
    """One spelling without changing words: NFC, lower case, Khmer order, Arabic digits, no stretched letters, hashtags
    opened.

    Links, mail addresses and @names keep every letter.
    """
    chars = _compose(text)
    if "#" in text:
        chars = _open_hashtags(text, chars)
    if khmer.has_khmer(text):
        chars = khmer.repair(_close_syllables(chars) if _SPLIT_SYLLABLE.search(khmer.text_of(chars)) else chars)
    one_spelling = _pack(chars)
    if _STRETCHED.search(one_spelling.text) is None:
        return one_spelling
    out: list[_Char] = []
    done = 0
    for start, end in addresses(one_spelling.text):
        out.extend(_collapse(chars[done:start]))
        out.extend(chars[start:end])
        done = end
    return _pack(out + _collapse(chars[done:]))


@cache
def _spelling() -> dict[str, str]:
    raw = read_yaml("spelling_id.yml")
    return {str(form): str(word) for word, forms in raw["words"].items() for form in forms}


@cache
def _plain_words() -> frozenset[str]:
    return frozenset(_spelling()).union(_spelling().values())


@cache
def _passives() -> dict[str, str]:
    """The plain word of every form with the prefix di-, but of those that are places or things ("di penjara")."""
    nouns = frozenset(read_yaml("spelling_id.yml")["behind_di"])
    forms = {**_spelling(), **{word: word for word in _spelling().values()}}
    return {form: word for form, word in forms.items() if form.startswith("di") and form[2:] not in nouns}


@lru_cache(maxsize=REMEMBERED_WORDS)
def _clear(word: str) -> str:
    """A word without digits in place of letters, or the word itself."""
    return word.translate(_LEET) if _LATIN_WITH_DIGIT.fullmatch(word) and _LEET_INSIDE.match(word) else word


@lru_cache(maxsize=REMEMBERED_WORDS)
def _respell(word: str) -> str:
    """The plain form of one Indonesian chat word, or the word itself."""
    spelling = _spelling()
    if word in spelling:
        return spelling[word]
    doubled = _DOUBLED.match(word)
    if doubled:
        base = spelling.get(doubled.group(1), doubled.group(1))
        return base + (doubled.group(2) or "")
    if (clear := _clear(word)) != word:
        return spelling.get(clear, clear)
    if (single := _TWICE.sub(r"\1", word)) != word and len(single) >= 4 and single in _plain_words():
        return spelling.get(single, single)
    for ending in ("nya", "lah", "kan", "ku", "in"):
        if word.endswith(ending) and word[: -len(ending)] in spelling and len(word) - len(ending) >= 2:
            return spelling[word[: -len(ending)]] + ending
    return word


def rewritten(source: Normalised, changes: Iterable[tuple[tuple[int, int], str]]) -> Normalised:
    """The text with other words at these spans, in order; each stands where the typed one stood."""
    letters: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    done = 0
    for (start, end), word in changes:
        first, last = source.span(start, end)
        letters += source.text[done:start], word
        offsets += (*source.offsets[done:start], *[first] * len(word))
        ends += (*source.ends[done:start], *[last] * len(word))
        done = end
    if not done:
        return source
    return Normalised(
        "".join(letters) + source.text[done:], (*offsets, *source.offsets[done:]), (*ends, *source.ends[done:])
    )


def join_spaced_letters(source: Normalised) -> Normalised:
    """Undo letters typed apart (`t o l o n g`); a wider gap between them stays the end of a word."""
    out: list[_Char] = []
    done = 0
    for match in _outside_addresses(_SPACED_OUT, source.text):
        places = range(match.start(), match.end())
        # Several spaces became one, whose place in the typed text is wider.
        wide = [source.ends[i] - source.offsets[i] > 1 for i in places if source.text[i] == " "]
        # Where other signs stand between the letters, a space is the end of a word too.
        signs = any(source.text[i] in ".-_*" for i in places)
        out.extend(_slice(source, done, match.start()))
        out.extend(
            (source.text[i], source.offsets[i], source.ends[i])
            for i in places
            if source.text[i].isalpha()
            or (source.text[i] == " " and (signs or (not all(wide) and source.ends[i] - source.offsets[i] > 1)))
        )
        done = match.end()
    if not done:
        return source
    out.extend(_slice(source, done, len(source.text)))
    return _pack(out)


def unmask(source: Normalised) -> Normalised:
    """Undo what hides words from a filter and changes no word: letters typed apart, digits for letters (`k4mb0j4`).

    Links, mail addresses and @names keep every letter.
    """
    return _reworded(join_spaced_letters(source), _clear)


def _outside_addresses(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    done = 0
    for start, end in addresses(text):
        yield from pattern.finditer(text, done, start)
        done = end
    yield from pattern.finditer(text, done)


def _slice(source: Normalised, start: int, end: int) -> list[_Char]:
    return list(zip(source.text[start:end], source.offsets[start:end], source.ends[start:end], strict=False))


#: "3jt", "1rb", "5x": a sum or a count, no word typed with digits for letters.
_SUM = re.compile(r"\d+(?:jt|jta|juta|jutaan|rb|rbu|ribu|rebu|k|x|usd|rm|th|thn|bln|hr|jam|org|kg)")


def plain(text: str | Normalised, *, keep_sums: bool = False) -> Normalised:
    """The form used for triage of Indonesian: letters and prefixes typed apart joined, accents, light leetspeak and
    chat spelling undone.

    Links, mail addresses and @names keep every letter. `keep_sums` leaves "3jt" what it is, for those who read sums.
    """
    source = join_spaced_letters(normalise(text) if isinstance(text, str) else text)
    if _ACCENTED.search(source.text):
        source = replace(source, text=source.text.translate(_ACCENTS))
    found = ((match, "di" + match[1]) for match in _outside_addresses(_PASSIVE, source.text))
    known = _passives()
    source = rewritten(source, ((m.span(), known[word]) for m, word in found if word in known and word != m.group()))
    return _reworded(source, lambda word: word if keep_sums and _SUM.fullmatch(word) else _respell(word))


def has_chat_spelling(writing: str) -> bool:
    """Whether `plain` undoes the chat spelling of a writing."""
    return writing == "id"


def _reworded(source: Normalised, change: Callable[[str], str]) -> Normalised:
    """Every word as `change` writes it, in the place of the typed one."""
    words = ((match, change(match.group())) for match in _outside_addresses(_CHAT_WORD, source.text))
    return rewritten(source, ((match.span(), clear) for match, clear in words if clear != match.group()))
