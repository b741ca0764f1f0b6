"""F38: the database is put back to an older state while the record system, the apps and the auditors know more."""

from pathlib import Path

import pytest

from service.audit.checkpoint import verify as verify_note
from service.audit.verify import LogFault, What
from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from service.journal.numbers import AHEAD
from service.journal.problems import NotYours
from service.journal.reconciling import Difference, Line
from service.store import audit_trail, drafts
from service.store.generations import generation
from service.workflow.audit_by_command import sign_clinic, verify_clinic
from service.workflow.begin_generation import begin_generation
from service.workflow.reconcile import reconcile
from tests.people import app_of, patient
from tests.web.changing import SCOPE, answered, made, put, words_of, writer
from tests.web.fhir_answers import QR
from tests.workflow.contexts import as_patient
from tests.workflow.filing import documents, keep_rules, on_any_rung, owed, sent
from tests.workflow.responses import TakesResponses, response_of, summary_of
from tests.workflow.restoring import back_up, put_back
from tests.world import CLINIC, World


def unknown_here(world: World) -> list[Line]:
    return [one for one in reconcile(world.desk, CLINIC) if one.difference is Difference.UNKNOWN_HERE]


def version_of(etag: str) -> int:
    return int(etag.removeprefix('W/"').rstrip('"'))


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite"


def test_a_number_that_was_forgotten_is_not_given_out_again(world: World, backup: Path) -> None:
    """The words of version 2 are lost here; version 2 stays the name of those words for whoever read them."""
    app = writer(world)
    body, first = made(world, app, "completed", encounter="six-done-1")
    back_up(world, backup)
    lost = put(app, answered(body, "lost here") | {"status": "amended"}, first)
    world.deliver()
    put_back(world, backup)

    stale = put(app, answered(body, "over what was lost") | {"status": "amended"}, lost.headers["etag"])
    again = put(app, answered(body, "said again") | {"status": "amended"}, first)
    assert (stale.status_code, again.status_code) == (412, 200)
    assert version_of(lost.headers["etag"]) == 2
    assert version_of(again.headers["etag"]) == AHEAD + 2
    assert app.ask("GET", f"{QR}/{body['id']}/_history/2").status_code == 404


def test_both_texts_stand_in_the_record_and_the_forgotten_one_is_told(world: World, backup: Path) -> None:
    app = writer(world)
    body, first = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    back_up(world, backup)
    put(app, answered(body, "lost here") | {"status": "amended"}, first)
    world.deliver()
    (lost,) = [one["id"] for one in documents(world) if one["status"] == "current"]
    put_back(world, backup)
    assert [one.found for one in unknown_here(world)] == [(lost,)]

    put(app, answered(body, "said again") | {"status": "amended"}, first)
    world.deliver()
    assert len(documents(world)) == 3
    assert [one.found for one in unknown_here(world)] == [(lost,)]


def test_what_was_owed_then_and_filed_since_is_recognised(world: World, backup: Path) -> None:
    sent(world)
    back_up(world, backup)
    world.deliver()
    (filed,) = documents(world)
    put_back(world, backup)
    assert owed(world)[0].state is FilingState.DUE

    world.deliver()
    assert documents(world) == [filed]
    assert (owed(world)[0].state, owed(world)[0].document_id) == (FilingState.FILED, filed["id"])
    assert unknown_here(world) == []


def test_an_entry_that_is_forgotten_altogether_is_told_by_its_document(world: World, backup: Path) -> None:
    sent(world, 1)
    world.deliver()
    back_up(world, backup)
    sent(world, 2)
    world.deliver()
    lost = documents(world)[1]["id"]
    put_back(world, backup)
    assert [(one.entry_id, one.found) for one in unknown_here(world)] == [("", (lost,))]


def test_what_a_tab_sends_again_is_the_same_entry_under_another_number(world: World, backup: Path) -> None:
    back_up(world, backup)
    app = writer(world)
    lost, etag = made(world, app, "completed", encounter="six-done-1")
    put_back(world, backup)
    posted = {name: value for name, value in lost.items() if name not in ("id", "meta")}
    again = app.post(QR, posted)

    assert (again.status_code, again.json()["id"]) == (201, lost["id"])
    assert (version_of(etag), version_of(again.headers["etag"])) == (1, AHEAD + 1)
    (entry,) = app.ask("GET", f"{QR}/{lost['id']}/_history").json()["entry"]
    assert (entry["request"]["method"], entry["response"]["status"]) == ("POST", "201")


