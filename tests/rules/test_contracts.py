"""Every import contract can fail: a copy of the service with one planted offence each breaks them all."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.rules.sources import ROOT

PLANTED = {
    "access/planted.py": "import service.journal.entries",
    "journal/planted.py": "import sqlalchemy",
    "ehr/planted.py": "from fhir.resources.R4B import patient",
    "r4/planted.py": "import httpx2",
    "workflow/planted.py": "import flask",
    "smart/planted.py": "import sqlalchemy",
    "web/planted.py": "import service.store.writer",
    "summary/planted.py": "import service.r4",
    "store/planted.py": "import service.settings",
    "sandbox/planted.py": "import service.paths",
    "web/planted_too.py": "import service.sandbox",
}


def contracts(folder: Path) -> dict[str, str]:
    """KEPT or BROKEN for each contract of the service in this folder."""
    enter = "from importlinter.cli import lint_imports; lint_imports(no_cache=True)"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    asked = [sys.executable, "-c", enter]
    ran = subprocess.run(asked, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)$", ran.stdout, re.MULTILINE)) or {
        "said": ran.stdout + ran.stderr
    }


def copy_of_the_service(folder: Path) -> Path:
    shutil.copytree(
        ROOT / "service", folder / "service", ignore=shutil.ignore_patterns("__pycache__", "static")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def names() -> set[str]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {contract["name"] for contract in config["tool"]["importlinter"]["contracts"]}


def test_every_contract_can_break(tmp_path: Path) -> None:
    copy = copy_of_the_service(tmp_path)
    for path, offence in PLANTED.items():
        (copy / "service" / path).write_text(offence + "\n", "utf-8")
    assert contracts(copy) == dict.fromkeys(names(), "BROKEN")


def test_a_room_nobody_planned_breaks_the_storeys(tmp_path: Path) -> None:
    copy = copy_of_the_service(tmp_path)
    (copy / "service" / "attic").mkdir()
    (copy / "service" / "attic" / "__init__.py").touch()
    broken = {name for name, state in contracts(copy).items() if state != "KEPT"}
    assert broken == {"the storeys of the house: each asks only those below"}
