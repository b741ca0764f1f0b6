"""`demo-check`: the whole loop without a screen, over real HTTP, and what the record system holds at its end.

What is counted was read back: the series' sets from our FHIR base as a stranger reads them, the responses through a
token of the record system's own server, the documents from the record system itself.
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import click

from service.cli.demo_clinic import CLINIC
from service.cli.demo_stack import ANY_PORT, CannotStart, Stack, running
from service.cli.reading_back import ReadBack, read_back
from service.cli.walking import LostTheWay, Page, Walker

PATIENT = "patient-six-done"
FILED_WITHIN = 30.0
WORDS = "After infusion {ordinal}: the sea was calm, Привет, naïve café 🌊 <b>not bold</b>. Prompt {number}."


@click.command("demo-check")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Keep the run here; a folder of its own otherwise."
)
@click.option(
    "--infusions", type=click.IntRange(1, 6), default=6, show_default=True, help="How many to write about."
)
@click.option("--no-filing", is_flag=True, help="The record system refuses documents: the check must fail.")
def demo_check(folder: Path | None, infusions: int, no_filing: bool) -> None:
    """Walk one patient through all infusions, from launch to the filed summary, and count what was read back."""
    with tempfile.TemporaryDirectory(prefix="infusion-journal-") as own:
        try:
            with running(folder or Path(own), ANY_PORT, ANY_PORT, filing=not no_filing) as stack:
                found = check(stack, infusions)
        except (CannotStart, LostTheWay) as problem:
            sys.exit(f"infusion-journal: {problem}")
    click.echo(json.dumps(found, separators=(",", ":")))
    if found != _expected(infusions):
        sys.exit(1)


def check(stack: Stack, infusions: int) -> dict[str, object]:
    """Walk, then count; the walk's own belief counts nothing."""
    trouble = None
    try:
        _walk(stack, infusions)
    except LostTheWay as problem:
        trouble = problem
        click.echo(f"The walk ended early: {problem}", err=True)
    found = read_back(stack, PATIENT)
    return _figures(found, trouble is None and _log_holds(stack))


def _figures(found: ReadBack, verified: bool) -> dict[str, object]:
    return {
        "questionnaires": found.questionnaires,
        "prompts": found.prompts,
        "responses": found.responses,
        "linked": found.linked,
        "documents": found.documents,
        "duplicates": found.duplicates,
        "audit_verified": verified,
    }


def _expected(infusions: int) -> dict[str, object]:
    return {
        "questionnaires": 6,
        "prompts": 30,
        "responses": infusions,
        "linked": infusions,
        "documents": infusions,
        "duplicates": 0,
        "audit_verified": True,
    }


def _walk(stack: Stack, infusions: int) -> None:
    with closing(Walker()) as patient, closing(Walker()) as clinician, closing(Walker()) as officer:
        sign_in(patient, stack, f"Patient/{PATIENT}", "/portal/")
        home = open_journal(patient, stack)
        for ordinal in range(1, infusions + 1):
            home = _write_one(patient, home, ordinal)
            click.echo(f"Infusion {ordinal}: written, sent, filed.", err=True)
        _clinician_reads(clinician, stack, infusions)
        _officer_verifies(officer, stack)


def sign_in(walker: Walker, stack: Stack, person: str, then: str) -> Page:
    """Choose who one is at the record system."""
    page = walker.open(f"{stack.sandbox_url}/sign-in?next={then}")
    return walker.press(page, _first_button(page, person), person=person)


def open_journal(walker: Walker, stack: Stack) -> Page:
    """Launch the journal from the portal, and stand on the course home."""
    page = walker.open(f"{stack.sandbox_url}/portal/")
    home = walker.press(page, "Open Infusion Journal")
    return _expect(home, "Your journal")


def _write_one(patient: Walker, home: Page, ordinal: int) -> Page:
    page = patient.press(home, f"Start writing: Infusion {ordinal}")
    for number in range(1, 6):
        if number == 3 and ordinal == 1:
            page = patient.press(page, "Skip for now")
        else:
            page = patient.press(page, "Next", text=WORDS.format(ordinal=ordinal, number=number))
    receipt = _expect(patient.press(_expect(page, "Check what you wrote"), "Send"), "Sent")
    deadline = time.monotonic() + FILED_WITHIN
    while "In your record since" not in receipt.text:
        if time.monotonic() > deadline:
            raise LostTheWay(f"entry {ordinal} was not filed within {FILED_WITHIN:.0f} s")
        time.sleep(0.2)
        receipt = patient.open(receipt.url)
    return patient.open(home.url)


def _clinician_reads(clinician: Walker, stack: Stack, infusions: int) -> None:
    sign_in(clinician, stack, "Practitioner/clinician-1", "/chart")
    chart = clinician.open(f"{stack.sandbox_url}/chart/{PATIENT}")
    newest = clinician.press(chart, "Open Infusion Journal in a new tab")
    _expect(newest, f"After infusion {infusions}: the sea was calm")
    side = clinician.open(newest.url + "side-by-side")
    _expect(side, "Side by side")


def _officer_verifies(officer: Walker, stack: Stack) -> None:
    sign_in(officer, stack, "Practitioner/officer-1", "/staff")
    log = officer.press(officer.open(f"{stack.sandbox_url}/staff"), "Open in a new tab")
    _expect(officer.press(_expect(log, "Access log"), "Check the log now"), "The log is whole")


def _log_holds(stack: Stack) -> bool:
    """The same from outside the running service: the command line reads the database by itself."""
    command = [sys.executable, "-m", "service.cli", "audit", "verify", "--clinic", CLINIC]
    run = subprocess.run(command, env=stack.environment, capture_output=True, text=True, check=False)
    return run.returncode == 0 and f"{CLINIC}: " in run.stdout


def _first_button(page: Page, person: str) -> str:
    for form in page.forms:
        for name, value, words in form.buttons:
            if name == "person" and value == person:
                return words
    raise LostTheWay(f"nobody called {person} can sign in")


def _expect(page: Page, words: str) -> Page:
    if words not in page.text:
        raise LostTheWay(f"{page.status} at {page.url.split('?')[0]}, without the words “{words}”")
    return page
