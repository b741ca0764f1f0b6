"""What may never be committed: the address of a package registry, a path of one machine, a private key, a token."""

import re

import pytest

from tests.rules.sources import text_files

# Every pattern is put together here, so that this file doesn't contain what it looks for.
REGISTRY = re.compile(
    r"(pypi|files\.python"
    + r"hosted|registry\.np"
    + r"mjs|npm"
    + r"mirror|proxy\.go"
    + r"lang|conda\.ana"
    + r"conda)"
    r"\.(org|com|io)|--(extra-)?index" + r"-url|artifact" + r"ory|/simp" + r"le/?\b",
    re.IGNORECASE,
)
MACHINE = re.compile(r"(?<![\w.:/-])/(home|root|Users|work|mnt|workspace)" + r"/[\w.-]+")
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIV" + r"ATE KEY-----(\s|\\n|[\"'])*[A-Za-z0-9+/]{40}"
    r"|\beyJ[\w-]{12,}\.eyJ[\w-]{12,}\.[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}"
)

FOREIGN = ("LICENSE", "service/web/static/vendor/", "service/summary/fonts/")


def findings(path: str, text: str, pattern: re.Pattern[str]) -> list[str]:
    if path.startswith(FOREIGN):
        return []
    return [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1} {hit.group()[:60]}"
        for hit in pattern.finditer(text)
    ]


@pytest.mark.parametrize("pattern", [REGISTRY, MACHINE, SECRET], ids=["registry", "machine", "secret"])
def test_it_is_nowhere_in_the_house(pattern: re.Pattern[str]) -> None:
    assert [found for path, text in text_files().items() for found in findings(path, text, pattern)] == []


@pytest.mark.parametrize(
    ("pattern", "planted"),
    [
        (REGISTRY, "https://py" + "pi.org/sim" + "ple"),
        (REGISTRY, "--index" + "-url https://mirror.example"),
        (MACHINE, "open('/ho" + "me/somebody/journal')"),
        (MACHINE, "see /ro" + "ot/.config"),
        (SECRET, "-----BEGIN EC PRIV" + "ATE KEY-----\n" + "M" * 64),
        (SECRET, "ey" + "JhbGciOiJFUzI1NiJ9.ey" + "JzdWIiOiJzb21lb25lIn0." + "a" * 40),
    ],
)
def test_these_rules_can_fail(pattern: re.Pattern[str], planted: str) -> None:
    assert findings("docs/x.md", planted, pattern)


@pytest.mark.parametrize(
    "fine", ["/journal/home/", "https://ehr.example/root/fhir", "a/work/b", "a simple/plain one"]
)
def test_what_only_looks_alike_is_fine(fine: str) -> None:
    assert not findings("docs/x.md", fine, MACHINE)
    assert not findings("docs/x.md", fine, REGISTRY)
