"""The notation of data/offers: phrases a maintainer can read, made into patterns, and the views of a text they search.

`(a|b)` one of these, `[a]` may be missing, `~` up to three words between, `~~` anything in the same sentence,
`%` a number, `word*` any ending, `<NAME>` a list of words. A phrase is looked for only where
one of its necessary words occurs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from bot.offers.pieces import Pieces
from nlu.text import khmer, languages, phonetics
from nlu.text.khmer import fold_khmer, has_khmer
from nlu.text.normalise import Normalised, normalise, plain

#: Text beyond this many characters is not judged; the longest real vacancy seen has about 4,000.
SEARCH_CHARS = 8_000
#: Languages a phrase may be written in; English phrases are searched like Indonesian ones.
LANGUAGES = languages.WRITINGS

_TOKEN = re.compile(r"\(|\)|\||\[|\]|~~|~|%|\*|[^\s()\[\]|~%*]+")
_SEP = r"[^a-z0-9\n.!?;។]{1,4}"
_LOOSE = r"[^a-z0-9\n!?;។]{0,4}"
#: Behind a number a dot and a space end a sentence: "jam 8-4. Cewek max 25 th" seeks no four girls.
_BEHIND = r"(?<!\.)(?:(?!\.\s)[^a-z0-9\n!?;។]){0,4}"
_SENTENCE = r"(?:[^\n.!?;។]|\.(?=\d)){0,90}?"
_NUMBER = r"\d[\d.,]*"
_FIGURE = re.compile(_NUMBER)
_WORD = re.compile(r"[a-z]+|\d+")
_ENDING = "(?:nya)?"
#: Stands for any number among the words a phrase may begin with.
_DIGITS = "%"


class PhraseInvalid(ValueError):
    """A phrase of data/offers cannot be read; the message names it and what is wrong."""


@dataclass(frozen=True)
class View:
    """One way of looking at a text: its letters, where they came from, and the words that occur in it."""

    text: str
    source: Normalised
    #: For each character of `text`, its index in `source`; None where they are the same.
    at: tuple[int, ...] | None = None
    #: Words that occur; of Khmer, which is written without spaces, those that the book knows.
    words: frozenset[str] = frozenset()
    #: Where each word begins; numbers stand under `_DIGITS`.
    begins: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text as it was typed."""
        if self.at is None:
            return self.source.span(start, end)
        return self.source.span(self.at[start], self.at[end - 1] + 1)


@dataclass(frozen=True)
class Views:
    """A text as Latin words, as Khmer without spaces (or None) and as romanised Khmer by sound."""

    original: str
    latin: View
    khmer: View | None
    roman: View
    book: Book | None = None

    @cached_property
    def _likely(self) -> Mapping[PhraseList, Sequence[int]]:
        return self.book.likely(self) if self.book is not None else {}

    def likely(self, phrases: PhraseList) -> Sequence[int] | None:
        """The numbers of the phrases of a list that may occur; None for a list that the book does not know."""
        return self._likely.get(phrases)

    def of(self, language: str) -> View | None:
        """The view in which phrases of a language are searched."""
        if language in languages.BY_SOUND:
            return self.roman
        return self.latin if languages.spaced(language) else self.khmer


#: What romanised Khmer is made of.
_SOUNDED = re.compile(r"[a-z]+|\d[\d.,]*|[\n.!?;$]")


def look_at(text: str, book: Book | None = None, *, by_sound: bool = True) -> Views:
    """The three views of the first `SEARCH_CHARS` characters of a text; `book` saves looking for every phrase.

    Without `by_sound` no romanised Khmer is heard in it.
    """
    text = text[:SEARCH_CHARS]
    source = normalise(text)
    clear = plain(source, keep_sums=True)
    begins: dict[str, list[int]] = {}
    for match in _WORD.finditer(clear.text):
        word = match.group()
        begins.setdefault(word, []).append(match.start())
        if word.endswith("nya"):
            begins.setdefault(word[:-3], []).append(match.start())
        elif word.isdigit():
            begins.setdefault(_DIGITS, []).append(match.start())
    latin = View(clear.text, clear, None, frozenset(begins), begins)
    khmer = None
    if has_khmer(text):
        kept = tuple(i for i, char in enumerate(source.text) if char != " ")
        joined = fold_khmer(source.text.replace(" ", ""))
        found = book.khmer_words(joined) if book is not None else {}
        khmer = View(joined, source, kept, frozenset(found), found)
    parts: list[str] = []
    at: list[int] = []
    sounded: dict[str, list[int]] = {}
    for match in _SOUNDED.finditer(source.text) if by_sound else ():
        key = phonetics.key(match.group())
        if parts:
            parts.append(" ")
            at.append(match.start())
        sounded.setdefault(key, []).append(len(at))
        if key[0].isdigit():
            sounded.setdefault(_DIGITS, []).append(len(at))
        parts.append(key)
        # The key may be shorter than the word: its last letter stands for the rest of it.
        at.extend([match.start()] * (len(key) - 1) + [match.end() - 1])
    roman = View("".join(parts), source, tuple(at), frozenset(sounded), sounded)
    return Views(text, latin, khmer, roman, book)


