"""Which requirements there are, where each is tested, and which are left out and why."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHEETS = ("smart", "sdc", "rest")


class NotASheet(ValueError):
    """A sheet or one of its files does not say what it has to."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: its sheet and id, "must", "should" or "may", what it asks in our words.

    `file` tests it; None where it is left out, and then `why` says so, or where it is missing.
    """

    sheet: str
    id: str
    level: str
    words: str
    file: Path | None = None
    why: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether nothing tests it and nothing says why not."""
        return self.file is None and not self.why


@dataclass(frozen=True, slots=True)
class Sheet:
    """One standard's requirements, in the order of its list."""

    name: str
    title: str
    requirements: tuple[Requirement, ...]


def sheets(folder: Path = HERE) -> tuple[Sheet, ...]:
    """All sheets; NotASheet where a file is on no list, or says nothing, or tests nothing."""
    return tuple(_sheet(folder / name) for name in SHEETS)


def file_name(requirement_id: str) -> str:
    """The file of a requirement: B-05 is tested in test_b_05.py."""
    return f"test_{requirement_id.lower().replace('-', '_')}.py"


def _sheet(folder: Path) -> Sheet:
    said = tomllib.loads((folder / "sheet.toml").read_text("utf-8"))
    found = tuple(_listed(folder, said))
    unlisted = {path.name for path in folder.glob("test_*.py")} - {file_name(one.id) for one in found}
    if unlisted:
        raise NotASheet(f"{folder.name}: on no list: {', '.join(sorted(unlisted))}")
    return Sheet(folder.name, said["title"], found)


def _listed(folder: Path, said: dict[str, Any]) -> Iterator[Requirement]:
    left_out = said.get("left_out", {})
    ids = [(level, one) for level in ("must", "should", "may") for one in said.get(level, ())]
    unknown = set(left_out) - {one for _, one in ids}
    if unknown or len(ids) != len({one for _, one in ids}):
        raise NotASheet(
            f"{folder.name}: left out but on no list, or listed twice: {', '.join(sorted(unknown))}"
        )
    for level, one in ids:
        file, why = folder / file_name(one), left_out.get(one)
        if why is not None:
            yield Requirement(folder.name, one, level, why["words"], why=why["why"])
        elif file.is_file():
            yield Requirement(folder.name, one, level, _words_of(file), file)
        else:
            yield Requirement(folder.name, one, level, "")


def _words_of(file: Path) -> str:
    tree = ast.parse(file.read_text("utf-8"))
    words = " ".join((ast.get_docstring(tree) or "").partition("\n\n")[0].split())
    tests = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    if not words.endswith("]") or not tests:
        raise NotASheet(f"{file.name}: needs a docstring that ends with [its source], and a test")
    return words
