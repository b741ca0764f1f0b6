"""Two records of one person: reached only where both sides say so, visit by visit, and the log names both (T9, F52)."""

from typing import Any

import pytest

from service.journal.problems import RecordSystemSilent
from service.journal.rulings import Reason, RulingKind
from service.store import merges
from service.workflow import decide
from service.workflow.refresh_infusions import look_again
from tests.front_desk import FrontDesk
from tests.people import Clinician, Patient, clinician, patient
from tests.workflow.contexts import as_clinician
from tests.workflow.courses import living
from tests.workflow.deciding import capture, current, deliver_for_days, encounters_of, id_of, states
from tests.workflow.filing import answer
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World, WorldWith

OLD, NEW = "patient-merged-old", "patient-merged-new"
WORDS = {"ai1.1": "written under the old number"}
ON = "".join(
    f"[clinic.{clinic}.finding]\npoll_minutes = 1\nmerged_patients = true\n" for clinic in (CLINIC, OTHER)
)


def link(*said: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"type": kind, "other": {"reference": f"Patient/{other}"}} for kind, other in said]


def put(world: World, patient_id: str, clinic: str = CLINIC, **elements: Any) -> None:
    """The Patient as the record system's administrators keep it: its API takes no changes of patients."""
    records = world.records(clinic)
    changed = records.read("Patient", patient_id) | elements
    records.update("Patient", patient_id, {k: v for k, v in changed.items() if v is not None})


def unmerged(world: World, clinic: str = CLINIC) -> FrontDesk:
    """The front desk, after it took the merge apart."""
    desk = FrontDesk(world, clinic)
    put(world, OLD, clinic, link=None, active=True)
    put(world, NEW, clinic, link=None)
    return desk


def merged(world: World, clinic: str = CLINIC) -> FrontDesk:
    """The front desk, after both records were made to say that they are one."""
    desk = FrontDesk(world, clinic)
    put(world, OLD, clinic, link=link(("replaced-by", NEW)), active=False)
    put(world, NEW, clinic, link=link(("replaces", OLD)))
    return desk


def written_under_the_old(world: World) -> str:
    """Before the merge, an entry sent under the old record; its key."""
    unmerged(world)
    return patient(world, OLD).write("merged-old-1", WORDS)


@pytest.fixture
def joining(world_with: WorldWith) -> World:
    return world_with(ON)


def sees(visitor: Patient | Clinician, world: World, key: str) -> bool:
    """Whether what was written under the old record can be opened in this visit."""
    path = f"entry/{key}/receipt" if isinstance(visitor, Patient) else f"entry/{id_of(world, key)}"
    return visitor.get(path).status_code == 200


def test_patient_and_clinician_reach_it_once_both_sides_say_so(joining: World) -> None:
    key = written_under_the_old(joining)
    assert not sees(patient(joining, NEW), joining, key)

    merged(joining)

    assert sees(patient(joining, NEW), joining, key)
    assert sees(clinician(joining, NEW), joining, key)
    assert "written under the old number" in clinician(joining, NEW).get(f"entry/{id_of(joining, key)}").text


def test_turned_off_nothing_is_reached(world: World) -> None:
    key = written_under_the_old(world)
    merged(world)

    assert not sees(patient(world, NEW), world, key)
    assert not sees(clinician(world, NEW), world, key)


REFUTED = {
    "only the new one says so": ({"link": None, "active": True}, {"link": link(("replaces", OLD))}),
    "only the old one says so": ({"link": link(("replaced-by", NEW)), "active": False}, {"link": None}),
    "the old one went to somebody else": (
        {"link": link(("replaced-by", "patient-two-in")), "active": False},
        {"link": link(("replaces", OLD))},
    ),
    "each replaces the other": (
        {"link": link(("replaced-by", NEW), ("replaces", NEW)), "active": False},
        {"link": link(("replaces", OLD))},
    ),
    "a loop": (
        {"link": link(("replaced-by", NEW)), "active": False},
        {"link": link(("replaces", OLD), ("replaced-by", OLD))},
    ),
    "the new one is not active": (
        {"link": link(("replaced-by", NEW)), "active": False},
        {"link": link(("replaces", OLD)), "active": False},
    ),
}


