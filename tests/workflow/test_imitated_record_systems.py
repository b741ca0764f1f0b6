"""Filing where record systems differ: under its profile each holds a summary exactly once, or a person is told why not.

The judge is the record system's own ledger, reviewers' held documents counted among the others.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from service.cli.demo_clinic import PROFILES
from service.ehr.profile import profile_named
from service.journal.entries import Filing, FilingKind, FilingState
from service.sandbox.imitations import IMITATIONS, Imitation
from service.sandbox.records import review
from service.workflow.look_after_filings import look_after_filings
from tests.web.changing import answered, made, put, writer
from tests.workflow.filing import Trouble, after, by_profile, documents, fails, owed, sent, told, until_quiet
from tests.world import CLINIC, World, WorldWith

KINDS = sorted(IMITATIONS)
DIRECT = [kind for kind in KINDS if "reviewed" not in kind]
ON_D = ["epic", "oracle", "athenapractice"]
FORMS = {"epic": "text/plain", "athenapractice": "text/rtf"}

Imitated = Callable[..., World]


@pytest.fixture
def imitated(world_with: WorldWith) -> Imitated:
    """A world whose first clinic has this kind of record system, under the profile that suits it or another."""

    def make(kind: str | Imitation, profile: str = "", lines: str = "") -> World:
        chosen = profile or PROFILES[str(kind)]
        said = f'profile = "{chosen}"\n' if "rung" in lines else by_profile(chosen)
        world = world_with(f"[clinic.{CLINIC}.filing]\n{said}{lines}")
        habits = IMITATIONS[kind] if isinstance(kind, str) else kind
        world.sandboxes[CLINIC].imitation = habits
        return world

    return make


def summaries(world: World) -> list[Filing]:
    return [one for one in owed(world) if one.kind is FilingKind.SUMMARY]


def ledger(world: World) -> list[dict[str, Any]]:
    """Every document that ever came to stand there."""
    versions = [one.resource for one in world.records().ledger()]
    return [
        one
        for one in versions
        if one["resourceType"] == "DocumentReference" and one["meta"]["versionId"] == "1"
    ]


def attachment(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["content"][0]["attachment"]
    return found


def looked_after(world: World, days: int) -> None:
    for _ in range(days):
        world.clock.pass_time(hours=24)
        look_after_filings(world.desk, CLINIC)
        world.deliver()


@pytest.mark.parametrize("kind", DIRECT)
def test_under_its_profile_a_summary_is_filed_exactly_once(imitated: Imitated, kind: str) -> None:
    world = imitated(kind)
    sent(world)
    until_quiet(world)

    assert [one.state for one in summaries(world)] == [FilingState.FILED]
    (document,) = ledger(world)
    assert attachment(document)["contentType"].startswith(FORMS.get(kind, "application/pdf"))


@pytest.mark.parametrize("kind", DIRECT)
def test_the_response_stands_beside_it_where_the_record_system_takes_responses(
    imitated: Imitated, kind: str
) -> None:
    """Once, up to date after an amendment, and the documents say that they belong to it (rule 20)."""
    offers = profile_named(PROFILES[kind]).offers.creates
    takes_them = "QuestionnaireResponse" in offers
    world = imitated(kind, lines=f"response = {str(takes_them).lower()}")
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    until_quiet(world)
    put(app, answered(body, "other words") | {"status": "amended"}, tag)
    until_quiet(world)

    there = {one.resource["id"]: one.resource for one in world.records().ledger()}.values()
    responses = [one for one in there if one["resourceType"] == "QuestionnaireResponse"]
    assert {one.state for one in owed(world) if one.kind is FilingKind.RESPONSE} <= {FilingState.FILED}
    assert [(one["status"], "other words" in str(one["item"])) for one in responses] == (
        [("amended", True)] if takes_them else []
    )
    related = [one["context"].get("related") for one in documents(world)]
    named = [{"reference": f"QuestionnaireResponse/{one['id']}"} for one in responses]
    assert all(one == (named or None) for one in related)


@pytest.mark.parametrize("kind", [kind for kind in DIRECT if kind not in ON_D])
@pytest.mark.parametrize("spoil", [fails(httpx2.ReadTimeout), told(503)], ids=["no answer", "503"])
def test_an_answer_that_was_lost_makes_no_second_document(imitated: Imitated, kind: str, spoil: Any) -> None:
    """On rungs A and B whatever was not heard of is found or found out, also where searches lag behind."""
    world = imitated(kind)
    world.net.meddler = AtWrites(after(spoil))
    sent(world)
    until_quiet(world)

    assert [one.state for one in summaries(world)] == [FilingState.FILED]
    assert len(ledger(world)) == 1


@pytest.mark.parametrize("kind", ON_D)
def test_on_rung_d_a_lost_answer_is_found_by_its_bytes_or_waits_for_a_person(
    imitated: Imitated, kind: str
) -> None:
    world = imitated(kind)
    world.net.meddler = AtWrites(after(fails(httpx2.ReadTimeout)))
    sent(world)
    until_quiet(world)

    assert summaries(world)[0].state in (FilingState.FILED, FilingState.PARKED)
    assert len(ledger(world)) == 1


@pytest.mark.parametrize("kind", ON_D)
def test_on_rung_d_what_never_arrived_waits_for_a_person_and_is_not_sent_again(
    imitated: Imitated, kind: str
) -> None:
    world = imitated(kind)
    world.net.meddler = trouble = AtWrites(fails(httpx2.ReadTimeout))
    sent(world)
    until_quiet(world)

    assert summaries(world)[0].state is FilingState.PARKED
    assert (ledger(world), trouble.writes) == ([], 1)


@pytest.mark.parametrize("kind", ["us-core-reviewed", "us-core-reviewed-unseen"])
def test_what_a_reviewer_must_let_in_is_told_as_held_there(imitated: Imitated, kind: str) -> None:
    world = imitated(kind)
    sent(world)
    until_quiet(world)

    assert [one.state for one in summaries(world)] == [FilingState.HELD_THERE]
    (document,) = ledger(world)
    assert review.held(world.records(), "DocumentReference") == {document["id"]}


@pytest.mark.parametrize("kind", ["us-core-reviewed", "us-core-reviewed-unseen"])
def test_a_lost_answer_to_what_is_held_makes_no_second_one(imitated: Imitated, kind: str) -> None:
    """The conditional create sees what searches do not: rung B holds (W-15)."""
    world = imitated(kind)
    world.net.meddler = AtWrites(after(fails(httpx2.ReadTimeout)))
    sent(world)
    until_quiet(world)

    assert len(ledger(world)) == 1
    assert summaries(world)[0].state in (FilingState.HELD_THERE, FilingState.FILED)


@pytest.mark.parametrize("kind", ["us-core-reviewed", "us-core-reviewed-unseen"])
def test_once_let_in_it_is_told_as_filed(imitated: Imitated, kind: str) -> None:
    world = imitated(kind)
    sent(world)
    until_quiet(world)
    (document,) = ledger(world)
    review.let_in(world.records(), "DocumentReference", document["id"])
    looked_after(world, days=2)

    (filing,) = summaries(world)
    assert (filing.state, filing.document_id) == (FilingState.FILED, document["id"])
    assert len(ledger(world)) == 1


def test_what_a_reviewer_turned_away_is_shown_to_a_person_after_the_clinics_days(imitated: Imitated) -> None:
    world = imitated("us-core-reviewed", lines="held_days = 3\n")
    sent(world)
    until_quiet(world)
    review.turn_away(world.records(), "DocumentReference", ledger(world)[0]["id"])

    looked_after(world, days=2)
    assert summaries(world)[0].trouble is None
    looked_after(world, days=3)
    (filing,) = summaries(world)
    assert (filing.state, bool(filing.trouble)) == (FilingState.HELD_THERE, True)
    assert len(ledger(world)) == 1


@pytest.mark.parametrize("kind", DIRECT)
def test_days_later_it_is_found_as_it_was_filed(imitated: Imitated, kind: str) -> None:
    """By its identifier, or by its bytes where that was forgotten; nothing is amiss, and nothing is sent again."""
    world = imitated(kind)
    sent(world)
    until_quiet(world)
    looked_after(world, days=4)

    (filing,) = summaries(world)
    assert (filing.state, filing.trouble) == (FilingState.FILED, None)
    assert filing.looked_at is not None
    assert len(ledger(world)) == 1


def test_where_neither_search_nor_condition_sees_what_is_held_a_person_decides(imitated: Imitated) -> None:
    """W-15: such a clinic is on rung D; its file says so, and nothing is held there twice."""
    habits = replace(IMITATIONS["us-core-reviewed-unseen"], held_matched=False)
    world = imitated(habits, "us-core-9", 'rung = "D"\n')
    world.net.meddler = AtWrites(after(fails(httpx2.ReadTimeout)))
    sent(world)
    until_quiet(world)

    assert len(ledger(world)) == 1
    assert summaries(world)[0].state is FilingState.PARKED


@pytest.mark.parametrize("kind", DIRECT)
def test_an_amendment_is_a_second_document_that_says_what_it_replaces(imitated: Imitated, kind: str) -> None:
    world = imitated(kind)
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    until_quiet(world, days=0.1)
    assert put(app, answered(body, "Other words.") | {"status": "amended"}, tag).status_code == 200
    until_quiet(world, days=1)
    while world.deliver():
        world.clock.pass_time(minutes=10)

    assert [one.state for one in summaries(world)] == [FilingState.FILED] * 2
    first, second = ledger(world)
    replaces = [one["target"]["reference"] for one in second.get("relatesTo", [])]
    assert replaces == ([] if kind in ON_D else [f"DocumentReference/{first['id']}"])
    if kind == "epic":
        words = base64.b64decode(attachment(second)["data"]).decode()
        assert summaries(world)[0].version_identifier in words[:600]


def test_epics_notes_are_drafts_for_a_clinician_and_name_their_encounter(imitated: Imitated) -> None:
    world = imitated("epic")
    sent(world)
    world.deliver()

    (document,) = ledger(world)
    assert (document["docStatus"], document.get("author")) == ("preliminary", None)
    assert document["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]
    assert document["type"]["coding"][0]["code"] == "11506-3"


def test_oracles_documents_say_when_what_they_tell_of_ended(imitated: Imitated) -> None:
    world = imitated("oracle")
    sent(world)
    world.deliver()

    (document,) = ledger(world)
    assert "T" in document["context"]["period"]["end"]
    assert (document["docStatus"], document.get("author")) == ("final", None)


def test_where_the_infusion_has_no_end_the_time_of_writing_stands_for_it(imitated: Imitated) -> None:
    """What needs the period's end gets one also for an entry that belongs to no infusion yet."""
    world = imitated("oracle")
    app = writer(world)
    made(world, app, "completed", encounter=None)
    until_quiet(world)

    (document,) = ledger(world)
    assert document["context"]["period"] == {"end": document["date"]}


