"""Until the next morning what was sent is its patient's alone: nobody else can tell it from an infusion that nothing
was written for yet (product rules 15 and 19)."""

import re

import pytest

from service.access.context import AccessContext, Role
from service.journal.assigned import AssignedStatus
from service.journal.entries import FilingState
from service.store import assigned, entries, filings
from service.workflow.filings_by_command import owed
from service.workflow.reconcile import reconcile
from tests.factories import response
from tests.people import App, Browser, app_of, backend_app, clinician, patient, staff_app
from tests.web.changing import answered, made, put, writer
from tests.web.probing import knock, probes
from tests.workflow.contexts import ORIGIN, as_patient
from tests.workflow.holding import MORNING, holding, until_morning
from tests.world import CLINIC, JOURNAL, World

__all__ = ["holding"]

WORDS = "the ceiling was a slow river"
EVERYTHING = " ".join(
    f"system/{kind}.rs"
    for kind in ("QuestionnaireResponse", "Task", "Provenance", "Encounter", "DocumentReference", "Binary")
)
# What differs from one asking to the next by its nature.
_FLEETING = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:[0-9.]+(Z|[+-]00:00)|\d\d:\d\d"
    r"|cursor=[^\"&]+|csrf[^>]*|v=[0-9a-f]+"
)


def written_in_part(world: World) -> tuple[str, int]:
    """A draft after the first infusion; its key and revision."""
    ada = patient(world)
    key = ada.begin("six-done-1")
    return key, ada.type(key, 1, {"ai1.1": WORDS, "ai1.2": "mine"}, ("ai1.2",)).json()["revision"]


def seen_by_others(world: World, entry_id: str) -> dict[str, tuple[int, str]]:
    """Every page and every read that a clinician, a client and an operator have, without what differs by its nature."""
    maren, registry = clinician(world), backend_app(world, scope=EVERYTHING)
    answers: dict[str, tuple[int, str]] = {}
    for probe in probes(world.app):
        if probe.method != "GET" or "AuditEvent" in probe.policy:
            continue
        if probe.policy == "clinician-page":
            answers[probe.path] = _told(
                maren.browser, world, probe.path, visit=maren.handle, entry_id=entry_id
            )
        elif probe.policy.startswith("fhir-"):
            path = probe.path.format(entry_id=entry_id).removeprefix(f"/{CLINIC}/fhir/")
            for query in ("", "?_summary=count", "?_total=accurate"):
                answers[path + query] = _read(registry, path + query)
    told = [*owed(world.desk, CLINIC), *reconcile(world.desk, CLINIC)]
    answers["the command line"] = (0, str(told))
    return answers


def _told(browser: Browser, world: World, path: str, **filled: str) -> tuple[int, str]:
    [probe] = [one for one in probes(world.app) if one.path == path and one.method == "GET"]
    answer = knock(browser, probe, **filled)
    return answer.status_code, _FLEETING.sub("-", answer.text)


def _read(app: App, path: str) -> tuple[int, str]:
    answer = app.get(path)
    return answer.status_code, _FLEETING.sub("-", answer.text)


def test_nobody_else_can_tell_what_is_held_from_nothing(holding: World) -> None:
    """Pages, reads, searches, counts, documents, Provenance, Tasks and lists before and after the sending."""
    key, revision = written_in_part(holding)
    entry_id = holding.desk.entry_id(CLINIC, key)
    before = seen_by_others(holding, entry_id)

    assert patient(holding).send(key, revision).status_code == 303
    holding.deliver()
    after = seen_by_others(holding, entry_id)

    assert len(before) > 40
    assert {path for path in before if after[path] != before[path]} == set()
    until_morning(holding)
    assert {path for path in before if seen_by_others(holding, entry_id)[path] != before[path]}


def test_nothing_of_it_reaches_the_record_system_before_its_release(holding: World) -> None:
    key, revision = written_in_part(holding)
    patient(holding).send(key, revision)
    holding.clock.pass_time(hours=20, minutes=59)

    assert holding.deliver() == 0
    assert holding.records().search("DocumentReference", []).resources == []

    until_morning(holding)
    assert holding.deliver() == 1
    assert len(holding.records().search("DocumentReference", []).resources) == 1


def test_its_patient_reads_it_meanwhile_everywhere(holding: World) -> None:
    response_id = app_of(holding).post("QuestionnaireResponse", response(holding)).json()["id"]

    mine = app_of(holding)
    assert mine.get(f"QuestionnaireResponse/{response_id}").json()["status"] == "completed"
    assert mine.get(f"QuestionnaireResponse/{response_id}/_history").json()["total"] == 1
    assert mine.get("QuestionnaireResponse?_summary=count").json()["total"] == 1
    for other in (staff_app(holding, chart="patient-six-done"), staff_app(holding), backend_app(holding)):
        assert other.get(f"QuestionnaireResponse/{response_id}").status_code == 404
        assert other.get(f"QuestionnaireResponse/{response_id}/_history/1").status_code == 404

    until_morning(holding)
    for other in (staff_app(holding, chart="patient-six-done"), staff_app(holding), backend_app(holding)):
        assert other.get(f"QuestionnaireResponse/{response_id}").status_code == 200
        assert other.get(f"QuestionnaireResponse/{response_id}/_history/1").status_code == 200


def test_its_task_says_that_it_was_answered_from_the_release_on(holding: World) -> None:
    ada = patient(holding)
    ada.write("six-done-1", {"ai1.1": WORDS})
    asked = AccessContext(CLINIC, Role.CLIENT, ORIGIN, patients=None, at=holding.clock())
    first = next(
        one
        for one in assigned.assigned_of(holding.desk.store, asked, ["patient-six-done"])
        if one.encounter_id == "six-done-1"
    )
    assert (first.status, first.entry_id) == (AssignedStatus.REQUESTED, None)

    until_morning(holding)
    later = assigned.by_id(holding.desk.store, asked, first.id)
    assert later is not None
    assert later.status is AssignedStatus.COMPLETED
    assert entries.released_by(holding.desk.store, CLINIC, holding.clock(), 9) == []


def test_what_was_released_stays_so_when_it_moves_or_changes(holding: World) -> None:
    """A new version of what others know already is never held from them."""
    ada = writer(holding)
    sent, tag = made(holding, ada, "completed")
    until_morning(holding)
    answer = put(writer(holding), answered(sent, "later words") | {"status": "amended"}, tag)
    assert answer.status_code == 200, answer.text
    for version in (1, 2):
        path = f"QuestionnaireResponse/{sent['id']}/_history/{version}"
        assert backend_app(holding).get(path).status_code == 200
    newest = filings.of_patient(holding.desk.store, as_patient(), "patient-six-done")[-1]
    assert newest.due_at <= holding.clock()


@pytest.mark.parametrize("private", [(), ("ai1.1",)], ids=["shared", "all of it private"])
def test_the_receipt_names_the_morning(holding: World, private: tuple[str, ...]) -> None:
    ada = patient(holding)
    key = ada.write("six-done-1", {"ai1.1": WORDS}, private)
    entry = entries.by_key(holding.desk.store, as_patient(), key)
    assert entry is not None
    assert entry.held_until == MORNING
    owed_now = filings.of_entry(holding.desk.store, as_patient(), entry.id)
    assert [(one.state, one.due_at) for one in owed_now] == ([] if private else [(FilingState.DUE, MORNING)])
    assert JOURNAL in str(ada.home.url)
