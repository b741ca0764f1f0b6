"""docs/conformance.md: every requirement with its test and what came of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.conformance.sheets import HERE, Requirement, Sheet

PAGE = HERE.parents[1] / "docs" / "conformance.md"
_HEAD = """# What we conform to

Made by `python -m tests.conformance` from `tests/conformance/`, one requirement a file. The words are ours; the
brackets name the source. `make prove P=conformance` runs them all. What is left out says why.
"""


def page(sheets: tuple[Sheet, ...], outcomes: Mapping[Path, str]) -> str:
    """The whole page; `outcomes` gives "passed" or "failed" for each file that ran."""
    return "\n".join([_HEAD, *(line for sheet in sheets for line in _sheet(sheet, outcomes))])


def _sheet(sheet: Sheet, outcomes: Mapping[Path, str]) -> Iterator[str]:
    yield f"## {sheet.title}\n"
    yield "| id | level | requirement | test | result |"
    yield "|---|---|---|---|---|"
    for one in sheet.requirements:
        yield f"| {one.id} | {one.level} | {_cell(one.words)} | {_test(one)} | {_result(one, outcomes)} |"
    yield ""


def _test(one: Requirement) -> str:
    return "" if one.file is None else f"`{one.sheet}/{one.file.name}`"


def _result(one: Requirement, outcomes: Mapping[Path, str]) -> str:
    if one.file is None:
        return _cell(f"left out: {one.why}") if one.why else "**missing**"
    return outcomes.get(one.file, "not run")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
