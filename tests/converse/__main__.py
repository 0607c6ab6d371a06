"""Lives through the conversations of data/heldout/conversations: `make converse`. Prints one JSON line a writing.

    python -m tests.converse --half dev [--show] [--transcripts FILE] [--only ID]

`--half test` is scored a few times only and its words are never shown: `--show` and `--only` are refused there.
`--transcripts` writes what was said and answered, for readers who grade it without knowing what was expected.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import DATA
from nlu.text import language
from tests.converse import judge
from tests.converse.play import After, Rules, play

FOLDER = DATA / "heldout" / "conversations"
LANGUAGES = ("id", "km")


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.converse", description="Lives through conversations.")
    options.add_argument("--half", choices=("dev", "test"), default="dev")
    options.add_argument("--show", action="store_true", help="print what was not met")
    options.add_argument("--transcripts", type=Path)
    options.add_argument("--only")
    given = options.parse_args()
    if given.half == "test" and (given.show or given.only):
        sys.stderr.write("The test half is not shown: leave out --show and --only, or use --half dev.\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="converse-") as folder:
        scored = _Scored(Path(folder) / "found.jsonl")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONVERSE_HALF", given.half)
            patch.setenv("CONVERSE_ONLY", given.only or "")
            patch.setenv("CONVERSE_FOUND", str(scored.path))
            ended = pytest.main(["-q", "-rA", "-p", "no:cacheprovider", "--no-header", "tests/converse/lived.py"])
        if ended != 0:
            return int(ended)
        return scored.tell(show=given.show, transcripts=given.transcripts)


class _Scored:
    """What was found, one JSON line a conversation, and its sums."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def tell(self, *, show: bool, transcripts: Path | None) -> int:
        rows = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        sums: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        for row in rows:
            for turn in row["turns"]:
                for expected, met in turn["expected"]:
                    kind = expected.split(":")[0].strip()
                    kind = f"sheet {expected.split(':')[1].split('=')[0].strip()}" if kind == "sheet" else kind
                    for name in ("all", kind):
                        sums[row["writing"]][f"{name} of"] += 1
                        sums[row["writing"]][f"{name} met"] += met
                    if show and not met:
                        sys.stdout.write(f"{row['id']}\t{turn['said']}\t{expected}\t{' | '.join(turn['replies'])}\n")
                sums[row["writing"]]["too long"] += turn["too_long"]
        for writing, counts in sorted(sums.items()):
            kinds = sorted({name.rpartition(" ")[0] for name in counts if name.endswith(" of")})
            told = {kind: f"{counts[f'{kind} met']}/{counts[f'{kind} of']}" for kind in kinds}
            sys.stdout.write(json.dumps({"writing": writing, "too_long": counts["too long"], **told}) + "\n")
        if transcripts is not None:
            transcripts.write_text(yaml.safe_dump(_blind(rows), allow_unicode=True, sort_keys=False, width=140))
        return 0


def _blind(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was said and seen, without what was expected."""
    return [
        {
            "id": row["id"],
            "story": row["story"],
            "turns": [
                {k: turn[k] for k in ("waited", "said", "replies", "desk_rang", "sheet") if turn[k]}
                for turn in row["turns"]
            ],
        }
        for row in rows
    ]


def read(half: str) -> list[dict[str, Any]]:
    """The conversations of one half, each with the writing of its words."""
    found = []
    for lang in LANGUAGES:
        for one in yaml.safe_load((FOLDER / f"{half}_{lang}.yml").read_text(encoding="utf-8")):
            words = " ".join(str(turn.get("say") or "") for turn in one["turns"])
            latin = (
                lang == "km" and language.looks_khmer_latin(words) and not any("\u1780" <= c <= "\u17ff" for c in words)
            )
            found.append({**one, "app": lang, "writing": "km-Latn" if latin else lang})
    return found


def scored(one: dict[str, Any], lived: list[After]) -> dict[str, Any]:
    """A conversation with what was met of what was expected."""
    turns = []
    for at, (turn, now) in enumerate(zip(one["turns"], lived, strict=True)):
        before = lived[at - 1] if at else None
        expected = [(str(wanted), judge.judge(str(wanted), now, before)) for wanted in turn.get("expect", ())]
        facts = now.case.facts if now.case is not None else {}
        shown = {k: v for k, v in facts.items() if k not in {"said", "asked", "sources", "situation"}}
        shown = {k: (list(v) if k in {"signs", "wishes"} else v) for k, v in shown.items()}
        turns.append(
            {
                "waited": turn.get("wait"),
                "said": now.said,
                "replies": now.replies,
                "expected": expected,
                "desk_rang": bool(now.rang),
                "too_long": judge.too_long(now),
                "sheet": {**shown, **({"country": now.case.country, "P": now.case.priority} if now.case else {})},
            }
        )
    return {"id": one["id"], "story": one.get("story"), "writing": one["writing"], "turns": turns}


__all__ = ("Rules", "asyncio", "main", "play", "read", "scored")

if __name__ == "__main__":
    sys.exit(main())
