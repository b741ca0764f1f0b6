"""What a compliance officer may see: the whole log, and no patient's words (product rules 27 and 29)."""

from service.workflow.audit_by_command import sign_clinic
from tests.people import clinician, officer, patient, sign_in, staff_app
from tests.world import CLINIC, EHR, World

NAME = "patient-six-done"
WORDS = {"ai1.1": "The sea was calm."}


def test_an_officer_with_a_chart_open_reads_no_words_at_the_api(world: World) -> None:
    patient(world).write("six-done-1", WORDS)
    answer = staff_app(world, "officer-1", chart=NAME).get("QuestionnaireResponse")
    assert (answer.status_code, "sea" in answer.text) == (403, False)


def test_an_officer_does_not_pass_the_clinicians_door(world: World) -> None:
    patient(world).write("six-done-1", WORDS)
    browser, _ = sign_in(world, "Practitioner/officer-1", "/chart")
    chart = browser.open(f"{EHR.removesuffix('/fhir')}/chart/{NAME}")
    page = browser.press(chart, "in a new tab")
    assert "NotForThisPerson" in page.text
    assert "sea" not in page.text


def test_who_saw_this_patient_names_everybody_however_long_the_log_is(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", WORDS)
    clinician(world)
    for _ in range(210):
        ada.get()
    page = officer(world).get(f"patient/{NAME}").text.replace("<wbr>", "")
    assert "Practitioner/clinician-1" in page


def test_the_check_says_no_more_than_it_checked(world: World) -> None:
    before = officer(world).post("verify").text
    assert "No checkpoint was signed yet" in before

    sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)

    after = officer(world).post("verify").text
    assert "the last signed checkpoint" in after
    assert f"{CLINIC}/audit" in after
