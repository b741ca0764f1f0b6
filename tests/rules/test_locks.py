"""The locks hold what pyproject.toml asks for, nothing it has dropped, and a hash for every file."""

import re
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.rules.sources import ROOT, modules_imported, python_files

DISTRIBUTIONS = packages_distributions()
NAME = re.compile(r"^([A-Za-z0-9._-]+)")


def normal(requirement: str) -> str:
    """A requirement's name as the locks write it."""
    found = NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found.group(1) if found else "").lower()


def locked(text: str) -> dict[str, str]:
    """Each locked package's entry, with its hashes and the reason it is there."""
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    return {normal(entry): entry for entry in entries if entry.strip() and not entry.startswith("#")}


def asked_for_by_us(text: str) -> set[str]:
    """What a lock holds because we named it ourselves."""
    return {name for name, entry in locked(text).items() if "infusion-journal (pyproject.toml" in entry}


def unhashed(text: str) -> list[str]:
    return [name for name, entry in locked(text).items() if "--hash=sha256:" not in entry]


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")


def test_the_run_lock_is_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert asked_for_by_us(lock("run")) == {normal(one) for one in project["dependencies"]}


def test_the_develop_lock_has_all_of_it_at_the_same_versions() -> None:
    run, develop = locked(lock("run")), locked(lock("develop"))
    assert set(run) <= set(develop)
    assert {name for name in run if run[name].split()[0] != develop[name].split()[0]} == set()


@pytest.mark.parametrize("name", ["run", "develop", "lock"])
def test_every_package_has_its_hashes(name: str) -> None:
    assert locked(lock(name))
    assert unhashed(lock(name)) == []


def test_nothing_under_gpl_or_lgpl_is_needed_to_run() -> None:
    """psycopg is LGPL: it stays in the extra `postgres`."""
    assert {name for name in locked(lock("run")) if name.startswith("psycopg")} == set()


def from_outside(source: str) -> set[str]:
    """The distributions a file's imports come from, as the locks write them."""
    tops = {module.partition(".")[0] for module, _ in modules_imported(source)}
    return {normal(name) for top in tops for name in DISTRIBUTIONS.get(top, ())}


def test_the_service_imports_nothing_that_only_develop_has() -> None:
    imported = {name for source in python_files().values() for name in from_outside(source)}
    assert imported - set(locked(lock("run"))) == set()


def test_these_rules_can_fail() -> None:
    text = "a==1 \\\n    --hash=sha256:00\n    # via infusion-journal (pyproject.toml)\nB_c==2\n    # via a\n"
    assert asked_for_by_us(text) == {"a"}
    assert unhashed(text) == ["b-c"]
    assert from_outside("import os, yaml\nfrom pytest import mark\nimport service.paths") == {
        "pyyaml",
        "pytest",
    }
