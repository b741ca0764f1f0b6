"""The response itself, filed beside its document where the record system takes it: one for an entry (rule 20)."""

from dataclasses import replace

import httpx2
import pytest

from service.ehr.outcome import Rung
from service.journal.entries import FilingKind, FilingState
from service.store import entries
from service.workflow.filings_by_command import try_again
from service.workflow.relink_entry import relink_entry
from tests.web.changing import answered, made, put, writer
from tests.workflow.contexts import as_patient
from tests.workflow.filing import after, answer, documents, fails, keep_rules, on_any_rung, owed, sent, told
from tests.workflow.responses import TakesResponses, response_of, summary_of
from tests.world import CLINIC, World

ANY_RUNG = pytest.mark.parametrize("rung", [Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH])


def filing_both(world: World, records: TakesResponses, rung: Rung = Rung.CONDITIONAL) -> None:
    keep_rules(on_any_rung(world), response=True, rung=rung)
    world.net.meddler = records


def waited_for(world: World, minutes: float = 20, times: int = 3) -> None:
    for _ in range(times):
        world.deliver()
        world.clock.pass_time(minutes=minutes)


@ANY_RUNG
def test_response_and_document_are_filed_and_the_document_names_the_response(
    world: World, rung: Rung
) -> None:
    filing_both(world, records := TakesResponses(), rung)
    sent(world)
    world.deliver()

    ((id_, kept),) = records.kept.items()
    assert kept["status"] == "completed"
    assert response_of(world).state is summary_of(world).state is FilingState.FILED
    assert response_of(world).document_id == id_
    assert documents(world)[0]["context"]["related"] == [{"reference": f"QuestionnaireResponse/{id_}"}]


@ANY_RUNG
@pytest.mark.parametrize(
    "spoil",
    [
        told(503),
        after(told(503)),
        after(told(200)),
        fails(httpx2.ConnectError),
        after(fails(httpx2.ReadTimeout)),
    ],
)
def test_whatever_befalls_it_there_is_one_response_in_the_end(
    world: World, rung: Rung, spoil: object
) -> None:
    filing_both(world, records := TakesResponses(spoil, 2), rung)  # type: ignore[arg-type]
    sent(world)
    waited_for(world)

    assert len(records.kept) == 1
    assert response_of(world).state is FilingState.FILED
    assert len(documents(world)) == 1


@pytest.mark.parametrize("status", [400, 403, 422, 500])
def test_a_response_that_is_not_taken_never_holds_up_the_document(world: World, status: int) -> None:
    filing_both(world, TakesResponses(told(status), 99))
    sent(world)
    world.deliver()

    assert summary_of(world).state is FilingState.FILED
    assert response_of(world).state is not FilingState.FILED
    assert "related" not in documents(world)[0]["context"]


@ANY_RUNG
def test_a_later_version_updates_the_response_there(world: World, rung: Rung) -> None:
    filing_both(world, records := TakesResponses(), rung)
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    put(app, answered(body, "other words") | {"status": "amended"}, tag)
    world.deliver()

    ((_, kept),) = records.kept.items()
    assert (kept["status"], kept["meta"]["versionId"]) == ("amended", "2")
    assert [one.rpartition(" ")[2] for one in records.ledger] == ["completed", "amended"]


@ANY_RUNG
def test_an_entry_that_was_moved_takes_its_response_along(world: World, rung: Rung) -> None:
    """Not a word of it changed: only the infusion that it is about (rule 11)."""
    filing_both(world, records := TakesResponses(), rung)
    made(world, writer(world), "completed", encounter="six-done-1")
    world.deliver()
    before = entries.whole(world.desk.store, CLINIC, response_of(world).entry_id)
    assert before is not None
    there = replace(before.link, encounter_id="six-done-2", evidence=("six-done-2",))
    relink_entry(world.desk, as_patient(before.patient_id), before, there)
    world.deliver()

    ((_, kept),) = records.kept.items()
    assert (kept["encounter"], kept["meta"]["versionId"]) == ({"reference": "Encounter/six-done-2"}, "2")
    assert response_of(world).state is FilingState.FILED


@pytest.mark.parametrize("rung", [Rung.SEARCH, Rung.NONE])
def test_what_we_know_to_stand_there_is_changed_though_no_search_finds_it(world: World, rung: Rung) -> None:
    """Its searches lag behind (F25), or there are none: an entry has one response all the same (rule 20)."""
    filing_both(world, records := TakesResponses(), rung)
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    put(app, answered(body, "other words") | {"status": "amended"}, tag)
    world.net.meddler = lambda request, carry: (
        answer(
            200, b'{"resourceType":"Bundle","type":"searchset"}', **{"content-type": "application/fhir+json"}
        )
        if request.method == "GET" and "identifier" in request.url.params
        else records(request, carry)
    )
    world.deliver()

    ((_, kept),) = records.kept.items()
    assert (kept["status"], kept["meta"]["versionId"]) == ("amended", "2")


def test_an_update_that_somebody_else_overtook_rests_on_what_is_read_anew(world: World) -> None:
    filing_both(world, records := TakesResponses())
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    put(app, answered(body, "other words") | {"status": "amended"}, tag)
    records.spoil, records.left = told(412), 1
    waited_for(world)

    ((_, kept),) = records.kept.items()
    assert kept["status"] == "amended"
    assert response_of(world).state is FilingState.FILED


def test_entered_in_error_strikes_the_response_too(world: World) -> None:
    filing_both(world, records := TakesResponses())
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    put(app, body | {"status": "entered-in-error"}, tag)
    world.deliver()

    ((_, kept),) = records.kept.items()
    assert kept["status"] == documents(world)[0]["status"] == "entered-in-error"
    assert [one.state for one in owed(world) if one.kind is FilingKind.STRIKE] == [FilingState.FILED]


def test_on_the_last_rung_an_unknown_end_is_for_a_person_and_never_sent_twice(world: World) -> None:
    filing_both(world, records := TakesResponses(after(told(503)), 1), Rung.NONE)
    sent(world)
    waited_for(world, times=5)

    assert (response_of(world).state, response_of(world).reason) == (FilingState.PARKED, "unknown-outcome")
    assert len(records.ledger) == 1
    assert summary_of(world).state is FilingState.FILED

    try_again(world.desk, CLINIC, response_of(world).id)
    world.deliver()
    assert response_of(world).state is FilingState.FILED


def test_where_responses_are_not_taken_none_is_owed(world: World) -> None:
    sent(world)
    assert [one.kind for one in owed(world)] == [FilingKind.SUMMARY]