@dataclass(frozen=True)
class _Piece:
    """A parsed part of a phrase: its pattern, whether it is a gap or a number, and words of which one must occur.

    `starts` are the words it may begin with, None when that cannot be told; `groups` the needs of all its parts.
    """

    pattern: str
    needs: tuple[str, ...] = ()
    kind: str = "word"
    optional: bool = False
    starts: tuple[str, ...] | None = None
    groups: tuple[tuple[str, ...], ...] = ()


@lru_cache(maxsize=8192)
def _literal(word: str, language: str) -> tuple[str, tuple[str, ...], tuple[str, ...] | None]:
    """Pattern and necessary spellings of one word, and the words it may begin with."""
    if not languages.spaced(language):
        text = fold_khmer(normalise(word).text.replace(" ", ""))
        pattern = re.escape(text)
        if text.isascii() and text.isalpha():
            pattern = f"(?<![a-z]){pattern}(?![a-z])"
        elif text.isascii() and text.isdigit():
            pattern = rf"(?<![\d.,]){pattern}(?!\d)"
        return pattern, (text,), (text,)
    if language in languages.BY_SOUND:
        key = phonetics.key(word.lower())
        return re.escape(key), (key,), (key,)
    word = word.lower()
    forms = {word, plain(word).text}
    needs: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    for form in forms:
        inner = _WORD.findall(form) or [form]
        needs += (max(inner, key=len),)
        starts += (inner[0],)
    joined = "|".join(re.sub(r"(?:\\ |-|\\-)+", _SEP, re.escape(form)) for form in sorted(forms, key=len, reverse=True))
    return f"(?:{joined})" + (_ENDING if language == "id" else ""), needs, starts


