"""The planted bugs as they are written down in plants/*.toml, and how one is put into a file of the service.

A plant is an exact piece of today's text and what stands in its place; where that piece stands not once, nothing is
planted, and somebody has to look whether the rule it was about is still there.
"""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

PLANTS = Path(__file__).parent / "plants"


class DoesNotFit(ValueError):
    """This plant cannot be put into its file; the text says why."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One bug: `before` becomes `after` in `file`, and one of `tests` (files, or tests in them) has to notice.

    `needs` is the marker of the real part that these tests run with, if any.
    """

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    needs: str | None = None


def plants(folder: Path = PLANTS) -> tuple[Plant, ...]:
    """Every plant that is written down; DoesNotFit where two have one name, or one lacks something."""
    found = tuple(_plant(said) for file in sorted(folder.glob("*.toml")) for said in _said(file))
    if len({one.name for one in found}) < len(found):
        raise DoesNotFit("two plants have one name")
    return found


def planted(source: str, plant: Plant) -> str:
    """The source with this bug in it; DoesNotFit where its text stands not exactly once, or no Python comes of it."""
    times = source.count(plant.before)
    if times != 1 or plant.before == plant.after:
        raise DoesNotFit(f"{plant.name}: its text stands {times} times in {plant.file}")
    spoiled = source.replace(plant.before, plant.after)
    try:
        ast.parse(spoiled)
    except SyntaxError as error:
        raise DoesNotFit(f"{plant.name}: {plant.file} is no Python any more") from error
    return spoiled


def _said(file: Path) -> list[dict[str, object]]:
    said = tomllib.loads(file.read_text("utf-8"))["plant"]
    return list(said)


def _plant(said: dict[str, object]) -> Plant:
    name, file, before, after = (said.get(word) for word in ("name", "file", "before", "after"))
    tests, needs = said.get("tests"), said.get("needs")
    if not (isinstance(name, str) and isinstance(file, str) and isinstance(tests, list) and tests):
        raise DoesNotFit("a plant has a name, a file, and tests")
    if not (isinstance(before, str) and before and isinstance(after, str)):
        raise DoesNotFit(f"{name}: it says not what becomes of what")
    return Plant(name, file, before, after, tuple(map(str, tests)), needs if isinstance(needs, str) else None)