def test_a_version_names_the_one_that_it_follows(world: World, backup: Path) -> None:
    app = app_of(world, "patient-six-done", scope=f"{SCOPE} patient/Provenance.rs")
    body, first = made(world, app, "completed", encounter="six-done-1")
    put_back(world, back_up(world, backup))
    second = put(app, answered(body, "amended") | {"status": "amended"}, first)
    put(app, answered(second.json(), "once more") | {"status": "amended"}, second.headers["etag"])

    found = app.ask("GET", f"Provenance?target={QR}/{body['id']}").json()["entry"]
    followed = {
        one["resource"]["target"][0]["reference"].rpartition("/")[2]: [
            each["what"]["reference"].rpartition("/")[2] for each in one["resource"].get("entity", ())
        ]
        for one in found
    }
    assert followed == {"1": [], str(AHEAD + 2): ["1"], str(AHEAD + 3): [str(AHEAD + 2)]}


@pytest.mark.parametrize("rung", [Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH])
def test_a_newer_response_there_is_not_overwritten_by_what_was_owed_before(
    world: World, backup: Path, rung: Rung
) -> None:
    keep_rules(on_any_rung(world), response=True, rung=rung)
    world.net.meddler = records = TakesResponses()
    app = writer(world)
    body, first = made(world, app, "completed", encounter="six-done-1")
    back_up(world, backup)
    world.deliver()
    world.clock.pass_time(minutes=5)
    newer = answered(body, "known there alone") | {"status": "amended", "authored": world.clock().isoformat()}
    assert put(app, newer, first).status_code == 200
    world.deliver()
    put_back(world, backup)
    world.deliver()

    (kept,) = records.kept.values()
    assert words_of(kept)["ai1.1"] == "known there alone"
    assert response_of(world).state is FilingState.REFUSED
    assert summary_of(world).state is FilingState.FILED


def test_everybody_signs_in_anew_and_an_older_tab_is_told(world: World, backup: Path) -> None:
    """Who signed out behind the backup must not be signed in by it; no revision of a draft means two texts."""
    ada, context = patient(world), as_patient()
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "kept"})
    revision = drafts.drafts_of(world.desk.store, context)[0].revision
    put_back(world, back_up(world, backup))
    assert ada.get().status_code == 401

    (begun,) = drafts.drafts_of(world.desk.store, context)
    assert begun.revision == revision + AHEAD
    answers = patient(world).type(key, revision, {"ai1.1": "from an open tab"})
    assert answers.status_code == 412


def test_the_log_names_where_the_forgotten_records_began(world: World, backup: Path) -> None:
    sent(world, 1)
    kept = audit_trail.head(world.desk.store, CLINIC).size
    back_up(world, backup)
    sent(world, 2)
    note, key = sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)
    signed = verify_note(note, key)
    begun = put_back(world, backup)
    assert (begun.number, begun.records_kept) == (1, kept)
    assert verify_clinic(world.desk, CLINIC, signed).faults == (LogFault(What.CUT, kept),)

    while audit_trail.head(world.desk.store, CLINIC).size <= signed.size:
        sent(world, 3) if not owed(world)[1:] else list(reconcile(world.desk, CLINIC))
    assert verify_clinic(world.desk, CLINIC, signed).faults == (LogFault(What.NOT_AS_SIGNED, kept),)
    assert verify_clinic(world.desk, CLINIC).ok


def test_each_restore_begins_a_generation_of_its_own(world: World, backup: Path) -> None:
    back_up(world, backup)
    assert generation(world.desk.store, CLINIC) == 0
    assert put_back(world, backup).number == 1
    assert begin_generation(world.desk, CLINIC).number == 2
    assert generation(world.desk.store, CLINIC) == 2
    with pytest.raises(NotYours):
        begin_generation(world.desk, "nowhere")