class _Reader:
    """Reads one phrase from left to right."""

    def __init__(self, phrase: str, language: str) -> None:
        self.phrase, self.language = phrase, language
        self.tokens = _TOKEN.findall(phrase)
        self.position = 0

    def read(self) -> _Piece:
        piece = self._alternatives(closing=None)
        if not piece.needs:
            raise PhraseInvalid(f"{self.phrase!r} has no word that must occur")
        return piece

    def _alternatives(self, closing: str | None) -> _Piece:
        options = [self._sequence()]
        while self._peek() == "|":
            self.position += 1
            options.append(self._sequence())
        if closing is not None:
            if self._peek() != closing:
                raise PhraseInvalid(f"{self.phrase!r}: a {closing} is missing")
            self.position += 1
        elif self._peek() is not None:
            raise PhraseInvalid(f"{self.phrase!r}: {self._peek()} too many")
        if len(options) == 1:
            return options[0]
        needs: tuple[str, ...] = ()
        if all(option.needs for option in options):
            needs = tuple(dict.fromkeys(need for option in options for need in option.needs))
        starts: tuple[str, ...] | None = ()
        for option in options:
            starts = None if starts is None or option.starts is None else starts + option.starts
        return _Piece("(?:" + "|".join(option.pattern for option in options) + ")", needs, starts=starts)

    def _peek(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        while (token := self._peek()) is not None and token not in ("|", ")", "]"):
            self.position += 1
            if token == "(":
                pieces.append(self._alternatives(")"))
            elif token == "[":
                inner = self._alternatives("]")
                pieces.append(_Piece(inner.pattern, (), inner.kind, optional=True, starts=inner.starts))
            elif token in ("~", "~~"):
                pieces.append(_Piece(token, kind="gap"))
            elif token == "%":
                pieces.append(_Piece(_NUMBER, kind="number", starts=(_DIGITS,)))
            elif token == "*":
                last = pieces.pop()
                starts = None if last.starts is None else tuple("*" + start.lstrip("*") for start in last.starts)
                needs = tuple("*" + need.lstrip("*") for need in last.needs)
                pieces.append(_Piece(last.pattern + "[a-z]*", needs, starts=starts))
            else:
                pattern, needs, starts = _literal(token, self.language)
                pieces.append(_Piece(pattern, needs, starts=starts))
        return self._join(pieces)

    def _separator(self, before: _Piece | None, after: _Piece) -> str:
        if not languages.spaced(self.language):
            return r"[^\S\n]?"
        if self.language in languages.BY_SOUND:
            return " "
        if before is not None and before.kind == "number":
            return _BEHIND
        return _LOOSE if after.kind == "number" else _SEP

    def _join(self, pieces: list[_Piece]) -> _Piece:
        out = ""
        before: _Piece | None = None
        needs: tuple[str, ...] = ()
        for index, piece in enumerate(pieces):
            if piece.kind == "gap":
                out += self._gap(piece.pattern)
                continue
            if before is None and piece.optional:
                following = next((p for p in pieces[index + 1 :] if p.kind != "gap"), piece)
                out += f"(?:{piece.pattern}{self._separator(piece, following)})?"
                continue
            separator = "" if before is None else self._separator(before, piece)
            if piece.optional:
                # A missing number must not loosen the joint to the next word.
                out += f"(?:{separator}{piece.pattern})?"
                continue
            out += separator + piece.pattern
            before = piece
            if piece.needs and (not needs or min(map(len, piece.needs)) > min(map(len, needs))):
                needs = piece.needs
        kind = pieces[0].kind if len(pieces) == 1 else "word"
        groups = tuple(piece.needs for piece in pieces if piece.needs and not piece.optional)
        return _Piece(out, needs, kind, starts=self._starts(pieces), groups=groups)

    @staticmethod
    def _starts(pieces: list[_Piece]) -> tuple[str, ...] | None:
        """The words a sequence may begin with: those of its first part, and of the next while parts may be missing."""
        starts: tuple[str, ...] = ()
        for piece in pieces:
            if piece.starts is None:
                return None
            starts += piece.starts
            if not piece.optional:
                return starts
        return None

    def _gap(self, token: str) -> str:
        if not languages.spaced(self.language):
            return r"[^\n។!?]{0,16}?" if token == "~" else r"[^\n។!?]{0,60}?"
        if self.language in languages.BY_SOUND:
            return r"(?: [^ \n.!?;]+){0,3}?" if token == "~" else r"(?: [^ \n.!?;]+){0,12}?"
        return rf"(?:{_SEP}[a-z0-9']+){{0,3}}?" if token == "~" else _SENTENCE


@dataclass(frozen=True)
class Phrase:
    """One phrase, ready to search."""

    language: str
    pattern: re.Pattern[str]
    #: Of each group one must occur: whole words, and beginnings of words.
    needs: tuple[tuple[frozenset[str], tuple[str, ...]], ...]
    #: Words, and beginnings of words, with which the phrase may begin; None when that cannot be told.
    starts: tuple[frozenset[str], tuple[str, ...]] | None

    @property
    def sought(self) -> frozenset[str]:
        """Words of a view of which one must occur, as few as can be; none where that cannot be told."""
        return min((words for words, stems in self.needs if words and not stems), key=len, default=frozenset())

    @property
    def words(self) -> frozenset[str]:
        """All words by which it is looked for."""
        return frozenset().union(*(words for words, _ in self.needs), self.starts[0] if self.starts else ())

    def may_occur(self, view: View) -> bool:
        """Whether all the words that must occur do."""
        for words, stems in self.needs:
            if words.isdisjoint(view.words) and not any(stem in view.text for stem in stems):
                return False
        return True

    def find(self, view: View) -> Iterator[re.Match[str]]:
        """Every place where the phrase stands in its view."""
        if self.starts is None or not view.begins:
            return self.pattern.finditer(view.text)
        return self._from(view, *self.starts)

    def _from(self, view: View, words: frozenset[str], stems: tuple[str, ...]) -> Iterator[re.Match[str]]:
        """Like `finditer`, tried only where a word stands that the phrase may begin with."""
        at = {place for word in words & view.words for place in view.begins[word]}
        if stems:
            at.update(place for word in view.words if word.startswith(stems) for place in view.begins[word])
        end = 0
        for place in sorted(at):
            if place >= end and (match := self.pattern.match(view.text, place)):
                yield match
                end = match.end()


def _split(words: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole words, and beginnings of words."""
    words = set(words)
    return (
        frozenset(word for word in words if not word.startswith("*")),
        tuple(sorted(word[1:] for word in words if word.startswith("*"))),
    )


def compile_phrase(phrase: str, language: str) -> Phrase:
    """One line of the notation as a pattern. Raises PhraseInvalid."""
    piece = _Reader(phrase, language).read()
    pattern = piece.pattern
    if language in languages.BY_SOUND:
        pattern = rf"(?:(?<= )|^)(?:{pattern})(?= |$)"
    elif languages.spaced(language):
        pattern = rf"(?<![a-z0-9])(?:{pattern})(?:(?<=\d)|(?![a-z]))"
    try:
        starts = None if piece.starts is None else _split(piece.starts)
        if not languages.spaced(language) and starts is not None and starts[1]:
            # Only of whole words it is known where they begin.
            starts = None
        needs = tuple(_split(group) for group in piece.groups or (piece.needs,))
        return Phrase(language, re.compile(pattern), needs, starts)
    except re.error as wrong:
        raise PhraseInvalid(f"{phrase!r}: {wrong}") from wrong


def expand(phrase: str, words: Mapping[str, str]) -> str:
    """Put the lists of words in place of their names. Raises PhraseInvalid for an unknown name."""

    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in words:
            raise PhraseInvalid(f"{phrase!r}: no list of words called {name}")
        return f"({words[name]})"

    return re.sub(r"<([A-Z]+)>", put, phrase)


@dataclass(frozen=True, eq=False)
class PhraseList:
    """Phrases of all languages that mean the same."""

    phrases: tuple[Phrase, ...]

    def find(self, views: Views) -> Iterator[tuple[View, re.Match[str], int]]:
        """Every match with its view and the number of its phrase."""
        likely = views.likely(self)
        for number in range(len(self.phrases)) if likely is None else likely:
            phrase = self.phrases[number]
            view = views.of(phrase.language)
            if view is not None:
                for match in phrase.find(view) if likely is not None else phrase.pattern.finditer(view.text):
                    yield view, match, number

    def count(self, views: Views) -> int:
        """How many different phrases occur."""
        return len({number for _, _, number in self.find(views)})

    def first(self, views: Views) -> tuple[int, int] | None:
        """Where the earliest match stands in the text as it was typed."""
        spans = [view.span(match.start(), match.end()) for view, match, _ in self.find(views)]
        return min(spans) if spans else None

    def occurs(self, views: Views) -> bool:
        """Whether any of the phrases occurs."""
        return next(self.find(views), None) is not None


class Book:
    """An index of thousands of phrases by a word of each that must occur: of them a text can hold a few."""

    def __init__(self, lists: Iterable[PhraseList]) -> None:
        self._by_word: dict[str, dict[str, list[tuple[PhraseList, int]]]] = {}
        #: Phrases that have no such word.
        self._others: dict[PhraseList, list[int]] = {}
        in_khmer: set[str] = set()
        for phrases in lists:
            self._others[phrases] = []
            for number, phrase in enumerate(phrases.phrases):
                words = phrase.sought
                by_word = self._by_word.setdefault(phrase.language, {})
                for word in words:
                    by_word.setdefault(word, []).append((phrases, number))
                if not words:
                    self._others[phrases].append(number)
                if not languages.spaced(phrase.language):
                    in_khmer |= phrase.words
        self._khmer_words = sorted(in_khmer)
        self._khmer = Pieces({word: number for number, word in enumerate(self._khmer_words)})

    def khmer_words(self, text: str) -> dict[str, list[int]]:
        """The words of its phrases that stand in Khmer without spaces, and where each begins."""
        found: dict[str, list[int]] = {}
        numbers, places = self._khmer.found(text)
        for number, place in zip(numbers.tolist(), places.tolist(), strict=True):
            found.setdefault(self._khmer_words[number], []).append(place)
        found[_DIGITS] = [match.start() for match in _FIGURE.finditer(text)]
        return found

    def likely(self, views: Views) -> dict[PhraseList, list[int]]:
        """For each list the numbers of its phrases that a text may hold, in order."""
        found = {phrases: set(others) for phrases, others in self._others.items()}
        for language, by_word in self._by_word.items():
            if (view := views.of(language)) is not None:
                for word in by_word.keys() & view.words:
                    for phrases, number in by_word[word]:
                        if number not in found[phrases] and phrases.phrases[number].may_occur(view):
                            found[phrases].add(number)
        return {phrases: sorted(numbers) for phrases, numbers in found.items()}


def read_phrases(block: Mapping[str, str] | None, words: Mapping[str, str]) -> PhraseList:
    """The phrases of a block `{language: one phrase a line}`. Raises PhraseInvalid."""
    found: list[Phrase] = []
    for language, lines in (block or {}).items():
        if language not in LANGUAGES:
            raise PhraseInvalid(f"{language!r} is no language of the phrases ({', '.join(LANGUAGES)})")
        for line in lines.splitlines():
            if line.strip():
                found.append(compile_phrase(expand(line.strip(), words), language))
    return PhraseList(tuple(found))


def read_mixed(lines: str | None, words: Mapping[str, str]) -> PhraseList:
    """Guards: one phrase a line in any language, Khmer known by its script, the rest read as Latin words."""
    found = [
        compile_phrase(expand(line.strip(), words), khmer.WRITING if has_khmer(line) else languages.DEFAULT)
        for line in (lines or "").splitlines()
        if line.strip()
    ]
    return PhraseList(tuple(found))
