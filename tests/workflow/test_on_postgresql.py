"""The same small world on PostgreSQL, where other processes could write too: what matters there once more."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from service.journal.entries import FilingState
from service.journal.problems import ChangedElsewhere
from service.store import drafts, entries, filings, serving_role
from service.workflow.audit_by_command import verify_clinic
from service.workflow.begin_entry import begin_entry
from service.workflow.deliver_entry import deliver_next
from service.workflow.save_draft import Answer, save_draft
from service.workflow.submit_entry import submit_entry
from tests.factories import keyed, response
from tests.people import app_of, backend_app, clinician, officer, patient
from tests.workflow.contexts import as_patient
from tests.world import CLINIC, World

pytestmark = pytest.mark.postgres
QR = "QuestionnaireResponse"


@pytest.fixture
def world(world_on_postgresql: World) -> World:
    return world_on_postgresql


def test_the_second_wall_stands_before_this_world(world: World) -> None:
    assert serving_role.weaknesses(world.desk.store) == []


def test_from_the_launch_to_the_filed_summary(world: World) -> None:
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": "sea 🌊", "ai1.2": "planted-secret"}, private=("ai1.2",))

    assert world.deliver() == 1

    assert 'data-state="filed"' in ada.get(f"entry/{key}/receipt").text
    page = clinician(world).home.text
    assert "sea 🌊" in page
    assert "planted-secret" not in page
    assert "The log is whole" in officer(world).post("verify").text
    assert app_of(world).get(f"{QR}?encounter=six-done-1").json()["entry"]
    assert not (world.folder / "journal.sqlite").exists()


def test_what_cannot_even_be_asked_of_this_database_is_no_fault_of_ours(world: World) -> None:
    """It refuses NUL in any text, and half a character pair."""
    ada, app = patient(world), app_of(world)
    key = ada.begin("six-done-1")

    assert ada.get("entry/a%00b/receipt").status_code == 404
    assert app.get(f"{QR}?_id=%00").status_code == 400
    assert app.get(f"{QR}/%00").status_code == 404
    assert app.get(f"{QR}?after=MDAwMS0wMS0wMVQwMDowMDowMC4wMDAwMDArMDA6MDAgAA==").status_code == 400
    assert ada.post(f"entry/{key}/prompt/1", revision="1", text="a\x00b", go="next").status_code == 303
    assert ada.post("begin", key=str(uuid4()), encounter="\x00").status_code == 404
    assert officer(world).get("?after=999999999999999").status_code == 200


def test_many_at_once_begin_save_and_send_one(world: World) -> None:
    patient(world)

    with ThreadPoolExecutor(8) as pool:
        keys = {
            draft.key
            for draft in pool.map(
                lambda _: begin_entry(world.desk, as_patient(), str(uuid4()), "six-done-1"), range(16)
            )
        }
    (key,) = keys

    def save(number: int) -> bool:
        try:
            save_draft(world.desk, as_patient(), key, 1, [Answer("ai1.1", f"words {number}")])
        except ChangedElsewhere:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(save, range(16))).count(True) == 1
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda _: submit_entry(world.desk, as_patient(), key, 2), range(16)))

    assert len({receipt.entry.id for receipt in sent}) == 1
    assert drafts.drafts_of(world.desk.store, as_patient()) == []
    assert len(entries.newest_first(world.desk.store, as_patient())) == 1
    assert verify_clinic(world.desk, CLINIC).ok


def test_an_app_that_sends_the_same_twice_at_once_makes_one_entry(world: World) -> None:
    app, sent = app_of(world), response(world, identifier=keyed(str(uuid4())))
    app.get(QR)

    with ThreadPoolExecutor(8) as pool:
        answers = [one.status_code for one in pool.map(lambda _: app.post(QR, sent), range(12))]

    assert answers.count(201) >= 1
    assert set(answers) <= {201, 409, 412}
    assert len(backend_app(world).get(QR).json()["entry"]) == 1


def test_four_workers_file_each_entry_once(world: World) -> None:
    for number in range(1, 7):
        sent = response(world, number, encounter=f"six-done-{number}")
        assert app_of(world).post(QR, sent).status_code == 201

    def work(number: int) -> None:
        idle = 0
        while idle < 5:
            idle = 0 if deliver_next(world.desk, CLINIC, f"worker-{number}") else idle + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    world.deliver()

    names = [
        one["masterIdentifier"]["value"] for one in world.records().search("DocumentReference", []).resources
    ]
    assert len(names) == len(set(names)) == 6
    owed = filings.of_patient(world.desk.store, as_patient(), "patient-six-done")
    assert {filing.state for filing in owed} == {FilingState.FILED}
