"""Repairs Khmer as phones type it, so that words which look the same are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nlu.text import alternation

#: A character, and where it begins and ends in the text as typed.
_Char = tuple[str, int, int]
#: The place of a mark inside its syllable, and its characters: two in a subscript.
_Mark = tuple[int, list[_Char]]

COENG = "\u17d2"
#: The code of this writing.
WRITING = "km"
KHMER_DIGITS = {ord("០") + n: str(n) for n in range(10)}

#: Place of a mark inside its syllable: robat, subscripts, register shifters, vowels, signs.
#: Source: order of components in the Unicode Standard, chapter 16.4, with the subscripts before the
#: shifter, as Khmer keyboards and the word segmenter's training text have them.
_RANK: dict[str, int] = {"\u17cc": 1, "\u17c9": 3, "\u17ca": 3}
_RANK.update({chr(code): 4 for code in range(0x17B6, 0x17C6)})
_RANK.update({"\u17c6": 5, "\u17c7": 6, "\u17c8": 6, "\u17dd": 5})
_RANK.update({chr(code): 5 for code in (0x17CB, 0x17CD, 0x17CE, 0x17CF, 0x17D0, 0x17D1)})

#: Two vowel signs that together draw one other sign.
_JOINED = {"\u17c1\u17b8": "\u17be", "\u17b8\u17c1": "\u17be", "\u17c1\u17b6": "\u17c4", "\u17b6\u17c1": "\u17c4"}

#: Under a vowel that is written above, a register shifter is drawn like the vowel u, and many type that instead.
#: Source: The Unicode Standard, chapter 16.4, consonant shifters; sillsdev/khmer-character-specification.
_DRAWN_AS_U = {**dict.fromkeys("សហអប", "\u17ca"), **dict.fromkeys("ងញមយរវ", "\u17c9")}
_U, _AA, _NIKAHIT = "\u17bb", "\u17b6", "\u17c6"
_DRAWN_FIRST = frozenset("\u17c1\u17c2\u17c3")
_ABOVE = frozenset("\u17b7\u17b8\u17b9\u17ba\u17be\u17bf")
_SHIFTERS = ("\u17c9", "\u17ca")

#: Syllables of which nothing is to be repaired, and what is no Khmer: a letter, one below it that is drawn like no
#: other, and at most one sign of each kind.
_IN_ORDER = re.compile(
    "(?:[^\u1780-\u17ff]+|[\u1780-\u17b3](?:\u17d2[\u1780-\u1789\u178b-\u17b3])?[\u17c9\u17ca]?[\u17b6-\u17c5]?"
    "[\u17c6\u17cb\u17cd-\u17d1\u17dd]?[\u17c7\u17c8]?(?![\u17b6-\u17d2\u17dd]))*"
)
_MARKS = re.compile("[\u17b6-\u17d1\u17d2\u17dd]")
_KHMER = re.compile("[\u1780-\u17ff\u19e0-\u19ff]")
_SYLLABLE = re.compile("(?<!\u17d2)(?=[\u1780-\u17b3])")
_KHMER_LETTER = re.compile("[\u1780-\u17b3]")
_DIGIT = re.compile("[០-៩]")


def has_khmer(text: str) -> bool:
    """Whether any Khmer letter, mark, digit or punctuation occurs."""
    return _KHMER.search(text) is not None


def count_khmer_letters(text: str) -> int:
    """Number of Khmer consonants and independent vowels."""
    return len(_KHMER_LETTER.findall(text))


def latin_digits(text: str) -> str:
    """The text with Latin digits for Khmer ones, letter for letter; `str.translate` would look up every letter."""
    return _DIGIT.sub(lambda digit: KHMER_DIGITS[ord(digit.group())], text)


def _is_base(char: str) -> bool:
    return "\u1780" <= char <= "\u17b3"


def text_of(chars: list[_Char]) -> str:
    """The letters of characters that know their places."""
    return "".join([char for char, _, _ in chars])


def repair(chars: list[_Char]) -> list[_Char]:
    """Put the marks of every syllable in one order and drop doubled ones.

    Takes and returns (character, start, end) where start and end point into the text as it was typed.
    """
    out: list[_Char] = []
    position, size = 0, len(chars)
    chars = list(chars)
    text = text_of(chars)
    while position < size:
        if (run := _IN_ORDER.match(text, position)) and run.end() > position:
            out.extend(chars[position : run.end()])
            position = run.end()
            continue
        if chars[position][0] in _DRAWN_FIRST and not (out and has_khmer(out[-1][0])):
            _put_behind(chars, position)
            text = text_of(chars)
        item = chars[position]
        position += 1
        out.append(item)
        if not _is_base(item[0]):
            continue
        marks, position = _marks_from(chars, position)
        if len(marks) > 1:
            _shift(item[0], marks)
            marks.sort(key=lambda mark: mark[0])
        _write(marks, out)
    return out


def _marks_from(chars: list[_Char], position: int) -> tuple[list[_Mark], int]:
    """The marks of a syllable whose letter stands before `position`, and where the next syllable begins."""
    marks: list[_Mark] = []
    size = len(chars)
    while position < size:
        char = chars[position][0]
        if char == COENG:
            if position + 1 < size and _is_base(chars[position + 1][0]):
                below = chars[position + 1]
                # A subscript da and a subscript ta are drawn alike; people type either.
                letter = "ត" if below[0] == "ដ" else below[0]
                # Subscript ro is written last whatever the order of typing.
                rank = 2 if letter == "រ" else 1
                marks.append((rank * 10, [chars[position], (letter, below[1], below[2])]))
                position += 2
                continue
            position += 1  # a coeng with nothing below it is a slip of the finger
            continue
        if char not in _RANK:
            break
        marks.append((_RANK[char] * 10 + 5, [chars[position]]))
        position += 1
    return marks, position


def _write(marks: list[_Mark], out: list[_Char]) -> None:
    """Write sorted marks behind their letter: a doubled mark once, two signs that draw a third as that third."""
    previous: list[_Char] = []
    for _, group in marks:
        if previous and [c for c, _, _ in group] == [c for c, _, _ in previous]:
            # A doubled mark is read once; what is kept stands for both.
            kept = out[-1]
            last = group[-1]
            out[-1] = (kept[0], min(kept[1], group[0][1]), max(kept[2], last[2]))
            continue
        joined = _JOINED.get(out[-1][0] + group[0][0]) if len(group) == 1 else None
        if joined:
            last = out.pop()
            out.append((joined, min(last[1], group[0][1]), max(last[2], group[0][2])))
        else:
            out.extend(group)
        previous = group


def _put_behind(chars: list[_Char], at: int) -> None:
    """Put a vowel typed where it is drawn, before its letters, behind them: េគ is គេ."""
    end = at + 1
    if end < len(chars) and _is_base(chars[end][0]):
        end += 1
        while end + 1 < len(chars) and chars[end][0] == COENG and _is_base(chars[end + 1][0]):
            end += 2
        chars[at:end] = [*chars[at + 1 : end], chars[at]]


def _shift(base: str, marks: list[_Mark]) -> None:
    """Read a u beside a vowel above as the shifter it looks like: សុី is ស៊ី, ញុាំ is ញ៉ាំ."""
    typed = {group[0][0]: place for place, (_, group) in enumerate(marks)}
    if _U not in typed or not (typed.keys() & _ABOVE or {_AA, _NIKAHIT} <= typed.keys()):
        return
    _, start, end = marks[typed[_U]][1][0]
    shifter = next((sign for sign in _SHIFTERS if sign in typed), None)
    if shifter is not None:
        # Both were typed: the one that is kept stands for both.
        _, first, last = marks[typed[shifter]][1][0]
        start, end = min(start, first), max(end, last)
    else:
        shifter = _DRAWN_AS_U.get(base)
    if shifter is not None:
        marks[:] = [mark for mark in marks if mark[1][0][0] not in (_U, shifter)]
        marks.append((_RANK[shifter] * 10 + 5, [(shifter, start, end)]))


def any_of(names: Iterable[str]) -> str:
    """A pattern of normalised names, the longest first: whole syllables, with spaces between them as people type."""
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    spaced = (_SYLLABLE.sub(" ?", name.replace(" ", "")).removeprefix(" ?") for name in longest_first)
    return alternation.words(spaced, COENG, "[\u17b6-\u17c5\u17d2]")


def skeleton_keeps(char: str) -> bool:
    """Whether a sign is kept when Khmer is compared loosely: the small signs above letters are often left out."""
    return not ("\u17c9" <= char <= "\u17d1" and char != "\u17c6" and char != "\u17c7") and char != "\u17dd"


def is_mark(char: str) -> bool:
    """Whether a character is a Khmer mark that cannot stand alone."""
    return _MARKS.match(char) is not None


def fold_khmer(text: str) -> str:
    """One spelling of the word for "give, let", which is typed in three ways of the same length."""
    return text.replace("ឱ្យ", "ឲ្យ").replace("អោយ", "ឲ្យ")