def test_athenas_documents_are_rtf_with_the_patient_as_author(imitated: Imitated) -> None:
    world = imitated("athenapractice")
    sent(world)
    world.deliver()

    (document,) = ledger(world)
    assert document["author"] == [{"reference": "Patient/patient-six-done"}]


def test_beyond_the_writes_of_a_minute_nothing_is_lost(imitated: Imitated) -> None:
    world = imitated(replace(IMITATIONS["medplum"], writes_per_minute=1), "medplum")
    for number in (1, 2, 3):
        sent(world, number)
    for _ in range(12):
        world.deliver()
        world.clock.pass_time(minutes=2)

    assert [one.state for one in summaries(world)] == [FilingState.FILED] * 3
    assert len(ledger(world)) == 3


def test_on_rung_c_a_lagging_search_is_waited_out(imitated: Imitated) -> None:
    habits = replace(IMITATIONS["hapi"], lag_seconds=90.0)
    world = imitated(habits, "hapi", 'rung = "C"\nquiet_window_minutes = 2\n')
    world.net.meddler = AtWrites(after(fails(httpx2.ReadTimeout)))
    sent(world)
    until_quiet(world)

    assert [one.state for one in summaries(world)] == [FilingState.FILED]
    assert len(ledger(world)) == 1


@pytest.mark.parametrize(("kind", "profile"), [("epic", "embedded"), ("athenapractice", "epic-like")])
def test_under_the_wrong_profile_nothing_is_filed_and_a_person_is_told(
    imitated: Imitated, kind: str, profile: str
) -> None:
    world = imitated(kind, profile)
    sent(world)
    until_quiet(world)

    (filing,) = summaries(world)
    assert (filing.state, ledger(world)) == (FilingState.REFUSED, [])
    assert filing.reason


