"""End to end: a slow machine gets time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.processes.doctor import browser
from tests.support.hotline import LARGE, SHAPE, SUMMARY

#: Without a browser the page cannot be tried; `make setup` installs one where it may.
collect_ignore = [] if browser() else ["test_page.py"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each conversation a generous bound of its own."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(500 if os.environ.get(SHAPE) == LARGE else 240))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how the large shape shared the work."""
    if SUMMARY:
        terminalreporter.section("two gateways, three workers, two Rasa servers")
        for line in SUMMARY:
            terminalreporter.write_line(line)


def pytest_report_header() -> str:
    """Say at the top what is not tried here."""
    return f"browser: {browser() or 'none found, the sandbox page is not tried (make doctor)'}"
