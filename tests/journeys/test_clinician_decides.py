"""What no rule can know, a clinician says: in one step, with a reason, and everything else follows."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.journeys.barriers import assert_no_barrier
from tests.journeys.conftest import House
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import Clinician, Patient
from tests.journeys.staffed import FrontDeskInTown, ago, desk, on_visit, replaced, stack

__all__ = ["desk", "stack"]

WORDS = "I kept the window open all night"
FILED = re.compile("^In your record since ")
WAITS = "An entry waits for its infusion"
ENTERED_IN_ERROR = "The visit of this entry was entered in error"
OVERLAP = "Two visits overlap for longer than a usual stay: one infusion or two?"
APART = "Two visits are tied together but lie far apart: one infusion or two?"
WRITTEN_ALREADY = "This set was already written in this series"
NOTHING = "Nothing waits for a decision."
SORTING = "Your clinic is sorting out one visit."


def wrote_at_once(house: House) -> Patient:
    """Chidera, whose entry is in the record and belongs to no infusion."""
    chidera = house.patient("patient-none-yet")
    chidera.comes_from_the_portal()
    chidera.writes_at_once()
    chidera.writes_everything(WORDS)
    chidera.sends()
    chidera.waits_until_it_is_in_the_record()
    chidera.follows("Back to your journal")
    return chidera


def wrote(house: House, patient_id: str, infusion: str) -> Patient:
    """A patient whose entry for this infusion is in the record."""
    patient = house.patient(patient_id)
    patient.comes_from_the_portal()
    patient.starts_writing(infusion)
    patient.writes_everything(WORDS)
    patient.sends()
    patient.waits_until_it_is_in_the_record()
    patient.follows("Back to your journal")
    return patient


def never_closed(desk: FrontDeskInTown) -> None:
    """The morning's visit of two on a day was closed only in the evening, so that they overlap for hours."""
    second = desk.read("Encounter", "two-in-a-day-2")["period"]["start"]
    desk.close("two-in-a-day-1", datetime.fromisoformat(second) + timedelta(minutes=20))


def tied_apart(desk: FrontDeskInTown, patient_id: str) -> None:
    """A visit that is noted as part of one that was more than a day before."""
    first = desk.book(patient_id, ago(hours=40))
    desk.book(patient_id, ago(hours=10), partOf={"reference": f"Encounter/{first}"})


def at_the_chart(house: House, patient_id: str) -> Clinician:
    """Maren with this patient's journal open."""
    maren = house.clinician()
    maren.opens_chart(patient_id)
    maren.opens_the_journal()
    return maren


def test_a_clinician_connects_an_entry_with_one_of_two_infusions(house: House, desk: FrontDeskInTown) -> None:
    """Two could be meant, so none is guessed: a person says which, and page and document follow (rule 11).

    The set of the first infusion was written for the second: what the first one asks is decided too (rule 9).
    """
    chidera = wrote_at_once(house)
    first = desk.current_document("patient-none-yet")
    desk.book("patient-none-yet", ago(hours=5))
    evening = desk.book("patient-none-yet", ago(hours=2))
    maren = at_the_chart(house, "patient-none-yet")
    expect(maren.page.locator("dl.facts")).to_contain_text(re.compile("Belongs to *no infusion"))
    maren.opens_visits()
    chidera.page.reload()
    chidera.sees_state("Written on", "Waiting for its infusion: your clinic will connect it")
    maren.decides(
        maren.card(WAITS), "Connect with this infusion", why="Said by the patient", infusion="Infusion 2"
    )
    maren.does_not_see(WORDS)
    chidera.sees_state_in_the_end("Infusion 2", FILED)
    chidera.sees_state("Infusion 1", "Your clinic is looking at which prompts belong here.")
    chidera.does_not_see("Written on")
    maren.decides(maren.card(WRITTEN_ALREADY), "Ask the repeating prompts", why="Treatment plan")
    maren.sees(NOTHING)
    chidera.page.reload()
    chidera.sees_state("Infusion 1", "Ready")
    second = desk.current_document("patient-none-yet")
    assert on_visit(second) == [evening]
    assert replaced(second) == [first["id"]]
    maren.follows("Entries")
    maren.sees(
        re.compile(r"^Connected with its infusion by Practitioner/\s*clinician-1 .*said by the patient")
    )
    maren.sees(f"{WORDS} 1")


def test_a_clinician_moves_an_entry_to_the_right_infusion(house: House, desk: FrontDeskInTown) -> None:
    """Filed to a visit that was noted by mistake: moved by a person, filed anew, and the log says who and why."""
    rowan = wrote(house, "patient-two-in", "Infusion 2")
    wrong = desk.current_document("patient-two-in")
    assert on_visit(wrong) == ["two-in-2"]
    desk.mark_wrong("two-in-2")
    right = desk.book("patient-two-in", ago(hours=4))
    maren = at_the_chart(house, "patient-two-in")
    maren.sees("The visit of this entry no longer counts as an infusion; the entry stays as it is.")
    maren.follows("See Visits")
    expect(maren.card(ENTERED_IN_ERROR)).to_be_visible()
    maren.follows("Entries")
    maren.moves_the_entry("Infusion 2", why="Wrong visit")
    maren.sees(re.compile(r"^Moved by Practitioner/\s*clinician-1 .*wrong visit"))
    maren.sees(f"{WORDS} 5")
    maren.opens_visits()
    maren.sees(NOTHING)
    rowan.sees_state_in_the_end("Infusion 2", FILED)
    rowan.sees_state("Infusion 1", "Ready")
    filed = desk.current_document("patient-two-in")
    assert on_visit(filed) == [right]
    assert replaced(filed) == [wrong["id"]]
    assert desk.read("DocumentReference", wrong["id"])["status"] == "superseded"
    ines = house.officer()
    ines.opens_the_access_log()
    ines.filters(patient="patient-two-in", person="Practitioner/clinician-1", deed="update")
    assert ines.column("Person") == {"Practitioner/clinician-1"}
    assert {" ".join(said.split()) for said in ines.column("Outcome")} == {"Done moved:wrong-visit"}


