"""A browser that dies while somebody types, and hours without a network: how much is behind (faults F41, F43)."""

import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Error, expect

from tests.journeys.conftest import House

DEATHS = 6
BETWEEN_LETTERS = 70  # milliseconds: quick, and without a pause
LETTERS = "the sea was far and then it was near "
CALM = "Before the tunnel."


def test_a_browser_that_dies_while_typing_leaves_the_draft_two_seconds_behind_at_most(
    house: House, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> None:
    chance, saved = random.Random(43), ""
    for death in range(DEATHS):
        mortal = browser_type.launch(**browser_type_launch_args)
        typist = house.patient("patient-eight-done", at=mortal)
        typist.comes_from_the_portal()
        (typist.starts_writing if death == 0 else typist.carries_on)("Infusion 8")
        typist.paper.press("Control+End")
        typed, times, until = saved, [], time.monotonic() + chance.uniform(1, 5)
        while time.monotonic() < until:
            letter = LETTERS[len(typed) % len(LETTERS)]
            typist.page.keyboard.type(letter)
            typed, times = typed + letter, [*times, time.monotonic()]
            time.sleep(BETWEEN_LETTERS / 1000)
        died = time.monotonic()
        _kill(mortal)
        heir = house.patient("patient-eight-done")
        heir.comes_from_the_portal()
        heir.carries_on("Infusion 8")
        before, saved = saved, heir.paper.input_value()
        assert typed.startswith(saved)
        behind = len(typed) - len(saved)
        late = [one for one in times[len(saved) - len(before) :] if died - one > 2.5]
        assert behind <= 20 or not late, f"{behind} letters behind, {len(late)} of them typed long before"


def _kill(mortal: Any) -> None:
    try:
        mortal.new_browser_cdp_session().send("Browser.crash")
    except Error:
        return


def test_hours_without_a_network_and_reloads_on_a_clock_that_moves(house: House) -> None:
    house.watch.expects("ERR_INTERNET_DISCONNECTED")
    noel = house.patient("patient-eight-done")
    noel.page.clock.install(time=datetime.now(UTC))
    noel.comes_from_the_portal()
    noel.starts_writing("Infusion 6")
    text = CALM
    for hour in range(4):
        noel.page.context.set_offline(True)
        text = f"{text} Hour {hour}."
        noel.writes(text)
        noel.page.clock.run_for(5_000)
        noel.sees("Not saved yet: keep this page open. We keep trying.")
        noel.page.clock.fast_forward("40:00")
        with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
            noel.page.reload()
        noel.page.context.set_offline(False)
        noel.page.reload()
        noel.is_ready_to_write()
        expect(noel.paper).to_have_value(text)
    noel.page.clock.run_for(60_000)
    noel.sees_it_saved()
    noel.opens_another_tab().finds_on_the_paper(text)
