"""A clinician, two minutes before the next infusion: what is new, what was before, and nothing that was not given."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import House
from tests.journeys.people import Patient

SECRET = "Only for me: I was angry with my brother."
DRAFT = "Not sent and not for anyone yet."


def tamsin_writes(house: House) -> Patient:
    """Two entries in the record, an answer of the second kept private, and a third begun."""
    tamsin = house.patient("patient-six-done")
    tamsin.comes_from_the_portal()
    for ordinal in (1, 2):
        tamsin.starts_writing(f"Infusion {ordinal}")
        tamsin.writes_everything(f"After infusion {ordinal} I noticed the birds.")
        if ordinal == 2:
            tamsin.page.get_by_role("link", name="Change").last.click()
            tamsin.is_ready_to_write()
            tamsin.answers(SECRET, for_me_alone=True)
        tamsin.sends()
        tamsin.waits_until_it_is_in_the_record()
        tamsin.follows("Back to your journal")
    tamsin.starts_writing("Infusion 3")
    tamsin.answers(DRAFT)
    return tamsin


def test_a_clinician_reads_what_was_shared(house: House) -> None:
    """From the chart to the newest entry, any other, side by side, and the filed documents."""
    tamsin_writes(house)
    maren = house.clinician()
    maren.opens_chart("patient-six-done")
    documents = maren.reads_filed_documents()
    assert len(documents) == 2
    assert all("I noticed the birds." in words for words in documents)
    assert not any(SECRET in words or DRAFT in words for words in documents)
    maren.opens_the_journal()
    maren.sees_heading("After Infusion 2")
    maren.sees("After infusion 2 I noticed the birds. 1")
    expect(maren.page.get_by_text("No answer shared")).to_have_count(1)
    maren.does_not_see(SECRET)
    course = maren.page.get_by_role("navigation", name="Infusions")
    expect(course.get_by_role("listitem").nth(2)).to_contain_text("Nothing shared")
    maren.does_not_see(DRAFT)
    course.get_by_role("link", name=re.compile("^Infusion 1")).click()
    maren.sees("After infusion 1 I noticed the birds. 1")
    maren.does_not_see(DRAFT)
    maren.follows("Side by side")
    maren.sees_heading("Side by side")
    maren.does_not_see(SECRET)
    maren.does_not_see(DRAFT)


def test_the_journal_opens_inside_the_chart(house: House) -> None:
    """In a frame of the record system's page, another site, the clinician is signed in just the same."""
    maren = house.clinician()
    maren.opens_chart("patient-none-yet")
    maren.page.get_by_role("button", name="Open it inside the chart").click()
    inside = maren.page.frame_locator("iframe")
    expect(inside.get_by_role("heading", name="No entry yet")).to_be_visible()
