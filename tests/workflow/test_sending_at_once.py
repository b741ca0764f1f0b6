"""Two sendings under one identifier at the same moment: who was second is told so, unless it is the same (rule 13)."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from service.store.deeds import Deed, SaveEntryVersion
from service.store.writer import Writer
from tests.factories import response
from tests.people import App, app_of
from tests.world import World

QR = "QuestionnaireResponse"
FIRST, OTHER = {"ai1.1": "what came first"}, {"ai1.1": "other words"}


def both(world: World, monkeypatch: pytest.MonkeyPatch, words: dict[str, str]) -> tuple[App, httpx2.Response]:
    """The first words arrive between the judgement of a second response and its deed; the answer to the second."""
    app = app_of(world)
    app.get(QR)
    name = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"}
    perform, first = Writer.perform, response(world, words=FIRST, identifier=name)

    def late(self: Writer, deed: Deed) -> Any:
        if not any(isinstance(change, SaveEntryVersion) for change in deed.changes):
            return perform(self, deed)
        monkeypatch.setattr(Writer, "perform", perform)
        assert app.post(QR, first).status_code == 201
        return perform(self, deed)

    monkeypatch.setattr(Writer, "perform", late)
    return app, app.post(QR, first if words == FIRST else response(world, words=words, identifier=name))


def kept(app: App) -> list[str]:
    return [
        answer["valueString"]
        for entry in app.get(QR).json()["entry"]
        for item in entry["resource"]["item"]
        for answer in item.get("answer", [])
    ]


def test_other_words_that_were_not_kept_are_not_said_to_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, second = both(world, monkeypatch, OTHER)

    assert second.status_code == 409, second.text
    assert kept(app) == ["what came first"]


def test_the_same_words_twice_are_one_entry_and_both_are_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, second = both(world, monkeypatch, FIRST)

    assert second.status_code == 201, second.text
    assert kept(app) == ["what came first"]
