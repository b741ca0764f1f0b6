"""What a patient typed stays: over reloads, without a network, in two tabs at once; and it stays theirs."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Error, expect

from tests.journeys.conftest import House

CALM = "The room was quiet and I was not afraid of it."
HERE = "Written in this window: the river."
THERE = "Written in the other window: the hill."


def test_a_pause_saves(house: House) -> None:
    """What was typed is on the server after a pause, for another tab and after a reload (rule 13)."""
    siobhan = house.patient("patient-two-in-a-day")
    siobhan.comes_from_the_portal()
    siobhan.starts_writing("Infusion 1")
    siobhan.paper.press_sequentially(CALM)
    siobhan.sees_it_saved()
    tab = siobhan.opens_another_tab()
    tab.finds_on_the_paper(CALM)
    siobhan.page.reload()
    siobhan.is_ready_to_write()
    siobhan.finds_on_the_paper(CALM)


def test_two_tabs_on_one_draft(house: House) -> None:
    """The second save shows both texts and overwrites nothing (fault matrix F40)."""
    house.watch.expects("412")
    magnus = house.patient("patient-intramuscular")
    magnus.comes_from_the_portal()
    magnus.starts_writing("Infusion 1")
    other = magnus.opens_another_tab()
    other.is_ready_to_write()
    other.writes(THERE)
    other.sees_it_saved()
    magnus.writes(HERE)
    magnus.sees("This was also changed in another window. Nothing is lost.")
    magnus.goes("See both texts")
    magnus.sees_both_texts(HERE, THERE)
    magnus.goes("Keep what I chose")
    magnus.is_ready_to_write()
    expect(magnus.paper.first).to_have_value(f"{THERE}\n\n{HERE}")
    other.page.reload()
    other.is_ready_to_write()
    other.finds_on_the_paper(f"{THERE}\n\n{HERE}")


def test_two_tabs_without_scripts(house: House) -> None:
    """The same promise for plain forms: the later one is answered with both texts."""
    house.watch.expects("412")
    yael = house.patient("patient-merged-new", scripts=False)
    yael.comes_from_the_portal()
    yael.starts_writing("Infusion 1")
    other = yael.opens_another_tab()
    other.answers(THERE)
    yael.writes(HERE)
    yael.presses("Next")
    yael.sees_both_texts(HERE, THERE)
    yael.goes("Keep what I chose")
    expect(yael.paper.first).to_have_value(f"{THERE}\n\n{HERE}")


def test_what_two_tabs_wrote_stays_private(house: House) -> None:
    """An answer marked for oneself in one window is still so after both texts were kept (rule 16)."""
    house.watch.expects("412")
    leopold = house.patient("patient-merged-new")
    leopold.comes_from_the_portal()
    leopold.starts_writing("Infusion 2")
    other = leopold.opens_another_tab()
    other.answers(THERE)
    leopold.writes(HERE)
    leopold.keeps_it_private()
    leopold.goes("See both texts")
    leopold.sees_both_texts(HERE, THERE)
    leopold.goes("Keep what I chose")
    leopold.is_ready_to_write()
    expect(leopold.paper.first).to_have_value(f"{THERE}\n\n{HERE}")
    expect(leopold.private_choice.first).to_be_checked()


def test_news_of_another_window_waits_for_the_press_that_brought_it(house: House) -> None:
    """Leaving the text saves it; what comes back would move the choice away from under the pointer (rule 13)."""
    house.watch.expects("412")
    theodora = house.patient("patient-eight-done")
    theodora.comes_from_the_portal()
    theodora.starts_writing("Infusion 7")
    theodora.opens_another_tab().answers(THERE)
    theodora.writes(HERE)
    theodora.private_choice.hover()
    with theodora.page.expect_response(lambda answer: answer.status == 412) as refused:
        theodora.page.mouse.down()
    refused.value.finished()
    theodora.page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
    theodora.page.mouse.up()
    expect(theodora.private_choice).to_be_checked()
    theodora.sees("This was also changed in another window.")


def test_offline_while_typing(house: House) -> None:
    """Without a network the page says so and keeps the words sealed; with it they are saved (fault matrix F41)."""
    house.watch.expects("ERR_INTERNET_DISCONNECTED")
    noel = house.patient("patient-split-part-of")
    noel.comes_from_the_portal()
    noel.starts_writing("Infusion 1")
    noel.page.context.set_offline(True)
    noel.writes(CALM)
    noel.sees("Not saved yet: keep this page open. We keep trying.")
    in_the_tab = noel.page.evaluate("JSON.stringify(sessionStorage)")
    assert "words:" in in_the_tab, "nothing waits in the tab"
    assert CALM not in in_the_tab, "what waits in the tab is not sealed"
    noel.page.context.set_offline(False)
    noel.sees_it_saved()
    assert "words:" not in noel.page.evaluate("JSON.stringify(sessionStorage)")
    noel.opens_another_tab().finds_on_the_paper(CALM)


def test_offline_with_reloads_in_between(house: House) -> None:
    """Reloading without a network shows the browser's own error; the words wait in the tab until there is one."""
    house.watch.expects("ERR_INTERNET_DISCONNECTED")
    siobhan = house.patient("patient-two-in-a-day")
    siobhan.comes_from_the_portal()
    siobhan.starts_writing("Infusion 2")
    siobhan.writes(CALM)
    siobhan.sees_it_saved()
    siobhan.page.context.set_offline(True)
    siobhan.writes(f"{CALM} And then I slept.")
    siobhan.sees("Not saved yet: keep this page open. We keep trying.")
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        siobhan.page.reload()
    siobhan.page.context.set_offline(False)
    siobhan.page.reload()
    siobhan.is_ready_to_write()
    siobhan.finds_on_the_paper(f"{CALM} And then I slept.")
    siobhan.sees_it_saved()
    siobhan.opens_another_tab().finds_on_the_paper(f"{CALM} And then I slept.")


def test_two_patients_in_one_browser(house: House) -> None:
    """A second launch opens a second visit: the first tab still shows and saves its own patient (threat T8)."""
    bruno = house.patient("patient-next-planned")
    bruno.comes_from_the_portal()
    bruno.starts_writing("Infusion 1")
    bruno.writes(HERE)
    bruno.sees_it_saved()
    chidera = house.patient("patient-none-yet", browser_of=bruno)
    chidera.comes_from_the_portal()
    chidera.sees_banner("Chidera Ekwueme")
    bruno.page.reload()
    bruno.is_ready_to_write()
    bruno.sees_banner("Bruno Castellane")
    bruno.finds_on_the_paper(HERE)
    bruno.answers(THERE)
    bruno.sees_banner("Bruno Castellane")
    chidera.page.reload()
    chidera.sees_banner("Chidera Ekwueme")
    chidera.sees("There is no infusion here yet.")


@pytest.fixture
def remembering(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """A browser that keeps whole pages for its back button, as people's browsers do and Playwright's does not."""
    kept = browser_type.launch(
        **browser_type_launch_args, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield kept
    kept.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_after_signing_out_the_back_button_shows_no_words(
    house: House, remembering: Browser, scripts: bool
) -> None:
    """Devices are shared: what one person wrote is not for the next (rule 14)."""
    house.watch.expects("401")
    theodora = house.patient("patient-eight-done", scripts=scripts, at=remembering)
    theodora.comes_from_the_portal()
    infusion = "Infusion 1" if scripts else "Infusion 2"
    theodora.starts_writing(infusion)
    theodora.answers(CALM)
    theodora.writes_everything(CALM)
    theodora.signs_out()
    for _ in range(6):
        theodora.goes_back_in_history()
        theodora.does_not_see(CALM)