@pytest.mark.parametrize("name", REFUTED)
def test_a_link_that_one_side_does_not_confirm_leads_nowhere(joining: World, name: str) -> None:
    key = written_under_the_old(joining)
    at_old, at_new = REFUTED[name]
    put(joining, OLD, **at_old)
    chidera = patient(joining, NEW)
    put(joining, NEW, **at_new)

    chidera.post("refresh")
    joining.find(minutes=30)

    assert not sees(chidera, joining, key)
    assert merges.merged_into(joining.desk.store, CLINIC, NEW) == ()


def test_a_visit_reaches_it_only_by_a_confirmation_of_its_own(joining: World) -> None:
    key = written_under_the_old(joining)
    merged(joining)
    assert sees(patient(joining, NEW), joining, key)
    # The next visit begins while the record system says nothing of patients.
    joining.net.meddler = lambda request, carry: (
        answer(503) if f"/Patient/{OLD}" in request.url.path else carry()
    )

    later = patient(joining, NEW)
    assert not sees(later, joining, key)

    joining.net.meddler = None
    later.post("refresh")
    assert sees(later, joining, key)


def test_after_an_unmerge_the_next_visit_reaches_it_no_more_and_nothing_is_lost(joining: World) -> None:
    key = written_under_the_old(joining)
    merged(joining)
    assert sees(patient(joining, NEW), joining, key)

    unmerged(joining)

    assert not sees(patient(joining, NEW), joining, key)
    assert not sees(clinician(joining, NEW), joining, key)
    assert sees(patient(joining, OLD), joining, key)
    assert merges.merged_into(joining.desk.store, CLINIC, NEW) == ()


def test_merged_the_other_way_round_later(joining: World) -> None:
    key = written_under_the_old(joining)
    merged(joining)
    assert sees(patient(joining, NEW), joining, key)
    put(joining, NEW, link=link(("replaced-by", OLD)), active=False)
    put(joining, OLD, link=link(("replaces", NEW)), active=True)

    again = patient(joining, OLD)

    assert sees(again, joining, key)
    assert merges.survivor(joining.desk.store, CLINIC, NEW) == OLD
    assert merges.survivor(joining.desk.store, CLINIC, OLD) is None


def test_the_other_clinic_with_the_same_ids_is_untouched(joining: World) -> None:
    unmerged(joining, OTHER)
    key = written_under_the_old(joining)
    merged(joining)
    assert sees(patient(joining, NEW), joining, key)

    assert patient(joining, NEW, OTHER).get(f"entry/{key}/receipt").status_code == 404
    assert merges.merged_into(joining.desk.store, OTHER, NEW) == ()
    merged(joining, OTHER)
    assert patient(joining, NEW, OTHER).get(f"entry/{key}/receipt").status_code == 404


def test_both_records_stand_in_the_log(joining: World) -> None:
    written_under_the_old(joining)
    merged(joining)
    seen = len(log(joining))

    patient(joining, NEW)

    told = {(one.deed.value, one.patient, one.what) for one in log(joining)[seen:]}
    for what in ("Encounter", "Course"):
        assert {("read", OLD, what), ("read", NEW, what)} <= told


def test_the_infusions_of_both_are_one_course(joining: World) -> None:
    written_under_the_old(joining)
    merged(joining)
    chidera = patient(joining, NEW)

    assert "Infusion 3" in chidera.home.text
    key = chidera.write("merged-new-1", {"ai2.1": "the second in all"})
    assert sees(chidera, joining, key)


def captured_under_the_old(world: World) -> str:
    """Before the merge, an entry sent under the old record before its infusion was known; its key."""
    unmerged(world)
    return capture(patient(world, OLD), {"ai2.1": "written under the old number"})


def connect(world: World, key: str, encounter: str) -> None:
    """A clinician with the new record's chart open connects the entry with an infusion of that record."""
    said = {"patient": NEW, "entry": id_of(world, key), "target": encounter, "why": "seen-in-chart"}
    assert clinician(world, NEW).post("move", **said).status_code == 303


