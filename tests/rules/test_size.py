"""A file of the service has at most 400 lines: in a longer one there is a second noun to be found."""

from tests.rules.sources import python_files

MOST = 400


def too_long(files: dict[str, str]) -> list[str]:
    return [
        f"{path}: {len(text.splitlines())}" for path, text in files.items() if len(text.splitlines()) > MOST
    ]


def test_no_file_is_too_long() -> None:
    assert too_long(python_files()) == []


def test_this_rule_can_fail() -> None:
    assert too_long({"service/long.py": "x = 1\n" * (MOST + 1), "service/short.py": "x = 1\n" * MOST}) == [
        f"service/long.py: {MOST + 1}"
    ]
