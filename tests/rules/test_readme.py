"""README's `make` commands exist, each runs a command of run.py, and `make help` names every target."""

import re
import shutil
import subprocess

import run
from tests.rules.sources import ROOT

MAKE = shutil.which("make") or "make"
ASKED = re.compile(r"\bmake ((?:[a-z]+-)*[a-z]+)\b")
# `make sure` and the like are English.
IN_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def asked_for(text: str) -> set[str]:
    """The targets a page asks its reader to make, in its code spans and blocks."""
    return {target for code in IN_CODE.findall(text) for target in ASKED.findall(code)}


def test_every_make_command_of_the_pages_exists() -> None:
    known = targets((ROOT / "Makefile").read_text("utf-8"))
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    wrong = {page.name: asked_for(page.read_text("utf-8")) - known for page in pages}
    assert {name: unknown for name, unknown in wrong.items() if unknown} == {}


def test_the_readme_says_how_to_see_it_and_how_to_test_it() -> None:
    assert {"demo", "test"} <= asked_for((ROOT / "README.md").read_text("utf-8"))


def test_every_target_is_a_command_and_the_other_way_round() -> None:
    assert targets((ROOT / "Makefile").read_text("utf-8")) - {"help"} == set(run.COMMANDS)


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run([MAKE, "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make ([a-z-]+) +\S", listed, re.MULTILINE)) == set(run.COMMANDS) | {"help"}


def test_these_rules_can_fail() -> None:
    page = "Run `make dmeo`, then:\n```\nmake test PYTEST_ARGS=-x\n```\nand make sure it is green."
    assert asked_for(page) == {"dmeo", "test"}
    assert targets("demo: ## x\n\tbuild: no\n.PHONY: demo\n") == {"demo"}
