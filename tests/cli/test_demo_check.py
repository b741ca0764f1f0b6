"""`demo-check` tells the truth: whole figures when all is well, and an error when anything is missing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from service import paths
from service.cli import commands, demo_check
from service.settings import PREFIX

ROOT = Path(paths.definitions()).parent


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_one_infusion_is_walked_and_counted() -> None:
    result = CliRunner().invoke(commands, ["demo-check", "--infusions", "1"])

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "questionnaires": 6,
        "prompts": 30,
        "responses": 1,
        "linked": 1,
        "documents": 1,
        "duplicates": 0,
        "audit_verified": True,
    }


def test_where_nothing_is_filed_the_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_check, "FILED_WITHIN", 1.5)

    result = CliRunner().invoke(commands, ["demo-check", "--infusions", "1", "--no-filing"])

    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["responses"], found["documents"], found["linked"]) == (1, 0, 0)


def test_where_one_prompt_is_missing_the_check_fails(tmp_path: Path) -> None:
    """A copy of the project, with one question taken out of what is published."""
    for part in ("service", "fhir", "templates"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "fhir" / "Questionnaire" / "after-infusion-6.json"
    value = json.loads(file.read_text())
    value["item"] = [item for item in value["item"] if item["linkId"] != "ai6.5"]
    file.write_text(json.dumps(value))
    command = [sys.executable, "-m", "service.cli", "demo-check", "--infusions", "1"]

    run = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert run.returncode == 1
    assert json.loads(run.stdout)["prompts"] == 29
