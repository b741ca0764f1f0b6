"""Access, refresh and identity tokens stay on the server and sealed: no cookie, address, page, log line or plain byte
of the database holds one. [SMART App Launch 2.2, app-launch, App protection; that they are sealed is ours]
"""

from typing import Any

import pytest

from tests.conformance.smart.launching import token_answers
from tests.people import patient
from tests.world import World

NAMES = ("access_token", "refresh_token", "id_token")


def test_no_token_leaves_the_sealed_store(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def note(said: dict[str, Any]) -> dict[str, Any]:
        seen.extend(str(said[name]) for name in NAMES)
        return said

    world.net.meddler = token_answers(note)
    ada = patient(world)
    shown = " ".join((ada.home.text, ada.home.url, *(one.value or "" for one in ada.browser.jar)))
    printed = capfd.readouterr()
    kept = b"".join(one.read_bytes() for one in world.folder.glob("journal.sqlite*"))

    assert len(seen) == len(NAMES)
    assert ada.handle.encode() in kept
    for token in seen:
        assert token not in shown + printed.out + printed.err
        assert token.encode() not in kept
