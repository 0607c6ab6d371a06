"""Scores the first reading of messages that are never read: `make outcome`. Prints one JSON line a promise.

Each message is read as the first one of a chat, by the lexicon and the trained model in use (HOTLINE_HOME). Only counts
are printed, unless `--show` is given: then the set is no longer held out, and joins the training.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from tests.outcome import expected
from tests.outcome.messages import WRITINGS, Message, read


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(prog="python -m tests.outcome", description="Scores the first reading.")
    options.add_argument("--show", action="store_true", help="print the messages that went wrong: ends the holding out")
    given = options.parse_args()
    reader = expected.Reader()
    for writing in WRITINGS:
        for line in score(read(writing), reader, show=given.show):
            sys.stdout.write(json.dumps({"writing": writing, **line}, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


def score(messages: list[Message], reader: expected.Reader, *, show: bool) -> Iterator[dict[str, object]]:
    """For each promise: how many messages it is about, how many keep it, and the messages that break it."""
    for promise in expected.PROMISES:
        about = [message for message in messages if promise.about(message)]
        if not about:
            continue
        broken = [message for message in about if not promise.kept(message, reader)]
        line: dict[str, object] = {"promise": promise.name, "of": len(about), "kept": len(about) - len(broken)}
        yield {**line, "broken": [message.text for message in broken]} if show else line


if __name__ == "__main__":
    sys.exit(main())
