"""`check-config` and `check-clinic`: what can be used and is probably not meant, and what a record system offers."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from service.cli import check_clinic, commands, configuration
from service.cli.demo_clinic import CLINIC
from service.ehr.finding import FindingWay
from service.store.migrating import upgrade
from tests.cli.conftest import Place, log
from tests.cli.exports import at, ndjson, visit

INFUSIONS = [visit(f"v{day}", at(day)) for day in range(1, 5)]
OTHERS = [visit(f"o{day}", at(day), code="intake") for day in range(1, 4)]


def call(*words: str) -> Result:
    return CliRunner().invoke(commands, list(words))


def export(folder: Path, *visits: Any) -> tuple[str, str]:
    return "--encounters", str(ndjson(folder / "x.ndjson", *visits))


# --- the rule, tried -------------------------------------------------------------------------------------------


def test_a_rule_that_matches_some_is_told_with_its_count(place: Place) -> None:
    result = call("check-config", *export(place.folder, *INFUSIONS, *OTHERS))

    assert result.exit_code == 0
    assert "clinic maple-grove: the rule matches 4 of 7 encounters (3 type)" in result.output
    assert "1 clinic(s), nothing wrong, 0 warning(s)." in result.output


def test_a_rule_that_matches_none_is_a_warning_with_what_fails(place: Place) -> None:
    gone = visit("gone", at(9), status="cancelled")

    result = call("check-config", *export(place.folder, *OTHERS, gone))

    assert result.exit_code == 0
    told = "clinic maple-grove: warning: the rule matches none of 4 encounters (1 status, 3 type)"
    assert told in result.output
    assert "1 clinic(s), can be used, 1 warning(s)." in result.output


def test_a_rule_that_matches_all_is_a_warning(place: Place) -> None:
    result = call("check-config", *export(place.folder, *INFUSIONS))

    assert "warning: the rule matches all of 4 encounters" in result.output
    assert "1 warning(s)" in result.output


def test_without_encounters_there_is_nothing_to_try(place: Place) -> None:
    result = call("check-config", *export(place.folder, {"resourceType": "Patient", "id": "p"}, "7"))

    assert (result.exit_code, "no encounters to try the rule on" in result.output) == (0, True)
    assert "x.ndjson, line 2" in result.stderr


def test_the_record_system_is_asked_where_no_file_is_named(place: Place) -> None:
    result = call("check-config")

    assert result.exit_code == 0
    assert "clinic maple-grove: the rule matches" in result.output
    assert "encounters (" in result.output
    assert "0 warning(s)" in result.output


def test_the_record_system_is_asked_about_what_stands_beside_the_visits_too(place: Place) -> None:
    place.change('version = "1"', 'version = "1"\nproof = "Procedure"')

    result = call("check-config")

    assert result.exit_code == 0
    assert "clinic maple-grove: the rule matches" in result.output
    assert "no-proof" in result.output


@pytest.mark.parametrize("proof", ["", '\nproof = "Procedure"'])
def test_whose_visits_were_looked_at_is_remembered(place: Place, proof: str) -> None:
    place.change('version = "1"', f'version = "1"{proof}')

    call("check-config")

    remembered = log(CLINIC)
    assert [one.deed.value for one in remembered].count("search") == 1
    assert {"patient-six-done", "patient-no-times"} <= {one.patient for one in remembered}
    assert {one.agent.role for one in remembered} == {"operator"}


def test_without_its_tables_the_database_is_named_and_nobody_asked(place: Place) -> None:
    (place.folder / "journal.sqlite").unlink()

    result = call("check-config")

    assert result.exit_code == 0
    assert "not asked: the log cannot be written: run `infusion-journal migrate`" in result.output


def test_nobody_is_asked_where_the_operator_says_so(place: Place) -> None:
    place.change(place.sandbox_url, "http://127.0.0.1:9")

    result = call("check-config", "--offline")

    assert (result.exit_code, "the rule" in result.output, "not asked" in result.output) == (0, False, False)


def test_a_record_system_that_is_not_there_is_no_failure(place: Place) -> None:
    place.change(place.sandbox_url, f"http://127.0.0.1:{_closed_port()}")

    result = call("check-config")

    assert result.exit_code == 0
    assert "clinic maple-grove: not asked: " in result.output
    assert "0 warning(s)" in result.output


def test_a_record_system_that_says_nothing_does_not_hold_the_check_up(
    place: Place, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "_ANSWERS_WITHIN", 0.2)
    place.change(place.sandbox_url, silent)

    result = call("check-config")

    assert result.exit_code == 0
    assert "not asked: no answer within 0 seconds" in result.output


def test_without_a_folder_yet_the_file_alone_is_checked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFUSION_JOURNAL_FOLDER", str(place.folder / "not-yet"))

    result = call("check-config")

    assert (result.exit_code, "nothing wrong" in result.output) == (0, True)
    assert not (place.folder / "not-yet").exists()


# --- the file alone --------------------------------------------------------------------------------------------

WARNINGS: dict[str, tuple[str, str, str]] = {
    "a shorter series": (
        "length = 6",
        "length = 4",
        "series.length is 4, and the text of the closing set speaks of infusion 6",
    ),
    "a longer series": ("length = 6", "length = 12", "series.length is 12"),
    "a booster that nobody published": (
        'beyond = "repeating"',
        'beyond = "booster"\nbooster = "https://clinic.example/Questionnaire/booster"',
        "https://clinic.example/Questionnaire/booster is not published here",
    ),
    "appointments": (
        'version = "1"',
        'version = "1"\nappointment_types = [{ system = "urn:x", code = "a" }]',
        "infusions.appointment_types needs system/Appointment.s; backend.scopes lacks system/Appointment.s",
    ),
    "procedures": ('version = "1"', 'version = "1"\nproof = "Procedure"', "lacks system/Procedure.s"),
    "medication": (
        'version = "1"',
        'version = "1"\nproof = "MedicationAdministration"',
        "lacks system/MedicationAdministration.s",
    ),
    "episodes": ("episodes = false", "episodes = true", "lacks system/EpisodeOfCare.s"),
    "merged patients": (
        "merged_patients = false",
        "merged_patients = true",
        "finding.merged_patients needs system/Patient.rs; backend.scopes lacks system/Patient.s",
    ),
    "tasks": ("tasks = false", "tasks = true", "filing.tasks needs system/Task.crus"),
    "replacing": (
        "system/DocumentReference.crus",
        "system/DocumentReference.crs",
        "replacing a filed summary after an amendment needs system/DocumentReference.u",
    ),
    "mixed scopes": ("system/Patient.r ", "system/Patient.r patient/Patient.r ", "scopes of a person"),
}


@pytest.fixture
def narrow(place: Place) -> Place:
    """A clinic whose worker may do no more than the plainest rule asks for."""
    written = (place.folder / "clinics.toml").read_text()
    (scopes,) = [one for one in written.splitlines() if one.startswith('scopes = "system/')]
    place.change(scopes, 'scopes = "system/Patient.r system/Encounter.rs system/DocumentReference.crus"')
    place.change("tasks = true", "tasks = false")
    return place


def test_the_plainest_clinic_gives_no_warning(narrow: Place) -> None:
    assert "nothing wrong, 0 warning(s)" in call("check-config", "--offline").output


@pytest.mark.parametrize("name", WARNINGS)
def test_what_is_probably_not_meant_is_a_warning_and_no_failure(narrow: Place, name: str) -> None:
    before, instead, words = WARNINGS[name]
    narrow.change(before, instead)

    result = call("check-config", "--offline")

    assert result.exit_code == 0
    assert "clinic maple-grove: warning: " in result.output
    assert words in result.output
    assert "can be used, 1 warning(s)" in result.output


def test_a_published_booster_gives_no_warning(narrow: Place) -> None:
    later = Path(__file__).parents[2] / "fhir" / "Questionnaire" / "after-later-infusions.json"
    url = json.loads(later.read_text())["url"]
    narrow.change('beyond = "repeating"', f'beyond = "booster"\nbooster = "{url}"')

    assert "0 warning(s)" in call("check-config", "--offline").output


@pytest.mark.parametrize("form", ["opaque", "both"])
def test_tokens_that_nobody_can_be_asked_about_are_a_warning(place: Place, form: str, unasked: str) -> None:
    place.change(
        "[clinic.maple-grove.filing]",
        f'[clinic.maple-grove.api]\ntokens = "{form}"\n\n[clinic.maple-grove.filing]',
    )
    told = f'warning: api.tokens is "{form}", and the record system names no introspection endpoint'

    assert told not in call("check-config").output
    assert told not in call("check-config", "--offline").output
    place.change(place.sandbox_url, unasked)
    assert f"clinic maple-grove: {told}" in call("check-config").output


def test_signed_tokens_need_nobody_to_be_asked(place: Place, unasked: str) -> None:
    place.change(place.sandbox_url, unasked)

    assert "introspection" not in call("check-config").output


@pytest.fixture
def unasked() -> Iterator[str]:
    """A record system that says where tokens are given, and not where to ask about them."""
    server = make_server("127.0.0.1", 0, _document, threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    serving.join()


@Request.application
def _document(request: Request) -> Response:
    if not request.path.endswith("/.well-known/smart-configuration"):
        return Response(status=404)
    home = request.host_url.rstrip("/")
    return Response(json.dumps({"token_endpoint": f"{home}/token"}), content_type="application/json")


# --- check-clinic ----------------------------------------------------------------------------------------------


def test_what_the_record_system_offers_is_said(place: Place) -> None:
    result = call("check-clinic", "--clinic", CLINIC)

    assert result.exit_code == 0, result.output
    assert "Infusions will be found every 1 minute(s) " in result.output
    for words in ("appointments can be read", "episodes of care can be read", "tasks can be written"):
        assert f"  yes  {words}" in result.output
    assert "0 warning(s)." in result.output


def test_how_to_be_notified_is_said_without_the_secret(place: Place, running_sandbox: Place) -> None:
    secret = running_sandbox.folder / "secrets" / "notify"
    secret.write_text("hush-hush")
    assert "Notifications are refused" in call("check-clinic", "--clinic", CLINIC).output
    place.change("merged_patients = false", 'merged_patients = false\nnotify_secret_file = "notify"')

    result = call("check-clinic", "--clinic", CLINIC)

    assert "endpoint https://journal.example/maple-grove/fhir/notifications" in result.output
    assert "Authorization: Bearer" in result.output
    assert "hush-hush" not in result.output


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (FindingWay(by_last_updated=True), "every 1 minute(s) over the whole clinic"),
        (
            FindingWay(by_patient=True, by_patient_and_date=True),
            "for each patient who came here once, by patient and",
        ),
        (FindingWay(by_patient=True), "for each patient who came here once, by patient."),
        (FindingWay(), "only at a launch"),
    ],
)
def test_how_infusions_will_be_found_follows_from_what_is_offered(
    place: Place, monkeypatch: pytest.MonkeyPatch, way: FindingWay, words: str
) -> None:
    monkeypatch.setattr(check_clinic, "way_to_find", lambda statement: way)

    result = call("check-clinic", "--clinic", CLINIC)

    assert words in result.output
    assert "  no   documents can be filed" in result.output
    assert "warning: the record system does not offer what filing documents needs" in result.output
    assert "warning: the record system does not offer what filing.tasks needs" in result.output
    assert ("reading a patient's visits needs" in result.output) != way.by_patient


def test_polling_that_is_off_is_said(place: Place) -> None:
    place.change("poll_minutes = 1", "poll_minutes = 0")

    assert "polling is off" in call("check-clinic", "--clinic", CLINIC).output


def test_a_clinic_that_is_none_and_a_record_system_that_is_not_there(place: Place) -> None:
    assert call("check-clinic", "--clinic", "nowhere").exit_code == 2
    place.change(place.sandbox_url, f"http://127.0.0.1:{_closed_port()}")

    result = call("check-clinic", "--clinic", CLINIC)

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.postgres
def test_a_database_role_above_row_level_security_is_warned_about(
    place: Place, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(postgres_url)
    monkeypatch.setenv("INFUSION_JOURNAL_DATABASE_URL", postgres_url)

    result = call("check-config")

    assert result.exit_code == 0
    assert "database: warning: the database role is above row-level security" in result.output
    assert "1 warning(s)" in result.output
