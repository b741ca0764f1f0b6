"""The requirements' tests run in a process of their own, and what came of each file."""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

_SECONDS = 1500


def outcomes(root: Path, files: Sequence[Path], seed: int = 1) -> dict[Path, str]:
    """ "passed" or "failed" for each of these files below `root`; a file of which nothing ran has failed."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        report = Path(name) / "report.xml"
        _run(root, files, seed, report)
        ran = _cases(report)
    return {file: "passed" if ran[_module(root, file)] == {True} else "failed" for file in files}


def _run(root: Path, files: Sequence[Path], seed: int, report: Path) -> None:
    # This may itself run within a test: nothing of that run is to reach the one in it.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        f"--randomly-seed={seed}",
        f"--junitxml={report}",
    ]
    ran = subprocess.run(
        [*command, *(str(file) for file in files)],
        cwd=root,
        env=kept,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if not report.is_file():
        raise RuntimeError(f"the requirements' tests could not be run: {ran.stderr[-500:]}")


def _cases(report: Path) -> defaultdict[str, set[bool]]:
    found: defaultdict[str, set[bool]] = defaultdict(set)
    for case in ElementTree.parse(report).iter("testcase"):
        found[case.get("classname", "")].add(len(case) == 0 or all(one.tag == "properties" for one in case))
    return found


def _module(root: Path, file: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts)
