"""A disk that fills up: nobody begins what could not be kept, what was begun is finished, and it is known in time."""

import re
from uuid import uuid4

from service.wiring import wire
from tests.factories import keyed, response
from tests.people import Browser, app_of, patient
from tests.web.changing import put
from tests.web.fhir_answers import QR
from tests.world import JOURNAL, World

_SENTENCE = "there is too little room left to keep it safe"


def full(world: World, *, is_full: bool = True) -> None:
    """From now on, or no longer, the disk has less free than the floor."""
    object.__setattr__(world.desk, "has_room", lambda: not is_full)


def test_nothing_new_is_begun_and_a_person_is_told_before_typing(world: World) -> None:
    ada = patient(world)
    set_url = re.findall(r'name="set" value="([^"]+)"', ada.get().text)[0]
    full(world)

    for answer in (
        ada.post("begin", key=str(uuid4()), encounter="six-done-1"),
        ada.post("begin-now", key=str(uuid4()), set=set_url),
    ):
        assert (answer.status_code, _SENTENCE in answer.text) == (503, True)


def test_what_was_begun_is_saved_and_sent(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    full(world)

    assert ada.type(key, 1, {"ai1.1": "the lake"}).status_code == 200
    assert ada.send(key, 2).status_code == 303
    world.deliver()
    assert "In your record" in ada.get().text


def test_an_app_may_come_again_and_finishes_what_it_began(world: World) -> None:
    app = app_of(world, scope="patient/QuestionnaireResponse.crus")
    begun = app.post(QR, response(world, status="in-progress", identifier=keyed(str(uuid4()))))
    full(world)

    for status in ("completed", "in-progress"):
        refused = app.post(QR, response(world, ordinal=2, encounter="six-done-2", status=status))
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (503, "transient")
        assert "retry-after" in refused.headers
    done = put(app, begun.json() | {"status": "completed"}, begun.headers["etag"])
    assert done.status_code == 200

    full(world, is_full=False)
    assert app.post(QR, response(world, ordinal=2, encounter="six-done-2")).status_code == 201


def test_nobody_begins_to_change_what_was_sent(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": "the lake"})
    full(world)
    assert ada.post(f"entry/{key}/change").status_code == 503


def test_it_is_known_to_who_watches(world: World) -> None:
    browser = Browser(world)
    assert browser.ask("GET", f"{JOURNAL}/health/room").status_code == 200
    full(world)
    assert browser.ask("GET", f"{JOURNAL}/health/room").status_code == 503
    assert browser.ask("GET", f"{JOURNAL}/health/ready").status_code == 200  # drafts are still to be saved


def test_the_floor_is_the_operators(world: World) -> None:
    """More than any disk has: the same parts, with another setting."""
    settings = world.wiring.settings
    for floor, has_room in ((0, True), (2**40, False)):
        wiring = wire(settings.model_copy(update={"free_space_floor_mib": floor}))
        assert wiring.desk.has_room() is has_room
        wiring.stop()
