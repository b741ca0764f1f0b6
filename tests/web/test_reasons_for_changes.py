"""A patient says why they changed what they had sent: kept with the version and told where it is told (rule 17)."""

import pytest

from service.journal.entries import EntryVersion
from service.journal.rulings import Reason
from service.store import entries
from tests.front_desk import FrontDesk
from tests.people import Patient, app_of, clinician, patient
from tests.web.changing import SCOPE, answered, put
from tests.workflow.contexts import as_patient
from tests.workflow.deciding import id_of, move, pdf_text, text_of
from tests.workflow.remembered import log
from tests.world import World

NAME = "patient-six-done"
FIRST, LATER, MINE = "the first words", "the later words", "for me alone"
WHY = "I mixed up the days & said <Monday>"
AS_HTML = "I mixed up the days &amp; said &lt;Monday&gt;"
QR = "QuestionnaireResponse"


def changed(world: World, why: str = WHY, private: tuple[str, ...] = ()) -> tuple[Patient, str]:
    """Sent, in the record, then changed for this reason."""
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": FIRST})
    world.deliver()
    ada.post(f"entry/{key}/change")
    assert ada.type(key, 1, {"ai1.1": LATER}, private).status_code == 200
    assert ada.post(f"entry/{key}/send", revision="2", because=why).status_code == 303
    return ada, key


def newest(world: World, key: str) -> EntryVersion:
    found = entries.by_key(world.desk.store, as_patient(), key)
    assert found is not None
    return found


def test_the_reason_stands_beside_the_version_wherever_that_is_read(world: World) -> None:
    ada, key = changed(world)
    world.deliver()

    assert newest(world, key).because == WHY
    assert AS_HTML in ada.get(f"entry/{key}/receipt").text
    assert WHY in pdf_text(ada.get(f"entry/{key}/copy.pdf").content)
    chart = clinician(world).get(f"entry/{id_of(world, key)}").text
    assert "Why it changed" in chart
    assert AS_HTML in chart
    first, second = FrontDesk(world).documents(NAME)
    assert "Why it changed" not in text_of(first)
    assert f"Why it changed {WHY}" in text_of(second)
    told = app_of(world, scope="patient/*.rs").get(
        f"Provenance/{world.desk.provenance_id(id_of(world, key), 2)}"
    )
    assert told.json()["reason"] == [{"text": WHY}]


def test_nothing_of_it_stands_in_the_log_or_in_the_response(world: World) -> None:
    _, key = changed(world)
    world.deliver()
    assert WHY not in str(log(world))
    assert WHY not in newest(world, key).shared.decode()


def test_it_is_asked_for_where_something_is_changed_and_shared(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": FIRST})
    assert 'name="because"' not in ada.get(f"entry/{key}/check").text
    ada.post(f"entry/{key}/send", revision="2", because=WHY)
    assert newest(world, key).because is None
    ada.post(f"entry/{key}/change")
    assert 'name="because"' in ada.get(f"entry/{key}/check").text
    ada.type(key, 1, {"ai1.1": FIRST}, private=("ai1.1",))
    assert 'name="because"' not in ada.get(f"entry/{key}/check").text


def test_what_is_kept_to_oneself_is_told_with_no_reason(world: World) -> None:
    _, key = changed(world, private=("ai1.1",))
    assert newest(world, key).because is None
    assert AS_HTML not in clinician(world).get(f"entry/{id_of(world, key)}").text


@pytest.mark.parametrize(("typed", "kept"), [("", None), (" \r\n ", None), (" two\r\nlines ", "two lines")])
def test_it_is_one_line_and_may_be_empty(world: World, typed: str, kept: str | None) -> None:
    _, key = changed(world, typed)
    assert newest(world, key).because == kept


def test_a_reason_that_is_too_long_changes_nothing(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": FIRST})
    ada.post(f"entry/{key}/change")
    ada.type(key, 1, {"ai1.1": LATER})
    assert ada.post(f"entry/{key}/send", revision="2", because="x" * 301).status_code == 422
    assert newest(world, key).version == 1
    assert ada.post(f"entry/{key}/send", revision="2", because="x" * 300).status_code == 303


def test_a_reason_is_not_lost_to_a_second_window(world: World) -> None:
    """What was saved elsewhere since is shown first; the reason stands in its field again."""
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": FIRST})
    ada.post(f"entry/{key}/change")
    ada.type(key, 1, {"ai1.1": LATER})
    shown = ada.post(f"entry/{key}/send", revision="1", because=WHY)
    assert shown.status_code == 412
    assert AS_HTML in shown.text


def test_it_goes_along_where_the_entry_is_moved_and_is_no_reason_of_the_move(world: World) -> None:
    _, key = changed(world)
    move(world, NAME, key, "six-done-2", Reason.WRONG_VISIT)
    world.deliver()
    assert newest(world, key).because == WHY
    assert WHY in text_of(FrontDesk(world).documents(NAME)[-1])
    name = world.desk.provenance_id(id_of(world, key), 3)
    (reason,) = app_of(world, scope="patient/*.rs").get(f"Provenance/{name}").json()["reason"]
    assert "text" not in reason


def test_what_an_app_changes_later_has_no_reason_of_the_one_before(world: World) -> None:
    _, key = changed(world)
    app = app_of(world, NAME, scope=SCOPE)
    read = app.get(f"{QR}/{id_of(world, key)}")
    assert put(app, answered(read.json(), "by an app"), read.headers["etag"]).status_code == 200
    assert (newest(world, key).version, newest(world, key).because) == (3, None)


def test_a_mistake_that_is_marked_later_has_none(world: World) -> None:
    ada, key = changed(world)
    ada.post(f"entry/{key}/mistake")
    assert newest(world, key).because is None
