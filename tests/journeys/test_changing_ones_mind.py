"""Second thoughts, in a real browser: taken back while it is held, changed after it is in the record, or a mistake."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from service.cli import demo_stack
from service.cli.demo_clinic import clinics_file
from service.cli.demo_stack import ANY_PORT, running
from tests.journeys.conftest import House
from tests.journeys.watching import Watch

FIRST = "Everything was blue, and I was not afraid."
SECOND = "I was a little afraid, too."
BECAUSE = "I remembered more the next day"
_AT_ONCE, _NEXT_MORNING = 'release = "on-submit"', 'release = "next-morning"'


def _holding(sandbox_url: str, profile: str = "embedded") -> str:
    written = clinics_file(sandbox_url, profile)
    assert _AT_ONCE in written
    return written.replace(_AT_ONCE, _NEXT_MORNING)


@pytest.fixture
def held_until_morning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_context: Callable[..., BrowserContext]
) -> Iterator[House]:
    """A demo of this test's own, whose clinic holds what is sent until the next morning."""
    monkeypatch.setattr(demo_stack, "clinics_file", _holding)
    watch = Watch()
    with running(tmp_path / "demo", ANY_PORT, ANY_PORT) as started:
        yield House(started, new_context, watch)
    assert watch.strange_requests == []
    assert watch.complaints == []


def test_what_is_held_is_taken_back_changed_and_sent_again(held_until_morning: House) -> None:
    """Nobody else ever sees the first words: neither the care team before the morning, nor the record."""
    rowan = held_until_morning.patient("patient-two-in")
    rowan.comes_from_the_portal()
    rowan.starts_writing("Infusion 1")
    rowan.answers(FIRST)
    rowan.goes("Check and send")
    rowan.sees(re.compile("^Until 09:00 on the morning after you send, only you can see it"))
    rowan.sends()
    rowan.sees(re.compile("^Held until .+, 09:00 Pacific"))
    maren = held_until_morning.clinician()
    maren.opens_chart("patient-two-in")
    maren.opens_the_journal()
    maren.does_not_see(FIRST)

    rowan.presses("Take it back to change it")
    rowan.sees_heading("Check what you wrote")
    rowan.sees(FIRST)
    rowan.page.get_by_role("link", name=re.compile("^Change")).first.click()
    rowan.is_at_prompt(1)
    rowan.finds_on_the_paper(FIRST)
    rowan.writes(SECOND)
    rowan.goes("Check and send")
    rowan.sees(SECOND)
    rowan.does_not_see(FIRST)
    rowan.sends()
    rowan.sees(re.compile("^Held until .+, 09:00 Pacific"))
    rowan.follows("Back to your journal")
    rowan.sees_state("Infusion 1", re.compile("^Held until .+ Only you can see it.$"))


def test_what_is_in_the_record_is_changed_there(house: House) -> None:
    """The record gets the new words in the place of the old ones, and says so to nobody but in its versions."""
    yuki = house.patient("patient-eight-done")
    yuki.comes_from_the_portal()
    yuki.starts_writing("Infusion 4")
    yuki.answers(FIRST)
    yuki.goes("Check and send")
    yuki.sends()
    yuki.waits_until_it_is_in_the_record()

    yuki.presses("Change what I wrote")
    yuki.sees_heading("Check what you wrote")
    yuki.page.get_by_role("link", name=re.compile("^Change")).first.click()
    yuki.writes(f"{FIRST} {SECOND}")
    yuki.goes("Check and send")
    yuki.page.get_by_label("Why did you change it?").fill(BECAUSE)
    yuki.presses("Send the change")
    yuki.sees_heading("Change sent")
    yuki.sees(re.compile(BECAUSE))
    yuki.waits_until_it_is_in_the_record()
    yuki.sees(re.compile("It takes the place of what you sent before"))
    copy = " ".join(yuki.reads_own_copy().split())
    assert "a little afraid" in copy
    assert BECAUSE in copy


def test_a_change_is_left_and_a_mistake_is_marked_without_scripts(house: House) -> None:
    """Each is a plain form, and the mistake asks once."""
    ada = house.patient("patient-eight-done", scripts=False)
    ada.comes_from_the_portal()
    ada.starts_writing("Infusion 3")
    ada.answers(FIRST)
    ada.goes("Check and send")
    ada.sends()
    ada.waits_until_it_is_in_the_record()
    ada.presses("Change what I wrote")
    ada.presses("Leave it as it was")
    ada.sees_heading("Sent")

    ada.follows("This was entered by mistake")
    ada.sees_heading("Was this sent by mistake?")
    ada.follows("Leave it as it is")
    ada.follows("This was entered by mistake")
    ada.presses("Mark it as a mistake")
    ada.sees_heading("Marked as a mistake")
    ada.follows("Back to your journal")
    expect(ada.page.get_by_text("Marked as a mistake").first).to_be_visible()
