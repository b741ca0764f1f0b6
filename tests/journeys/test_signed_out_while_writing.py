"""The visit ends while somebody writes: what they sent is kept for them, with scripts and without (rule 14, F42)."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import House
from tests.journeys.people import Patient, Person

LATE = "Sent after I was signed out: the sea, the sea."
WHO = {True: ("patient-intramuscular", "Infusion 2"), False: ("patient-eight-done", "Infusion 5")}


def ends_visit(someone: Patient) -> None:
    """The time of this visit is over; nobody moves the service's clock."""
    end_visit_at(someone, someone.page.url)


def end_visit_at(someone: Person, address: str) -> None:
    """The time of the visit whose page lies there is over."""
    handle = address.split("/")[4]
    (database,) = someone.stack.folder.rglob("journal.sqlite")
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        connection.execute("UPDATE visits SET expires_at = started_at WHERE handle = ?", (handle,))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_was_sent_too_late_is_there_after_signing_in(house: House, scripts: bool) -> None:
    house.watch.expects("401")
    patient_id, after = WHO[scripts]
    rosalind = house.patient(patient_id, scripts=scripts)
    rosalind.comes_from_the_portal()
    rosalind.starts_writing(after)
    ends_visit(rosalind)
    rosalind.writes(LATE)
    rosalind.presses("Next")
    rosalind.sees("They are also kept for you for a day.")
    other = house.patient("patient-merged-new", browser_of=rosalind)
    other.comes_from_the_portal()
    other.does_not_see(LATE)
    rosalind.comes_from_the_portal()
    infusion = rosalind.infusion(after)
    infusion.get_by_role("link", name="Carry on writing").click()
    rosalind.sees_heading("What you wrote before you were signed out")
    expect(rosalind.page.locator("div.words")).to_have_text(LATE)
    rosalind.goes("Keep what I chose")
    rosalind.is_ready_to_write()
    expect(rosalind.paper.first).to_have_value(LATE)
