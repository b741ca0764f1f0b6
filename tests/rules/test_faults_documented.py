"""The page of faults names every fault once, and only tests and proofs that are there."""

import ast
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from tests.proofs.harness import proofs
from tests.rules.sources import ROOT

PAGE = ROOT / "docs" / "faults.md"
FAULTS = (*(f"F{number}" for number in range(1, 61)), *(f"C{number}" for number in range(1, 5)))
STATES = ("held", "in part", "not held")

_ROW = re.compile(r"^\| ([FC]\d+) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
_PROOF = re.compile(r"`P=([\w-]+)`")


@cache
def functions_of(path: str) -> frozenset[str] | None:
    """The functions of a file under tests/, those of its classes too; None where there is no such file."""
    file = ROOT / "tests" / path
    if not file.is_file():
        return None
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def unlisted(page: str) -> list[str]:
    """Faults that do not stand there exactly once, and rows of no such fault."""
    counted = Counter(name for name, _ in _ROW.findall(page))
    return [name for name in dict.fromkeys((*FAULTS, *counted)) if counted[name] != 1 or name not in FAULTS]


def not_there(page: str, known_proofs: frozenset[str]) -> list[str]:
    """Tests and proofs that the page names and nobody wrote."""
    tests = [
        f"{path}::{name}" if name else path
        for path, name in _TEST.findall(page)
        if (found := functions_of(path)) is None or (name and name not in found)
    ]
    return tests + [name for name in _PROOF.findall(page) if name not in known_proofs]


def without_reason(page: str) -> list[str]:
    """Rows without a state, rows that claim something and name no test for it, and gaps of which nothing is said."""
    return [name for name, row in _ROW.findall(page) if not _is_whole(row)]


def _is_whole(row: str) -> bool:
    cells = [cell.strip() for cell in row.split(" | ")]
    if len(cells) != 4 or cells[1] not in STATES:
        return False
    names_one = bool(_TEST.search(cells[2]) or _PROOF.search(cells[2]))
    return names_one if cells[1] == "held" else bool(cells[3]) and names_one >= (cells[1] == "in part")


def known() -> frozenset[str]:
    return frozenset(one.name for one in proofs())


def test_every_fault_stands_there_once() -> None:
    assert unlisted(PAGE.read_text("utf-8")) == []


def test_every_test_and_proof_that_is_named_is_there() -> None:
    assert not_there(PAGE.read_text("utf-8"), known()) == []


def test_every_row_says_what_holds_it_or_what_is_missing() -> None:
    assert without_reason(PAGE.read_text("utf-8")) == []


def test_this_rule_can_fail() -> None:
    here: Mapping[str, str] = {
        "a test that is not there": "`store/test_faults.py::test_of_nothing`",
        "a file that is not there": "`store/test_nothing.py::test_a`",
        "a proof that is not there": "`P=nothing`",
    }
    for claim, named in here.items():
        assert not_there(f"| F1 | killed | held | {named} | – |", known()) != [], claim
    assert unlisted("| F1 | a | held | b | c |\n| F1 | a | held | b | c |\n| F99 | a | held | b | c |") == [
        *FAULTS,
        "F99",
    ]
    assert without_reason("| F1 | a | held | nothing named | c |\n| F2 | a | perhaps | `P=kills` | c |") == [
        "F1",
        "F2",
    ]