def test_a_clinician_says_what_doubtful_visits_were(house: House, desk: FrontDeskInTown) -> None:
    """In the chart with a pointer; what was decided is one infusion from then on, and can be taken back (rule 8)."""
    never_closed(desk)
    siobhan = house.patient("patient-two-in-a-day")
    siobhan.comes_from_the_portal()
    siobhan.sees(SORTING)
    siobhan.sees_state("Infusion 1", "Ready")
    maren = at_the_chart(house, "patient-two-in-a-day")
    maren.opens_visits()
    maren.decides(maren.card(OVERLAP), "They are one infusion", why="Documented twice")
    maren.sees(NOTHING)
    maren.sees("These visits are one infusion")
    siobhan.page.reload()
    siobhan.sees_state("Infusion 1", "Ready")
    siobhan.does_not_see(SORTING)
    expect(siobhan.infusion("Infusion 2")).to_have_count(0)
    maren.page.get_by_role("button", name=re.compile("^Take back")).click()
    expect(maren.card(OVERLAP)).to_be_visible()
    siobhan.page.reload()
    siobhan.sees(SORTING)


def test_the_worklist_by_keyboard_alone(house: House, desk: FrontDeskInTown) -> None:
    """Over patients, from the record system's sign-in on: Tab, Enter and letters settle it."""
    never_closed(desk)
    tied_apart(desk, "patient-none-yet")
    siobhan = house.patient("patient-two-in-a-day")
    siobhan.comes_from_the_portal()
    chidera = house.patient("patient-none-yet")
    chidera.comes_from_the_portal()
    chidera.sees(SORTING)
    maren = house.clinician()
    maren.page.goto(f"{house.stack.sandbox_url}/sign-in?next=/chart/patient-next-planned")
    keys = Keyboard(maren.page)
    keys.press_enter_on("Dr. Maren Whitlock")
    keys = keys.opens_a_tab("Open Infusion Journal in a new tab")
    maren.page = keys.page
    maren.sees_heading("No entry yet")
    keys.press_enter_on("Worklist")
    expect(maren.card(OVERLAP, "Siobhán O’Dálaigh")).to_be_visible()
    expect(maren.card(APART, "Chidera Ekwueme")).to_be_visible()
    for _ in range(2):
        keys.decides("They are separate infusions", why="Seen in the chart")
        maren.sees("Your decision is kept.")
    maren.sees(NOTHING)
    for patient in (siobhan, chidera):
        patient.page.reload()
        patient.sees_state("Infusion 1", "Ready")
        patient.sees_state("Infusion 2", "Ready")
        patient.does_not_see(SORTING)


def test_two_clinicians_decide_the_same(house: House, desk: FrontDeskInTown) -> None:
    """The second is told how it stands now, and nothing is decided twice."""
    house.watch.expects("409")
    never_closed(desk)
    maren, other = (at_the_chart(house, "patient-two-in-a-day") for _ in range(2))
    maren.opens_visits()
    other.opens_visits()
    maren.decides(maren.card(OVERLAP), "They are separate infusions", why="Seen in the chart")
    other.card(OVERLAP).get_by_role("button", name="They are one infusion").click()
    other.sees("This was decided or has changed meanwhile. Below is how it stands now.")
    other.sees("These visits are separate infusions")
    other.sees(NOTHING)
    assert_no_barrier(other.page)


def test_nobody_is_kept_out(house: House, desk: FrontDeskInTown) -> None:
    """Every kind of thing to decide, what was decided, and the entry that was moved; in both colour schemes, small."""
    never_closed(desk)
    siobhan = house.patient("patient-two-in-a-day")
    siobhan.comes_from_the_portal()
    assert_no_barrier(siobhan.page)
    wrote(house, "patient-two-in", "Infusion 2")
    desk.mark_wrong("two-in-2")
    desk.book("patient-two-in", ago(hours=4))
    desk.book("patient-two-in", None)
    tied_apart(desk, "patient-two-in")
    maren = at_the_chart(house, "patient-two-in")
    maren.page.get_by_text("Move to another infusion").click()
    assert_no_barrier(maren.page)
    maren.opens_visits()
    for closed in maren.page.locator("summary").all():
        closed.click()
    assert_no_barrier(maren.page)
    maren.opens_worklist()
    assert_no_barrier(maren.page)
    maren.decides(maren.card(APART), "They are separate infusions", why="Seen in the chart")
    assert_no_barrier(maren.page)
    maren.opens_visits()
    maren.decides(
        maren.card(ENTERED_IN_ERROR), "Move the entry there", why="Wrong visit", infusion="Infusion 2"
    )
    assert_no_barrier(maren.page)
    maren.follows("Entries")
    assert_no_barrier(maren.page)
