"""Draws which kinds are taken for which: one square a writing, the share of each row's messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

#: The kinds in the order of their urgency.
KINDS = (
    "emergency",
    "distress",
    "third_party",
    "human",
    "offer",
    "question",
    "smalltalk",
    "control",
    "abuse",
    "out_of_scope",
)


def draw(confusions: Mapping[str, Counter[tuple[str, str]]], path: Path) -> None:
    """Write an SVG with one square for each writing."""
    import matplotlib

    matplotlib.use("svg")
    # Without these the file would differ at each drawing.
    matplotlib.rcParams["svg.hashsalt"] = "hotline"
    from matplotlib import pyplot

    figure, squares = pyplot.subplots(1, len(confusions), figsize=(5.2 * len(confusions), 5.4))
    for square, (writing, counted) in zip(squares, confusions.items(), strict=True):
        sums = {kind: sum(n for (right, _), n in counted.items() if right == kind) for kind in KINDS}
        shares = [[counted[right, guess] / sums[right] if sums[right] else 0.0 for guess in KINDS] for right in KINDS]
        square.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        square.set_title(f"{writing} ({sum(sums.values())} messages)")
        square.set_xticks(range(len(KINDS)), KINDS, rotation=90)
        square.set_yticks(range(len(KINDS)), [f"{kind} ({sums[kind]})" for kind in KINDS])
        square.set_xlabel("taken for")
        for row, right in enumerate(KINDS):
            for column, guess in enumerate(KINDS):
                if counted[right, guess]:
                    dark = shares[row][column] > 0.5
                    square.text(
                        column,
                        row,
                        counted[right, guess],
                        ha="center",
                        va="center",
                        fontsize=8,
                        color="white" if dark else "black",
                    )
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
