"""`check-clinic` before a record system: what it declares against the profile, and the rung proven there."""

import pytest
from click.testing import CliRunner, Result

from service.audit.record import Deed
from service.cli import commands
from service.cli.demo_clinic import CLINIC, TEST_PATIENT
from service.settings import read_settings
from service.wiring import wire
from tests.cli.conftest import Place, log
from tests.workflow.filing import by_profile

EMBEDDED = by_profile("embedded")


def call(*words: str) -> Result:
    return CliRunner().invoke(commands, ["check-clinic", "--clinic", CLINIC, *words])


def test_the_profile_and_the_rung_are_said_and_that_nobody_has_proven_it(place: Place) -> None:
    result = call()

    assert result.exit_code == 0, result.output
    assert "Filing goes by profile embedded, on rung B." in result.output
    assert (
        "Rung B is the clinic's word, and nothing here has proven it (run check-clinic --prove)."
        in result.output
    )
    assert "0 warning(s)." in result.output


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("hapi", 'rung "A" is relied on, and the record system does not declare it'),
        ("epic-like", "conditional_create is declared for DocumentReference, and not made use of"),
        ("epic-like", "updates is declared for DocumentReference, and not made use of"),
    ],
)
def test_each_difference_between_what_is_declared_and_the_profile_is_named(
    place: Place, profile: str, words: str
) -> None:
    place.change(EMBEDDED, by_profile(profile))

    result = call()

    assert result.exit_code == 0, result.output
    assert f"warning: {words}" in result.output


def test_where_no_rung_is_written_it_says_what_holds_and_what_to_write(place: Place) -> None:
    """Fault matrix, section 2, rule 4: a proof configures nothing; the clinic's line does."""
    place.change(EMBEDDED, 'profile = "embedded"\n')

    result = call()

    assert result.exit_code == 0, result.output
    assert "Filing goes by profile embedded, on rung D." in result.output
    assert 'once check-clinic --prove has shown it, write rung = "B"' in result.output
    proved = call("--prove")
    assert proved.exit_code == 0, proved.output
    assert "Proven: B, C, D." in proved.output
    assert "on rung D" in call().output


def test_the_rung_is_proven_on_the_test_patient_and_all_is_struck(place: Place) -> None:
    result = call("--prove")

    assert result.exit_code == 0, result.output
    assert f"Tried on {TEST_PATIENT}:" in result.output
    assert "A small document (pdf) was taken (201)." in result.output
    assert "Proven: B, C, D." in result.output
    assert "marked as entered in error, but for 0." in result.output
    assert [one.reason for one in log(CLINIC) if one.deed is Deed.CONFIGURATION] == [
        "probe-begun",
        "probe-proved-B",
    ]


def test_a_rung_that_does_not_hold_is_an_error(place: Place) -> None:
    place.change(EMBEDDED, by_profile("hapi"))

    result = call("--prove")

    assert result.exit_code == 1
    assert 'filing.rung is "A", and only B, C, D was seen to hold: set rung = "B".' in result.output


def test_without_a_test_patient_nothing_is_sent_and_that_is_said(place: Place) -> None:
    place.change(f'test_patient = "{TEST_PATIENT}"\n', "")

    assert "name a filing.test_patient for that" in call().output
    result = call("--prove")

    assert result.exit_code == 1
    assert "rung D holds until the clinic names one" in result.output
    assert [one for one in log(CLINIC) if one.deed is Deed.FILING] == []


def test_a_test_patient_who_is_not_there_is_said(place: Place) -> None:
    place.change(f'test_patient = "{TEST_PATIENT}"', 'test_patient = "Patient/nobody"')

    result = call("--prove")

    assert result.exit_code == 1
    assert "Patient/nobody is not in the record system." in result.output


def test_a_profile_that_clashes_with_the_clinics_own_keys_is_named(place: Place) -> None:
    place.change('profile = "embedded"', 'profile = "epic-like"')

    result = call()

    assert result.exit_code != 0
    assert "clinic.maple-grove.filing" in str(result.exception)
    assert "conditional_create" in str(result.exception)


def test_a_right_that_the_record_system_does_not_grant_is_named_with_what_needs_it(place: Place) -> None:
    """W-60: what was asked for, what of it is refused, and what the worker does meanwhile."""
    place.change(" system/Task.crus", " system/Task.crus system/Communication.c system/Condition.rs")

    result = call()

    assert result.exit_code == 1
    assert "Until it does, the worker files nothing" in result.output
    assert "  system/Communication.c: no setting needs it: leave it out" in result.output


def test_a_right_that_a_setting_needs_and_nobody_asks_for_is_named(place: Place) -> None:
    place.change(" system/DocumentReference.crus", " system/DocumentReference.rs")

    result = call()

    assert result.exit_code == 0, result.output
    assert "warning: filing needs system/DocumentReference.crs; backend.scopes lacks" in result.output
    assert "warning: replacing a filed summary after an amendment needs" in result.output


def standing(place: Place) -> set[str]:
    """The ids of every document that the record system has."""
    wiring = wire(read_settings())
    try:
        found = wiring.desk.clinic(CLINIC).for_delivery.search(
            "DocumentReference", {"patient": "patient-test"}
        )
        return {one["id"] for one in found}
    finally:
        wiring.stop()


def test_a_dry_run_says_each_request_and_writes_nothing(place: Place) -> None:
    """W-62: made and checked, and the very requests of filing, replacing and striking."""
    before = standing(place)

    result = call("--dry-run")

    assert result.exit_code == 0, result.output
    assert standing(place) == before
    said = [line.strip() for line in result.output.splitlines()]
    assert f"What would be sent for {TEST_PATIENT}:" in said
    assert "The DocumentReference is valid FHIR R4." in said
    assert any(line.startswith("pdf: ") and line.endswith(" bytes") for line in said)
    steps = [
        "A summary is filed:",
        "Its patient changes it:",
        "The old one is marked:",
        "It was entered in error:",
    ]
    assert [line for line in said if line in steps] == steps
    asked = [line.split()[0] for line in said if line.startswith(("GET", "POST", "PUT"))]
    assert asked == ["GET", "POST", "GET", "GET", "POST", "GET", "GET", "PUT", "GET", "PUT"]
    assert any("If-None-Exist: identifier=urn:ietf:rfc:3986|urn:uuid:" in line for line in said)
    assert "Nothing of this was written there." in said
    assert [one.reason for one in log(CLINIC) if one.deed is Deed.CONFIGURATION] == ["filing-rehearsed"]
    assert [one for one in log(CLINIC) if one.deed is Deed.FILING] == []


@pytest.mark.parametrize(
    ("profile", "first", "condition"),
    [
        ("hapi", "PUT  DocumentReference/", "If-None-Match: *"),
        ("medplum", "POST DocumentReference  ", "If-None-Exist: identifier="),
        ("epic-like", "POST DocumentReference  ", ""),
    ],
)
def test_a_dry_run_goes_by_the_clinics_rung(place: Place, profile: str, first: str, condition: str) -> None:
    place.change(EMBEDDED, by_profile(profile))
    result = call("--dry-run")
    writes = [
        line.strip() for line in result.output.splitlines() if line.endswith(" bytes") and "Docu" in line
    ]
    assert writes[0].startswith(first), result.output
    assert ("If-None" in writes[0]) is bool(condition)
    assert condition in writes[0]


def test_a_dry_run_needs_a_test_patient(place: Place) -> None:
    place.change(f'test_patient = "{TEST_PATIENT}"\n', "")
    result = call("--dry-run")
    assert result.exit_code == 1
    assert "Nothing can be tried without filing.test_patient" in result.output
