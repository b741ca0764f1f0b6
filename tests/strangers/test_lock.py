"""Claims about the strangers' packages: locked exactly, without download addresses, and none runs a script."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.strangers.clients import CLIENTS
from tests.strangers.modules import HERE, cache


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / name).read_text("utf-8"))
    return found


def faults(lock: dict[str, Any]) -> list[str]:
    """The packages of a lock file that lack a hash or name an address to be fetched from."""
    packages = {name: one for name, one in lock["packages"].items() if name}
    without = [f"no hash: {name}" for name, one in packages.items() if "integrity" not in one]
    return without + [f"an address: {name}" for name, one in packages.items() if "resolved" in one]


def test_every_package_is_named_by_its_hash_and_by_no_address() -> None:
    assert faults(read("package-lock.json")) == []


def test_this_rule_can_fail() -> None:
    lock = {"packages": {"": {}, "node_modules/a": {"resolved": "https://packages.example/a.tgz"}}}
    assert faults(lock) == ["no hash: node_modules/a", "an address: node_modules/a"]


def test_what_is_asked_for_is_exact_and_is_what_is_locked() -> None:
    asked = read("package.json")["dependencies"]
    locked = read("package-lock.json")["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked.values())
    assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert locked[""]["dependencies"] == asked


def test_no_package_runs_a_script_when_it_is_installed() -> None:
    assert "ignore-scripts=true" in (HERE / ".npmrc").read_text("utf-8").splitlines()


def test_every_client_from_npm_is_locked() -> None:
    asked = read("package.json")["dependencies"]
    assert {client.package for client in CLIENTS} - {"fhirpy"} <= set(asked)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"STRANGERS_CACHE": "a/b", "XDG_CACHE_HOME": "c"}, Path("a/b")),
        ({"XDG_CACHE_HOME": "c"}, Path("c/infusion-journal")),
    ],
)
def test_the_packages_lie_outside_the_tree(environment: dict[str, str], folder: Path) -> None:
    assert cache(environment) == folder
