"""A third language is data and texts: under ten modules name a language, and each has a reason."""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot import texts
from bot.settings import DATA
from nlu.text import languages

ROOT = Path(__file__).parents[2]
#: Modules that may name a language, and why.
NAMED = {
    "bot/knowledge/check.py": "the order of Khmer letters and the cutting of Khmer words: wrong Khmer is refused",
    "bot/offers/phrases.py": "the Indonesian ending -nya, which every word of an offer may have",
    "bot/offers/reading/tesseract.py": "Tesseract's own codes: it runs where data/ cannot be read",
    "nlu/evaluation/languages.py": "the classes of the held-out messages of the language detector",
    "nlu/text/fields.py": "cuts a message in Khmer letters, which has no spaces, into syllables",
    "nlu/text/khmer.py": "the Khmer script: its letters, digits and marks",
    "nlu/text/language.py": "tells Indonesian, romanised Khmer and English from each other",
    "nlu/text/normalise.py": "undoes Indonesian chat spelling",
    "nlu/text/phonetics.py": "the sounds of Khmer letters",
}
#: Migrations say what a column held on a day of the past.
LEFT_OUT = {"bot/storage/migrations", "nlu/.venv"}
#: Files with a part for each writing without which a message cannot be read.
WRITINGS_OF = {
    "lexicon/language/words.yml": sorted(languages.LATIN_WRITINGS),
    "phone/words.yml": languages.WRITINGS,
}
KHMER_LETTER = re.compile("[\u1780-\u17d3]")
KHMER = re.compile(r"[a-z]*['\"](?:\w+:)?(?:km(?:-Latn)?|khm)['\"]")
#: A name beside which "id" is a language and no key of a row.
LANGUAGE = re.compile(r"(?:^|_)(?:lang|language|writing|code)$")


def modules() -> Iterator[Path]:
    for top in ("bot", "nlu", "actions"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if not any(str(path.relative_to(ROOT)).startswith(folder) for folder in LEFT_OUT):
                yield path


def names_a_language(source: str) -> list[int]:
    """The lines that name a language: the code or letters of Khmer, or "id" that is no key. Docstrings do not count."""
    tree = ast.parse(source)
    told: set[int] = set()
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        found.update(_indonesian(node))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "khmer.WRITING":
            found.add(node.lineno)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        string = token.type in (tokenize.STRING, tokenize.FSTRING_MIDDLE) and token.start[0] not in told
        if string and (KHMER.fullmatch(token.string) or KHMER_LETTER.search(token.string)):
            found.add(token.start[0])
    return sorted(found)


def _indonesian(node: ast.AST) -> Iterator[int]:
    """Lines where "id" is a language: compared, among codes, named, returned, chosen, or the default of `lang`."""
    if isinstance(node, ast.Compare):
        beside = [getattr(one, "id", getattr(one, "attr", "")) for one in (node.left, *node.comparators)]
        if any(LANGUAGE.search(name) for name in beside) and _holds(node, "id"):
            yield node.lineno
    elif isinstance(node, ast.Tuple | ast.Set | ast.List):
        values = {one.value for one in node.elts if isinstance(one, ast.Constant)}
        if "id" in values and values & {"en", "other"}:
            yield node.lineno
    elif isinstance(node, ast.Assign | ast.Return | ast.IfExp):
        values = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node.value,)
        if any(isinstance(value, ast.Constant) and value.value == "id" for value in values):
            yield node.lineno
    elif isinstance(node, ast.AnnAssign | ast.keyword):
        name = (node.arg or "") if isinstance(node, ast.keyword) else ast.unparse(node.target)
        if LANGUAGE.search(name) and node.value is not None and _holds(node.value, "id"):
            yield node.value.lineno
    elif isinstance(node, ast.arguments):
        for argument, default in zip(node.args[::-1], node.defaults[::-1], strict=False):
            if LANGUAGE.search(argument.arg) and _holds(default, "id"):
                yield default.lineno


def _holds(node: ast.AST, value: str) -> bool:
    return any(isinstance(one, ast.Constant) and one.value == value for one in ast.walk(node))


