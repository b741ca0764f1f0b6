"""Claims about a test run on a machine that lacks a real part: it says what was left out, or fails when told to."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_CHROMIUM = """
from tests import parts
parts.PARTS = tuple(
    parts.Part(part.marker, part.name, part.fixtures, lambda: None, part.how_to_get)
    if part.marker == "browser" else part
    for part in parts.PARTS
)
from tests.conftest import *  # noqa: F403
"""

TESTS = """
import pytest

def test_needs_nothing(): ...

@pytest.mark.browser
def test_is_marked(): raise AssertionError

def test_takes_a_page(page): raise AssertionError
"""


def run(folder: Path, *arguments: str, require: str = "") -> tuple[int, str]:
    """The exit status and output of a pytest of its own over three tests, two of which need a browser."""
    (folder / "conftest.py").write_text(WITHOUT_CHROMIUM, "utf-8")
    (folder / "test_three.py").write_text(TESTS, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n", "utf-8")
    environment = {**os.environ, "REQUIRE": require, "PYTHONPATH": str(ROOT)}
    for inherited in ("PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS"):
        environment.pop(inherited, None)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_is_left_out_is_counted_and_how_to_get_it_named(tmp_path: Path, processes: str) -> None:
    status, said = run(tmp_path, "-n", processes)
    assert status == 0
    assert "real part: Chromium: absent" in said
    assert "NOT RUN: 2 tests need Chromium: apt-get install chromium" in said
    assert "1 passed" in said


def test_what_is_required_fails_where_it_is_absent(tmp_path: Path) -> None:
    status, said = run(tmp_path, require="browser,postgres")
    assert status == 1
    assert said.count("REQUIRE=browser, but Chromium is absent: apt-get install chromium") >= 2
    assert re.search(r"1 passed, 2 errors|2 errors.*1 passed|1 passed.*2 error", said)


def test_a_part_nobody_knows_is_refused(tmp_path: Path) -> None:
    status, said = run(tmp_path, require="browsers")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "REQUIRE knows browser, postgres, helm, java, node, libfiu, webkit; not browsers" in said
