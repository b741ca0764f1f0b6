"""Every setting is explained in docs/settings.md, and nothing is explained there that isn't one."""

import re

from service.settings import PREFIX, Settings
from tests.rules.sources import ROOT

NAMED = re.compile(rf"{PREFIX}([A-Z][A-Z_]*)")


def settings() -> set[str]:
    return {name.upper() for name in Settings.model_fields}


def disagreements(known: set[str], text: str) -> tuple[set[str], set[str]]:
    """What the text does not name, and what it names that is none."""
    named = set(NAMED.findall(text))
    return known - named, named - known


def test_settings_and_their_page_agree() -> None:
    missing, unknown = disagreements(settings(), (ROOT / "docs" / "settings.md").read_text("utf-8"))
    assert (missing, unknown) == (set(), set())


def test_this_rule_can_fail() -> None:
    page = f"`{PREFIX}PUBLIC_URL` and `{PREFIX}PUBLIC_ULR`"
    assert disagreements({"PUBLIC_URL", "MODE"}, page) == ({"MODE"}, {"PUBLIC_ULR"})