def test_few_modules_name_a_language_and_each_has_a_reason() -> None:
    found = {str(path.relative_to(ROOT)): names_a_language(path.read_text(encoding="utf-8")) for path in modules()}
    naming = {name: lines for name, lines in found.items() if lines}
    new = {name: lines for name, lines in naming.items() if name not in NAMED}
    assert not new, f"take languages from nlu/text/languages.py and words from data/lexicon/words: {new}"
    assert naming.keys() == NAMED.keys(), f"take off the list: {NAMED.keys() - naming.keys()}"
    assert len(NAMED) < 10


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('lang = "km"', True),
        ('button = "lang:km"', True),
        ('words = "ជួយ"', True),
        ('letters = "[\\u1780-\\u17d3]"', False),
        ('"""ជួយ is help."""', False),
        ('x = 1 if lang == "id" else 2', True),
        ('codes = ("id", "en")', True),
        ('def say(lang="id"): ...', True),
        ('say(lang="id")', True),
        ('lang: Mapped[str] = mapped_column(server_default="id")', True),
        ('x = km if asked else "id"', True),
        ('def lang_of(): return "id"', True),
        ("languages = ('khm', 'ind')", True),
        ("field = fields[khmer.WRITING]", True),
        ('FIRST = "id"', True),
        ('row["id"]', False),
        ('row.get("id") == 3', False),
    ],
)
def test_the_rule_tells_a_language_from_a_key(source: str, names: bool) -> None:
    assert bool(names_a_language(source)) is names


def test_every_language_has_its_data() -> None:
    for code, language in languages.ANSWERED.items():
        assert (DATA / "texts" / code).is_dir()
        assert (DATA / "nlu" / code).is_dir()
        assert (DATA / "heldout" / f"messages_{code}.jsonl").is_file()
        assert texts.render("language_name", code)
        for key in language.commands.values():
            assert texts.render(key, code)
    for writing in languages.WRITINGS:
        assert (DATA / "lexicon" / "words" / writing).is_dir()
        assert (DATA / "lexicon" / f"triage_{writing}.yml").is_file()
    for file, writings in WRITINGS_OF.items():
        there = yaml.safe_load((DATA / file).read_text(encoding="utf-8"))
        assert not set(writings) - there.keys(), f"data/{file} needs a part for each"


@pytest.fixture(scope="module")
def vietnamese(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of code and data with a third language, whose words and texts are the Indonesian ones."""
    root = tmp_path_factory.mktemp("third")
    for package in ("bot", "nlu"):
        leave = shutil.ignore_patterns(".venv", "trained", "__pycache__", "static")
        shutil.copytree(ROOT / package, root / package, ignore=leave)
    shutil.copytree(DATA, root / "data", ignore=shutil.ignore_patterns("heldout", "nlu", "building"))
    data = root / "data"
    for name in ("texts/{}", "lexicon/words/{}", "lexicon/triage_{}.yml"):
        old, new = data / name.format("id"), data / name.format("vi")
        shutil.copytree(old, new) if old.is_dir() else shutil.copy(old, new)
    for file in WRITINGS_OF:
        parts = yaml.safe_load((data / file).read_text(encoding="utf-8"))
        (data / file).write_text(yaml.safe_dump({**parts, "vi": parts["id"]}, allow_unicode=True), encoding="utf-8")
    listed = yaml.safe_load((data / "languages.yml").read_text(encoding="utf-8"))
    listed["answered"]["vi"] = {
        "country": "VN",
        "writings": {"vi": {"spaced": True, "own_letters": False, "by_sound": False}},
        "commands": {"batdau": "menu_start"},
        "demo": {"operator": "Lan", "worker": "Minh"},
    }
    (data / "languages.yml").write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return root


def test_a_third_language_needs_no_change_of_code(vietnamese: Path) -> None:
    script = """
import json
from bot import texts
from bot.cases import rules
from bot.chat import menus
from bot.offers.assess import assess
from bot.turns import phone_words
from nlu.text import languages
from nlu.understanding.triage import triage
print(json.dumps({
    "signs": sorted({reason.lang for reason in triage("tolong saya dikurung").reasons}),
    "menu": menus.COMMANDS["vi"][0],
    "reader": texts.reader("vi-VN"),
    "greets": texts.render("language_name", "vi"),
    "country": [languages.country_of("vi"), languages.language_of_country("VN")],
    "spoken": "vi" in rules.SPOKEN,
    "phone": phone_words.read("siapa ini").other_hand,
    "offer": assess("Lowongan kerja di Kamboja gaji 1500 usd tanpa pengalaman").risk,
}))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=vietnamese, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    assert json.loads(done.stdout) == {
        "signs": ["id", "vi"],
        "menu": ["batdau", "menu_start"],
        "reader": "vi",
        "greets": texts.render("language_name", "id"),
        "country": ["VN", "vi"],
        "spoken": True,
        "phone": True,
        "offer": "high",
    }


def test_a_language_that_lacks_an_entry_is_told_what_to_write() -> None:
    with pytest.raises(languages.LanguagesInvalid, match=r"data/languages\.yml: vi: 'writings' is missing or wrong"):
        languages._read("vi", {"country": "VN"})


def test_writings_lead_to_their_language() -> None:
    assert [languages.language_of(code) for code in ("km-Latn", "km-KH", "id", "en", None)] == [
        "km", "km", "id", None, None,
    ]  # fmt: skip
    assert languages.country_of("km-Latn") == "KH"
    assert languages.home_of("en") == "ID"
