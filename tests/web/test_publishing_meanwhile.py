"""A new edition of every set is published while drafts are open: what was begun is finished as begun (fault F56)."""

import json
from pathlib import Path

import pytest

from service import paths
from service import wiring as wires
from service.summary.rendering import RenderingChild
from tests.people import app_of, patient
from tests.web.fhir_answers import QR
from tests.world import World, copy_world, start

EDITION = "3.0.0"
BEGUN = tuple(f"six-done-{number}" for number in range(1, 6))
LATER = "six-done-6"


def published() -> dict[str, bytes]:
    """Every set of today, and beside it an edition with other words under the same linkIds."""
    folder = paths.definitions() / "Questionnaire"
    files = {file.name: file.read_bytes() for file in sorted(folder.rglob("*.json"))}
    editions = {}
    for file in sorted(folder.glob("*.json")):
        edition = json.loads(file.read_bytes())
        edition |= {"id": f"{edition['id']}-3", "version": EDITION}
        for item in (one for one in edition["item"] if one["type"] == "text"):
            item["text"] = f"In other words: {item['text']}"
        editions[f"{edition['id']}.json"] = json.dumps(edition).encode()
    return files | editions


def test_who_had_begun_finishes_the_edition_begun_and_the_next_one_begins_the_new(
    tmp_path: Path, template: Path, rendering_child: RenderingChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_world(template, tmp_path / "world")
    with (old := start(tmp_path / "world", rendering_child, monkeypatch)).closing:
        ada = patient(old)
        keys = {one: ada.begin(one) for one in BEGUN}
        for number, key in enumerate(keys.values(), start=1):
            if number % 2:
                assert ada.type(key, 1, {f"ai{number}.1": "before"}).status_code == 200
        ada.post(f"entry/{keys[BEGUN[2]]}/stop")
    monkeypatch.setattr(wires, "_questionnaires", published)
    with (new := start(tmp_path / "world", rendering_child, monkeypatch)).closing:
        assert _finished(new, keys) == dict.fromkeys(keys.values(), "1.0.0")
        assert _finished(new, {LATER: patient(new).begin(LATER)}).popitem()[1] == EDITION


def _finished(world: World, keys: dict[str, str]) -> dict[str, str]:
    """The version that each response names, once its patient has written and sent it; its words are that version's."""
    ada, named = patient(world), {}
    for infusion, key in keys.items():
        number = infusion[-1]
        page = ada.get(f"entry/{key}/all").text
        revision = page.partition('name="revision" value="')[2].partition('"')[0]
        saved = ada.type(key, int(revision), {f"ai{number}.2": "after"})
        assert ada.send(key, saved.json()["revision"]).status_code == 303
        (sent,) = [
            one["resource"]
            for one in app_of(world).get(QR).json()["entry"]
            if one["resource"]["id"] == world.desk.entry_id("maple-grove", key)
        ]
        named[key] = sent["questionnaire"].rpartition("|")[2]
        assert ("In other words: " in page) == (named[key] == EDITION)
        asked = [item["text"] for item in sent["item"] if "answer" in item]
        assert {text.startswith("In other words: ") for text in asked} == {named[key] == EDITION}
    return named
