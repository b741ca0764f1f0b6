"""A private copy of the house, and what some of its tests say of it, run in a process of their own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

_COPIED = ("service", "tests")
_LINKED = ("docs", "fhir", "helm", "pyproject.toml", "requirements", "run.py", "templates")
_SECONDS = 900
_MANY = 12  # so many test functions are worth a second process
# A plant that makes the service stumble shows nothing: a test has to miss a rule, not a name.
_STUMBLES = (
    "NameError",
    "UnboundLocalError",
    "AttributeError",
    "ImportError",
    "ModuleNotFoundError",
    "TypeError",
)


class NotRun(RuntimeError):
    """These tests could not be run; the text is the end of what pytest said."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a run of tests said: those that passed, those whose claim failed, and those that broke in another way."""

    green: frozenset[str]
    red: tuple[str, ...]
    broken: tuple[str, ...]


def copy_house(house: Path, to: Path) -> None:
    """Copy what a run may read: the service and its tests for good, all else by links to where it lies."""
    to.mkdir()
    for name in _COPIED:
        copytree(house / name, to / name, symlinks=True)
    for name in _LINKED:
        (to / name).symlink_to((house / name).resolve())


def lies_there(house: Path, test: str) -> bool:
    """Whether this house has the file, and the test in it where one is named."""
    name, _, function = test.partition("::")
    file = house / name
    return file.is_file() and f"def {function}(" in file.read_text("utf-8") if function else file.is_file()


def function_of(house: Path, told: str) -> str:
    """The function behind a test as Said names it, with all its parameters, as run_tests takes it."""
    place, _, name = told.partition("::")
    steps = place.split(".")
    deep = next((at for at in range(len(steps), 0, -1) if _file(house, steps[:at]).is_file()), len(steps))
    file = _file(house, steps[:deep]).relative_to(house).as_posix()
    return "::".join([file, *steps[deep:], name.partition("[")[0]])


def run_tests(house: Path, tests: Sequence[str], seed: int, *, to_the_end: bool) -> Said:
    """Run these tests of this house, all of them or to the first that is not green; NotRun where none came to run."""
    told = house / "told.xml"
    told.unlink(missing_ok=True)
    options = [
        "-q",
        f"--randomly-seed={seed}",
        f"--junitxml={told}",
        *("-o", "junit_family=xunit1"),  # the other one warns of properties, which the tests' witness records
        *(["-n", "2"] if to_the_end else ["-x"]),
    ]
    # This may itself run within a test: nothing of that run is to reach the one in it.
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))
    }
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=house,
        env=kept,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if ran.returncode not in (0, 1) or not told.is_file():
        raise NotRun((ran.stdout + ran.stderr)[-600:])
    return _read(told)


def _file(house: Path, steps: Sequence[str]) -> Path:
    return house.joinpath(*steps).with_suffix(".py")


def _read(told: Path) -> Said:
    green: set[str] = set()
    red: list[str] = []
    broken: list[str] = []
    for case in ElementTree.parse(told).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        failure, error = case.find("failure"), case.find("error")
        if failure is None and error is None:
            green.add(name)
        elif error is not None or _is_stumble(failure):
            broken.append(name)
        else:
            red.append(name)
    return Said(frozenset(green), tuple(red), tuple(broken))


def _is_stumble(failure: ElementTree.Element | None) -> bool:
    return failure is not None and failure.get("message", "").startswith(_STUMBLES)
