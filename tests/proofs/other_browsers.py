"""Patients write in WebKit, with scripts and without, and a clinician looks into the chart's frame without cookies.

Fault matrix F45: another engine than the one all other journeys run in. What a press of Save kept is there after a
reload, what was sent is in the record, and after signing out nothing comes back.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx2

from tests.browsers.over_tls import House, running
from tests.browsers.webkit import NotThere, WebKit, Window, webkit
from tests.proofs.figures import Figures, exactly
from tests.strangers.patients import Stranger

DEFAULT_N = 5
CI_N = 1
NEEDS = ("webkit",)

_WORDS = "The sea was calm, Привет, naïve café"
_PAPER = "textarea"
_FILED_WITHIN = 30.0


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n times each of three stories; every one of them comes to its end."""
    patients = tuple(Stranger(f"patient-b-{number}") for number in range(2 * n))
    failed = list[str]()
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="browsers-")))
        house = ending.enter_context(running(folder, patients))
        driver = ending.enter_context(webkit())
        for number in range(n):
            stories: tuple[Callable[[], None], ...] = (
                lambda one=patients[2 * number]: _writes(house, driver, one, scripts=True),
                lambda one=patients[2 * number + 1]: _writes(house, driver, one, scripts=False),
                lambda: _looks_into_the_chart(house, driver),
            )
            for story in stories:
                try:
                    story()
                except (NotThere, httpx2.HTTPStatusError) as error:
                    failed.append(str(error))
                    report(str(error))
    flows = 3 * n
    return Figures(
        planned=flows,
        injected=flows,
        counted={"flows": flows, "completed": flows - len(failed)},
        bars={"completed": exactly(flows)},
    )


def _writes(house: House, driver: WebKit, patient: Stranger, *, scripts: bool) -> None:
    with driver.window(scripts=scripts) as window:
        window.opens(f"{house.sandbox_url}/sign-in?next=/portal/")
        window.presses(f"button[value='Patient/{patient.id}']")
        window.presses("form:has(input[value='journal-patient']) button")
        window.presses("form[action$='/begin'] button")
        window.types(_PAPER, _WORDS)
        if not scripts:
            window.presses("button[value='save']")
        window.sees("#saved time", ":")
        window.reloads()
        window.holds(_PAPER, _WORDS)
        window.presses("button[value='check']")
        window.sees("main", _WORDS)
        window.presses("form[action$='/send'] button")
        _is_in_the_record(window)
        window.presses("form[action$='/sign-out'] button")
        window.sees("h1", "You are signed out")
        window.goes_back()
        time.sleep(0.5)
        _expect(_WORDS not in window.source, "the words came back after signing out")


def _is_in_the_record(window: Window) -> None:
    until = time.monotonic() + _FILED_WITHIN
    while "In your record since" not in window.words("main"):
        _expect(time.monotonic() < until, window.words("main")[:300])
        time.sleep(0.5)
        window.reloads()


def _looks_into_the_chart(house: House, driver: WebKit) -> None:
    """Inside a frame of another site no cookie of ours is kept: the page there offers a window of its own."""
    with driver.window() as window:
        window.opens(f"{house.sandbox_url}/sign-in?next=/chart")
        window.presses("button[value='Practitioner/clinician-1']")
        window.sees("body", "Signed in as")
        window.opens(f"{house.sandbox_url}/chart/patient-none-yet")
        window.presses("button[value='frame']")
        window.enters_frame("iframe")
        window.sees("h1", "Please open this in a new window")


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise NotThere(otherwise)
