"""Every file we took over unchanged is named in a VENDOR.toml with licence and sha256, and is still unchanged."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.rules.sources import ROOT, house_files

FOLDERS = (Path("service/web/static/vendor"), Path("service/summary/fonts"))


def digests(vendored: dict[str, Any]) -> dict[str, str]:
    """Every file named, with its sha256: each [[package]] has a table `files` of path and hash."""
    return {path: digest for package in vendored["package"] for path, digest in package["files"].items()}


def differences(folder: Path, files: set[str], named: dict[str, str]) -> list[str]:
    """What is there and not named, named and not there, or not what it was."""
    wrong = [f"not named: {name}" for name in sorted(files - set(named))]
    wrong += [f"not there: {name}" for name in sorted(set(named) - files)]
    for name in sorted(files & set(named)):
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != named[name]:
            wrong.append(f"changed: {name}")
    return wrong


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_vendored_files_are_what_they_were(folder: Path) -> None:
    inside = {path.relative_to(folder).as_posix() for path in house_files() if path.is_relative_to(folder)}
    named = digests(tomllib.loads((ROOT / folder / "VENDOR.toml").read_text("utf-8")))
    assert named
    assert differences(ROOT / folder, inside - {"VENDOR.toml"}, named) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_each_says_whose_it_is_and_carries_its_licence(folder: Path) -> None:
    for package in tomllib.loads((ROOT / folder / "VENDOR.toml").read_text("utf-8"))["package"]:
        assert package["name"]
        assert package["source"]
        assert package["licence"] in ("OFL-1.1", "Bitstream-Vera", "MIT", "Apache-2.0", "BSD-3-Clause")
        assert package["licence_file"] in package["files"]


def test_this_rule_can_fail(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    (tmp_path / "b.txt").write_text("b", "utf-8")
    named = {"a.txt": hashlib.sha256(b"other").hexdigest(), "c.txt": "00"}
    assert differences(tmp_path, {"a.txt", "b.txt"}, named) == [
        "not named: b.txt",
        "not there: c.txt",
        "changed: a.txt",
    ]
