"""A patient's whole story: from the portal to words in the record, a copy of their own, and a clean goodbye."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import House
from tests.journeys.keyboard import Keyboard

SEA = "The sea was calm. Привет, naïve café 🌊 <b>not bold</b>"
SECRET = "My sister does not know that I am here."
LATER = "I slept, and the light through the curtain was enough."


def test_a_patient_writes_and_finds_it_in_the_record(house: House) -> None:
    """Every page in the order a patient meets it; what was kept private stands in their own copy, and beside
    the prompt that looks back at it."""
    rowan = house.patient("patient-two-in")
    rowan.comes_from_the_portal()
    rowan.sees_banner("Rowan Lindqvist")
    rowan.sees_state("Infusion 1", "Ready")
    rowan.starts_writing("Infusion 1")
    rowan.sees("What were your intentions for this infusion")
    rowan.answers(SEA)
    rowan.is_at_prompt(2)
    rowan.goes("Skip for now")
    rowan.is_at_prompt(3)
    rowan.goes("Back")
    rowan.is_at_prompt(2)
    rowan.goes("Back")
    rowan.finds_on_the_paper(SEA)
    rowan.goes("Show all prompts")
    expect(rowan.paper).to_have_count(5)
    rowan.paper.nth(2).fill(SECRET)
    rowan.private_choice.nth(2).check()
    rowan.goes("Check and send")
    rowan.sees_heading("Check what you wrote")
    expect(rowan.page.locator(".sharing")).to_have_text(["Shared with your care team", "In my journal only"])
    expect(rowan.page.get_by_text("Left empty")).to_have_count(3)
    rowan.sends()
    rowan.waits_until_it_is_in_the_record()
    own_copy = rowan.reads_own_copy()
    assert "The sea was calm. Привет, naïve café" in own_copy
    assert SECRET in own_copy
    rowan.follows("Back to your journal")
    rowan.sees_state("Infusion 1", re.compile("^In your record since "))
    rowan.starts_writing("Infusion 2")
    rowan.goes("Skip for now")
    rowan.goes("Skip for now")
    rowan.sees("Are there unresolved emotions or questions from your first two sessions")
    earlier = rowan.page.get_by_role("group").filter(has_text="What you wrote after infusion 1")
    expect(earlier.get_by_text(SECRET)).to_be_hidden()
    earlier.last.get_by_text("What you wrote after infusion 1").click()
    expect(earlier.get_by_text(SECRET)).to_be_visible()
    rowan.finds_on_the_paper("")
    rowan.goes("Check and send")
    rowan.sees_heading("Nothing is written yet")
    rowan.signs_out()


def test_the_same_without_scripts(house: House) -> None:
    """Pages are forms: nothing of the story needs a script but the saving in between."""
    zoe = house.patient("patient-one-cancelled", scripts=False)
    zoe.comes_from_the_portal()
    zoe.starts_writing("Infusion 1")
    zoe.writes(SEA)
    zoe.presses("Save")
    zoe.is_at_prompt(1)
    zoe.finds_on_the_paper(SEA)
    zoe.goes("Next")
    zoe.goes("Skip for now")
    zoe.answers(SECRET, for_me_alone=True)
    zoe.goes("Back")
    zoe.finds_on_the_paper(SECRET)
    expect(zoe.private_choice).to_be_checked()
    zoe.goes("Show all prompts")
    expect(zoe.paper).to_have_count(5)
    zoe.goes("Check and send")
    zoe.sends()
    zoe.waits_until_it_is_in_the_record()
    assert SECRET in zoe.reads_own_copy()
    zoe.follows("Back to your journal")
    zoe.sees_state("Infusion 1", re.compile("^In your record since "))
    zoe.signs_out()


def test_a_patient_comes_by_a_bookmark(house: House) -> None:
    """Standalone launch: the service's own address leads through the clinic's sign-in to this person's course."""
    duong = house.patient("patient-in-progress")
    duong.comes_from_a_bookmark()
    duong.sees_banner("Nguyễn Thị Ánh Dương")
    duong.sees_state("Infusion 1", "Ready")
    duong.sees_state("Infusion 2", "Not yet")
    duong.starts_writing("Infusion 1")
    duong.sees("What were your intentions for this infusion")


def test_the_portal_names_the_address_too(house: House) -> None:
    """The link on the portal's page leads to the same door, in a new tab."""
    zz = house.patient("patient-test")
    zz.signs_in("/portal/")
    with zz.page.expect_popup() as opened:
        zz.follows("Infusion Journal at its own address")
    expect(opened.value.get_by_role("heading", name="Your journal")).to_be_visible()


def test_stopping_for_today_is_no_loss(house: House) -> None:
    """What was written waits where it was left; nobody is asked to explain."""
    marina = house.patient("patient-unsure-status")
    marina.comes_from_the_portal()
    marina.starts_writing("Infusion 1")
    marina.answers(SEA)
    marina.writes(LATER)
    marina.goes("Stop for today")
    marina.sees_state("Infusion 1", "Not today")
    marina.carries_on("Infusion 1")
    marina.goes("Back")
    marina.goes("Back")
    marina.is_at_prompt(1)
    marina.finds_on_the_paper(SEA)
    marina.goes("Next")
    marina.finds_on_the_paper(LATER)


def test_the_story_by_keyboard_alone(house: House) -> None:
    """Tab, Enter and the letters are enough, from the portal's sign-in to the receipt."""
    imogen = house.patient("patient-split-appointment")
    imogen.page.goto(f"{house.stack.sandbox_url}/sign-in?next=/portal/")
    keys = Keyboard(imogen.page)
    keys.press_enter_on("Imogen Vasquez-Thorne")
    keys.press_enter_on("Open Infusion Journal")
    keys.press_enter_on("Start writing")
    imogen.is_ready_to_write()
    for number in range(1, 6):
        imogen.is_at_prompt(number)
        keys.go_to_the_paper()
        imogen.page.keyboard.type(f"{LATER} {number}")
        keys.press_enter_on("Next")
    imogen.sees_heading("Check what you wrote")
    keys.press_enter_on("Send")
    imogen.sees_heading("Sent")
    imogen.waits_until_it_is_in_the_record()
    keys.press_enter_on("Back to your journal")
    imogen.sees_state("Infusion 1", re.compile("^In your record since "))
    keys.press_enter_on("Sign out")
    imogen.sees_heading("You are signed out")