@pytest.mark.parametrize("kind", ON_D)
def test_what_cannot_be_struck_there_waits_for_a_person(imitated: Imitated, kind: str) -> None:
    world = imitated(kind)
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    assert put(app, body | {"status": "entered-in-error"}, tag).status_code == 200
    world.deliver()

    (strike,) = [one for one in owed(world) if one.kind is FilingKind.STRIKE]
    assert strike.state is FilingState.REFUSED
    assert [one["status"] for one in documents(world)] == ["current"]


class AtWrites(Trouble):
    """Spoils the first write of a document, whether it is a create or an update at an id of ours."""

    def __call__(self, request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        if request.method == "PUT" and "/DocumentReference/" in request.url.path:
            request = httpx2.Request("POST", str(request.url).rpartition("/")[0])
        return super().__call__(request, carry)


def test_a_clinic_that_has_not_decided_files_as_on_d(world_with: WorldWith) -> None:
    """Rule 4: the profile expects B, and nothing is sent twice for its sake. The clinic's own line is what counts."""
    world = world_with(f'[clinic.{CLINIC}.filing]\nprofile = "embedded"\n')
    world.sandboxes[CLINIC].imitation = Imitation(
        conditional=False
    )  # the profile would be wrong about this one
    trouble = Trouble(fails(httpx2.ReadError))
    world.net.meddler = trouble
    sent(world)

    until_quiet(world)

    (filing,) = summaries(world)
    assert (filing.state, trouble.writes) == (FilingState.PARKED, 1)
    assert ledger(world) == []
