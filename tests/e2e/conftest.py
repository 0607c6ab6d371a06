"""End to end: a slow machine gets time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doctor import browser

#: Without a browser the page cannot be tried; `make setup` installs one where it may.
collect_ignore = [] if browser() else ["test_page.py"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each conversation a generous bound of its own."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(240))


def pytest_report_header() -> str:
    """Say at the top what is not tried here."""
    return f"browser: {browser() or 'none found, the sandbox page is not tried (make doctor)'}"
