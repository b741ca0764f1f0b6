"""Every library the project names has its row in docs/dependencies.md with the same range, and no row is left over."""

import re
import tomllib

from tests.rules.sources import ROOT

ROW = re.compile(r"^\|[^|]+\| ([\w.\[\]-]+) \| `([^`]+)` \| (\S[^|]*) \|", re.MULTILINE)


def named(project: str) -> set[str]:
    """Every requirement of pyproject.toml, as it stands there."""
    config = tomllib.loads(project)
    lists = [config["project"]["dependencies"], *config["project"].get("optional-dependencies", {}).values()]
    lists += config.get("dependency-groups", {}).values()
    return {requirement for one in lists for requirement in one}


def explained(page: str) -> set[str]:
    return {library + bounds for library, bounds, _ in ROW.findall(page)}


def test_every_library_is_explained() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    assert explained(page) == named(project)


def test_this_rule_can_fail() -> None:
    project = '[project]\ndependencies = ["Flask>=3"]\n[dependency-groups]\ntest = ["pytest>=9"]\n'
    assert named(project) == {"Flask>=3", "pytest>=9"}
    assert explained("| web | Flask | `>=2` | BSD | |\n| a | b | no range | MIT | |\n") == {"Flask>=2"}
