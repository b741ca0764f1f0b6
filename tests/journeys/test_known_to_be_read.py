"""Somebody reads what was written, says so once, and the patient sees that it was, in a real browser (rule 17)."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import House
from tests.journeys.people import Patient

NAME = "patient-not-given"
FIRST, LATER = "A bell rang a long way off", "No bell: it was a gull"
SEEN = "Seen by your care team on"


def writes(house: House, scripts: bool) -> Patient:
    """An entry without an infusion, sent; its patient stands before the receipt."""
    odette = house.patient(NAME, scripts=scripts)
    odette.comes_from_the_portal()
    odette.writes_at_once()
    odette.answers(FIRST)
    odette.goes("Check and send")
    odette.sends()
    odette.does_not_see(SEEN)
    return odette


def changes(odette: Patient) -> None:
    odette.presses("Change what I wrote")
    odette.page.get_by_role("link", name=re.compile("^Change")).first.click()
    odette.is_ready_to_write()
    odette.writes(LATER)
    odette.goes("Check and send")
    odette.presses("Send the change")
    odette.sees_heading("Change sent")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_clinician_says_so_and_the_patient_sees_it(house: House, scripts: bool) -> None:
    odette = writes(house, scripts)
    receipt = odette.page.url
    maren = house.clinician(scripts=scripts)
    maren.opens_chart(NAME)
    maren.opens_the_journal()
    maren.sees(FIRST)
    maren.sees("Not read yet")
    odette.page.goto(receipt)
    odette.does_not_see(SEEN)

    maren.presses("I have read this")

    maren.sees("It is kept that you have read this.")
    maren.sees(re.compile("^by Practitioner/clinician-1 on"))
    expect(maren.page.get_by_role("button", name="I have read this")).to_have_count(0)
    odette.page.goto(receipt)
    odette.sees(re.compile(f"^{SEEN} .+[0-9]{{4}}\\.$"))
    odette.does_not_see("clinician-1")

    changes(odette)

    odette.sees(re.compile(f"^{SEEN} .+, before your change"))
    shown = maren.page.url
    maren.opens_worklist()
    waiting = maren.page.get_by_role("region", name=re.compile("^Not read yet"))
    expect(waiting.get_by_role("listitem").filter(has_text="Pellingham").last).to_contain_text(
        "not read since"
    )
    maren.page.goto(shown)
    maren.sees(LATER)
    maren.sees("Not read since it changed")
    maren.presses("I have read this")
    maren.sees("It is kept that you have read this.")
    odette.page.goto(receipt)
    odette.sees(re.compile(f"^{SEEN} .+[0-9]{{4}}\\.$"))
