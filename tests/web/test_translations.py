"""Spanish prompts are ours, and off until the clinic approves them (product rules 4, 5; SDC V1, V12)."""

import json

import pytest

from service import paths
from tests.factories import response
from tests.people import App, app_of
from tests.web.fhir_answers import QR, Value, issues
from tests.world import CLINIC, OTHER, World, WorldWith

APPROVED = f'[clinic.{CLINIC}.prompts]\ntranslations = ["es"]'
EDITION = "after-infusion-1-es"


def edition() -> Value:
    """The first set as it stands with Spanish beside its English."""
    value: Value = json.loads((paths.definitions() / f"Questionnaire/es/{EDITION}.json").read_bytes())
    return value


def spanish(item: Value) -> str:
    words: str = item["_text"]["extension"][0]["extension"][1]["valueString"]
    return words


def answered_in_spanish(world: World, text: str | None = None) -> Value:
    """A response to the first set by an app that showed it in Spanish."""
    asked = edition()
    prompt = asked["item"][2]
    item = {
        "linkId": prompt["linkId"],
        "text": text or spanish(prompt),
        "answer": [{"valueString": "Quería paz."}],
    }
    canonical = f"{asked['url']}|{asked['version']}"
    return response(world, questionnaire=canonical, language="es", item=[item])


def versions(app: App) -> set[str]:
    return {one["resource"]["version"] for one in app.get("Questionnaire").json()["entry"]}


def test_without_approval_it_is_nowhere(world: World) -> None:
    """Neither listed nor read nor begun nor answered, nor in the Bundle of the series."""
    app = app_of(world)
    assert versions(app) == {"1.0.0"}
    assert app.get(f"Questionnaire/{EDITION}").status_code == 404
    assert "1.1.0" not in app.get("Bundle/prompt-sets").text
    refused = app.post(QR, answered_in_spanish(world))
    assert (refused.status_code, issues(refused)) == (422, ["business-rule"])


def test_an_approved_edition_is_read_byte_for_byte_beside_the_plain_one(world_with: WorldWith) -> None:
    app = App(world_with(APPROVED))
    assert versions(app) == {"1.0.0", "1.1.0"}
    raw = (paths.definitions() / f"Questionnaire/es/{EDITION}.json").read_bytes()
    assert app.get(f"Questionnaire/{EDITION}").content == raw
    series = app.get("Bundle/prompt-sets").json()
    assert {one["resource"]["version"] for one in series["entry"]} == {"1.1.0"}


@pytest.mark.parametrize("words", ["spanish", "english"])
def test_a_response_keeps_the_words_it_was_asked_in(world_with: WorldWith, words: str) -> None:
    """V12: either wording of the pinned version is right, and what was shown stays with the answer (rule 4)."""
    world = world_with(APPROVED)
    shown = edition()["item"][2]["text"] if words == "english" else None
    sent = answered_in_spanish(world, shown)

    made = app_of(world).post(QR, sent)

    assert made.status_code == 201
    kept = app_of(world).get(f"{QR}/{made.json()['id']}").json()
    assert kept["item"][0]["text"] == sent["item"][0]["text"]
    assert kept["language"] == "es"


def test_other_words_are_refused_in_any_language(world_with: WorldWith) -> None:
    world = world_with(APPROVED)
    refused = app_of(world).post(QR, answered_in_spanish(world, "¿Cómo se siente hoy?"))
    assert (refused.status_code, issues(refused)) == (422, ["value"])


def test_one_clinics_approval_is_no_others(world_with: WorldWith) -> None:
    world = world_with(APPROVED)
    elsewhere = App(world, clinic=OTHER)
    assert versions(elsewhere) == {"1.0.0"}


def test_the_next_set_written_on_our_pages_is_the_approved_edition(world_with: WorldWith) -> None:
    """The pages show the English words, which are the clinic's own, and pin the version that is now the newest."""
    world = world_with(APPROVED)
    newest = world.desk.clinic(CLINIC).library.for_ordinal(2)
    assert newest is not None
    assert (newest.version, newest.language) == ("1.1.0", "en")
