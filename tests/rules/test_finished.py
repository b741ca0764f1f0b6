"""What stands here is finished: no notes to oneself, nothing that isn't implemented, no test that only looks run."""

import re

from tests.rules.sources import python_files, text_files

# Each word is written in two halves, or this file would be its own first finding.
UNFINISHED = re.compile(r"\bTO" + r"DO\b|\bFIX" + r"ME\b|\bXX" + r"X\b|NotImplemented" + "Error")
NOT_REALLY_RUN = re.compile(r"pytest\.sk" + r"ip|mark\.sk" + r"ip|xf" + r"ail\(|pragma: no" + " cover")

# Their words are somebody else's.
FOREIGN = ("LICENSE", "service/web/static/vendor/", "service/summary/fonts/", "requirements/")


def findings(path: str, text: str, pattern: re.Pattern[str]) -> list[str]:
    if path.startswith(FOREIGN):
        return []
    lines = enumerate(text.splitlines(), 1)
    return [f"{path}:{number} {line.strip()}" for number, line in lines if pattern.search(line)]


def test_nothing_is_unfinished() -> None:
    assert [found for path, text in text_files().items() for found in findings(path, text, UNFINISHED)] == []


def test_every_test_is_really_run() -> None:
    files = python_files("tests") | python_files("service")
    assert [found for path, text in files.items() for found in findings(path, text, NOT_REALLY_RUN)] == []


def test_these_rules_can_fail() -> None:
    assert findings("service/x.py", "# TO" + "DO later", UNFINISHED)
    assert findings("service/x.py", "raise NotImplemented" + "Error", UNFINISHED)
    assert findings("tests/test_x.py", "@pytest.mark.sk" + "ip", NOT_REALLY_RUN)
    assert not findings("docs/x.md", "the person's to-do list", UNFINISHED)