def test_what_was_written_under_the_old_record_is_filed_to_the_one_that_stands(joining: World) -> None:
    captured_under_the_old(joining)
    merged(joining)

    deliver_for_days(joining, OLD)

    assert states(joining, OLD) == [(1, "filed")]
    (document,) = current(joining, NEW)
    assert document["subject"] == document["author"][0] == {"reference": f"Patient/{NEW}"}
    assert FrontDesk(joining).documents(OLD) == []


def test_it_can_be_connected_with_an_infusion_of_the_new_record(joining: World) -> None:
    key = captured_under_the_old(joining)
    merged(joining)

    connect(joining, key, "merged-new-1")
    deliver_for_days(joining, OLD)

    assert states(joining, OLD)[-1][1] == "filed"
    (document,) = FrontDesk(joining).documents(NEW)
    assert document["subject"] == {"reference": f"Patient/{NEW}"}
    assert encounters_of(document) == ["merged-new-1"]
    assert sees(patient(joining, NEW), joining, key)
    assert (2, "merged-new-1", "completed") in living(joining, NEW)


def test_a_visit_that_stayed_with_the_old_record_waits_for_a_person(joining: World) -> None:
    """Nothing is filed to the encounter of another record, though both are one person's (rule 11)."""
    written_under_the_old(joining)
    merged(joining)

    deliver_for_days(joining, OLD)

    assert states(joining, OLD) == [(1, "refused")]
    assert FrontDesk(joining).documents(NEW) == FrontDesk(joining).documents(OLD) == []


def test_where_the_links_are_unclear_filing_waits_for_a_person(joining: World) -> None:
    written_under_the_old(joining)
    desk = FrontDesk(joining)
    put(joining, OLD, link=link(("replaced-by", NEW)), active=False)
    put(joining, NEW, link=link(("replaced-by", OLD)))

    deliver_for_days(joining, OLD)

    assert states(joining, OLD) == [(1, "refused")]
    assert desk.documents(OLD) == desk.documents(NEW) == []


def test_a_word_said_under_the_new_record_holds_for_what_was_written_under_the_old(joining: World) -> None:
    key = captured_under_the_old(joining)
    merged(joining)
    connect(joining, key, "merged-new-1")
    decide.decide(
        joining.desk, as_clinician(NEW), NEW, RulingKind.NOT_GIVEN, "merged-new-1", Reason.SEEN_IN_CHART
    )

    deliver_for_days(joining, OLD)

    assert states(joining, OLD)[-1][1] == "refused"
    assert FrontDesk(joining).documents(NEW) == []


def test_a_record_system_that_is_silent_about_the_link_leaves_what_was_seen(joining: World) -> None:
    merged(joining)
    patient(joining, NEW)
    joining.net.meddler = lambda request, carry: (
        answer(503) if f"/Patient/{OLD}" in request.url.path else carry()
    )

    with pytest.raises(RecordSystemSilent):
        look_again(joining.desk, as_clinician(NEW), joining.desk.clinics[CLINIC].for_delivery, NEW)
    assert merges.merged_into(joining.desk.store, CLINIC, NEW) == (OLD,)


def test_a_chain_of_merges_files_to_its_end(joining: World) -> None:
    captured_under_the_old(joining)
    merged(joining)
    last = "patient-intramuscular"
    put(joining, NEW, link=link(("replaces", OLD), ("replaced-by", last)), active=False)
    put(joining, last, link=link(("replaces", NEW)))

    deliver_for_days(joining, OLD)

    assert states(joining, OLD) == [(1, "filed")]
    assert [one["subject"]["reference"] for one in current(joining, last)] == [f"Patient/{last}"]


def test_in_a_chain_the_standing_record_reaches_the_one_it_took_in(joining: World) -> None:
    merged(joining)
    key = patient(joining, NEW).write("merged-new-1", {"ai2.1": "written in between"})
    last = "patient-intramuscular"
    put(joining, NEW, link=link(("replaces", OLD), ("replaced-by", last)), active=False)
    put(joining, last, link=link(("replaces", NEW)))

    assert sees(patient(joining, last), joining, key)
