"""The table of the faults that a library withstood."""

from collections import Counter

import pytest

TOLD = pytest.StashKey[Counter[str]]()


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Counter[str]:
    """How often each fault was withstood."""
    return request.config.stash.setdefault(TOLD, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = terminalreporter.config.stash.get(TOLD, Counter())
    if told:
        terminalreporter.section("faults withstood")
        for fault, times in sorted(told.items()):
            terminalreporter.write_line(f"{times:4}  {fault}")
