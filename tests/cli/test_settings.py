"""What an operator says wrongly is found before anything runs, and said in one sentence with its place."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.cli.demo_clinic import clinics_file
from service.cli.trouble import sentence
from service.clinic import ClinicsUnreadable, read_clinics
from service.journal.match import Coding
from service.journal.series import Beyond, SeriesRule
from service.settings import UnknownSetting, read_settings
from service.wiring import clinic_rules

GOOD = clinics_file("https://ehr.example").replace("https://ehr.example", "https://ehr.example/r4", 1)


# --- settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["PUBLIC_URI", "", "public_url", "CLINIC_FILE"])
def test_a_variable_of_ours_that_is_no_setting_is_an_error(name: str) -> None:
    with pytest.raises(UnknownSetting, match=f"INFUSION_JOURNAL_{name}"):
        read_settings({f"INFUSION_JOURNAL_{name}": "x"})


def test_variables_of_others_are_left_alone() -> None:
    assert read_settings({"PATH": "/", "INFUSION": "x"}).mode == "production"


URLS = {
    "https://journal.example": "https://journal.example",
    "https://journal.example/": "https://journal.example",
    "http://127.0.0.1:8080": "http://127.0.0.1:8080",
    "http://localhost": "http://localhost",
}


@pytest.mark.parametrize("url", URLS)
def test_an_origin_is_taken_without_its_slash(url: str) -> None:
    assert read_settings({"INFUSION_JOURNAL_PUBLIC_URL": url}).public_url == URLS[url]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "journal.example",
        "ftp://journal.example",
        "http://journal.example",
        "http://10.0.0.1",
        "https://",
        "https://journal.example/path",
        "https://journal.example?x=1",
        "//journal.example",
    ],
)
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        read_settings({"INFUSION_JOURNAL_PUBLIC_URL": url})


BAD = {
    "MODE": "sandbox",
    "WORKER": "many",
    "LOG_LEVEL": "loud",
    "TRUSTED_HOPS": "-1",
    "PUBLIC_URL": "http://journal.example",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_told_by_the_name_of_its_setting_and_never_by_itself(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_settings({f"INFUSION_JOURNAL_{name}": BAD[name]})

    told = sentence(refused.value) or ""
    assert told.startswith(f"INFUSION_JOURNAL_{name}: ")
    assert "\n" not in told
    assert f"'{BAD[name]}'" not in told


def test_several_bad_values_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        read_settings({"INFUSION_JOURNAL_MODE": "x", "INFUSION_JOURNAL_WORKER": "y"})

    told = sentence(refused.value) or ""
    assert "INFUSION_JOURNAL_MODE" in told
    assert "INFUSION_JOURNAL_WORKER" in told


def test_the_databases_password_is_in_no_text_of_the_settings() -> None:
    settings = read_settings({"INFUSION_JOURNAL_DATABASE_URL": "postgresql+psycopg://u:hush-hush@h/d"})

    assert "hush-hush" not in repr(settings)
    assert "hush-hush" in settings.database
    assert not settings.is_embedded


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    assert sentence(RuntimeError("x")) is None


# --- clinics.toml ----------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clinics.toml"


def test_a_good_file_is_read(file: Path) -> None:
    file.write_text(GOOD)

    (clinic,) = read_clinics(file).values()

    assert clinic.spellings == ("https://ehr.example/r4/fhir", "https://ehr.example/r4/fhir/")


def test_what_a_file_leaves_out_is_as_the_pages_say(file: Path) -> None:
    kept = [part for part in GOOD.split("\n\n") if ".series]" not in part and ".finding]" not in part]
    file.write_text("\n\n".join(part for part in kept if ".filing]" not in part))

    (clinic,) = read_clinics(file).values()
    rules = clinic_rules(clinic)

    assert (rules.series, clinic.finding.poll_minutes, clinic.finding.daily_look_hours) == (
        SeriesRule(),
        5,
        24,
    )
    assert (clinic.finding.merged_patients, clinic.finding.notify_secret_file) == (False, None)
    assert (clinic.filing.needs_encounter, clinic.filing.tasks) == (False, False)
    assert rules.match.statuses == {"arrived", "in-progress", "onleave", "finished"}


def test_everything_that_a_file_says_of_infusions_and_series_reaches_the_rules(file: Path) -> None:
    code = '[{ system = "urn:x", code = "%s" }]'
    lists = ("service_types", "classes", "reasons", "appointment_types", "proof_codes")
    excluded = tuple(f"excluded_{name}" for name in ("types", "service_types", "classes", "reasons"))
    said = [f"{name} = {code % name}" for name in (*lists, *excluded)]
    said += ['locations = ["Location/1"]', 'excluded_locations = ["Location/2"]', 'proof = "Procedure"']
    said += ['statuses = ["triaged", "unknown"]', "ready_after_minutes = 5", "usual_stay_hours = 2"]
    good = GOOD.replace('version = "1"', "\n".join(['version = "7"', *said]))
    good = good.replace("length = 6", "length = 8").replace("episodes = false", "episodes = true")
    good = good.replace("attach_within_hours = 24", "attach_within_hours = 48")
    good = good.replace("open_for_days = 90", "open_for_days = 30")
    good = good.replace('"repeating"', '"booster"\nbooster = "https://clinic.example/b"')
    file.write_text(good)

    (clinic,) = read_clinics(file).values()
    rules = clinic_rules(clinic)

    for name in (*lists, *excluded):
        assert getattr(rules.match, name) == (Coding("urn:x", name),)
    assert len(rules.match.types) == 2
    assert (rules.match.locations, rules.match.excluded_locations) == (("Location/1",), ("Location/2",))
    assert (rules.match.version, rules.match.zone, rules.match.proof) == (
        "7",
        "America/Los_Angeles",
        "Procedure",
    )
    assert rules.match.statuses == {"triaged", "unknown"}
    assert (rules.match.ready_after, rules.match.usual_stay) == (timedelta(minutes=5), timedelta(hours=2))
    booster = "https://clinic.example/b"
    assert rules.series == SeriesRule(
        8, True, Beyond.BOOSTER, booster, timedelta(hours=48), timedelta(days=30)
    )


# What is put in place of what, and the words of the answer: the place, and what is wrong there.
FAULTS: dict[str, tuple[str, str, str]] = {
    "not TOML": ("[clinic.maple-grove]", "[clinic.maple-grove", "clinics.toml"),
    "a second table": ("[clinic.maple-grove]", "[clinics.maple-grove]", "expected tables"),
    "a word of ours": ("clinic.maple-grove", "clinic.launch", "launch"),
    "capitals in the name": ("clinic.maple-grove", "clinic.Maple", "Maple"),
    "a name with a slash": ("clinic.maple-grove", 'clinic."a/b"', "a/b"),
    "an unknown line": ("telephone =", "telefone =", "maple-grove.telefone"),
    "no name": ('name = "Maple Grove Ketamine Clinic"\n', "", "maple-grove.name"),
    "an empty name": ("Maple Grove Ketamine Clinic", "", "maple-grove.name"),
    "no iss": ('iss = "https://ehr.example/r4/fhir"\n', "", "maple-grove.iss"),
    "iss not https": (
        'iss = "https://ehr',
        'iss = "http://ehr',
        "maple-grove.iss: Value error, must be https",
    ),
    "iss with a user": ('iss = "https://ehr', 'iss = "https://me@ehr', "maple-grove.iss"),
    "iss with a query": ("/r4/fhir", "/r4/fhir?x=1", "maple-grove.iss"),
    "iss with a fragment": ("/r4/fhir", "/r4/fhir#x", "maple-grove.iss"),
    "no host": ('iss = "https://ehr.example/r4/fhir"', 'iss = "https:///fhir"', "maple-grove.iss"),
    "a zone of nowhere": ("America/Los_Angeles", "America/Atlantis", "maple-grove.zone"),
    "a language not shipped": ("release =", 'language = "xx"\nrelease =', "maple-grove.language"),
    "a release of no kind": ('"on-submit"', '"next-week"', "maple-grove.release"),
    "a release at no hour": ('"on-submit"', '"next-morning"\nrelease_at = "9:00"', "maple-grove.release_at"),
    "a wildcard for frames": ('["https://ehr.example"]', '["*"]', "maple-grove.frame_ancestors"),
    "every host for frames": ('["https://ehr.example"]', '["https://*"]', "maple-grove.frame_ancestors"),
    "every port for frames": (
        '["https://ehr.example"]',
        '["https://ehr.example:*"]',
        "maple-grove.frame_ancestors",
    ),
    "two in one for frames": (
        '["https://ehr.example"]',
        '["https://ehr.example https://evil.example"]',
        "maple-grove.frame_ancestors",
    ),
    "a rule among the frames": (
        '["https://ehr.example"]',
        '["https://ehr.example;script-src"]',
        "maple-grove.frame_ancestors",
    ),
    "a kind of app unknown": (
        'client_id = "journal-patient"',
        'client_id = "journal-patient"\nkind = "x"',
        "maple-grove.patient_app.kind",
    ),
    "a secret for none": (
        'client_id = "journal-patient"',
        'client_id = "journal-patient"\nsecret_file = "x"',
        "maple-grove.patient_app: Value error, secret_file",
    ),
    "no secret": (
        'client_id = "journal-patient"',
        'client_id = "journal-patient"\nkind = "confidential-symmetric"',
        "maple-grove.patient_app: Value error, secret_file",
    ),
    "a rule for nothing": (
        "types = [",
        "excluded_types = [",
        "maple-grove.infusions: Value error, names nothing",
    ),
    "a status that never counts": (
        'version = "1"',
        'version = "1"\nstatuses = ["finished", "planned"]',
        "statuses that never count: planned",
    ),
    "minutes beyond a day": (
        'version = "1"',
        'version = "1"\nready_after_minutes = 9999',
        "ready_after_minutes",
    ),
    "a status that is none": (
        'version = "1"',
        'version = "1"\nstatuses = ["finished", "completed"]',
        "no statuses of an encounter: completed; there are arrived, triaged",
    ),
    "no status at all": ('version = "1"', 'version = "1"\nstatuses = []', "infusions.statuses"),
    "a proof of another kind": (
        'version = "1"',
        'version = "1"\nproof = "Observation"',
        "maple-grove.infusions.proof",
    ),
    "codes of no proof": (
        'version = "1"',
        'version = "1"\nproof_codes = [{ system = "urn:x", code = "a" }]',
        "proof_codes need proof",
    ),
    "exclusions alone": ("types = [", "excluded_service_types = [", "names nothing"),
    "a series of none": ("length = 6", "length = 0", "maple-grove.series.length"),
    "a series without an end": ("length = 6", "length = 61", "maple-grove.series.length"),
    "something else beyond": ('beyond = "repeating"', 'beyond = "anything"', "maple-grove.series.beyond"),
    "a booster without its set": (
        'beyond = "repeating"',
        'beyond = "booster"',
        'maple-grove.series: Value error, beyond = "booster" needs booster',
    ),
    "a set without a booster": (
        'beyond = "repeating"',
        'beyond = "nothing"\nbooster = "https://clinic.example/b"',
        'booster belongs to beyond = "booster"',
    ),
    "a booster with its version": (
        'beyond = "repeating"',
        'beyond = "booster"\nbooster = "https://clinic.example/b|1.0.0"',
        "without |version",
    ),
    "attaching after weeks": ("attach_within_hours = 24", "attach_within_hours = 169", "attach_within_hours"),
    "a set open for ever": ("open_for_days = 90", "open_for_days = 731", "open_for_days"),
    "polling once in two days": (
        "poll_minutes = 1",
        "poll_minutes = 2880",
        "maple-grove.finding.poll_minutes",
    ),
    "a secret somewhere else": (
        "merged_patients = false",
        'merged_patients = false\nnotify_secret_file = "../x"',
        "must be the name of a file in the secrets folder",
    ),
    "a code without a system": (
        'system = "http://maplegrove.example/encounter-types", code = "ketamine-iv-infusion"',
        'code = "x"',
        "maple-grove.infusions.types.0.system",
    ),
    "a person that is none": ('"Practitioner/officer-1"', '"officer-1"', "maple-grove.people.officers.0"),
    "a patient for an officer": ('"Practitioner/officer-1"', '"Patient/1"', "maple-grove.people.officers.0"),
    "a rung not offered": (
        'rung = "B"',
        'rung = "E"',
        "maple-grove.filing.rung",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_the_file_is_named_with_its_place(file: Path, name: str) -> None:
    before, instead, words = FAULTS[name]
    assert before in GOOD
    file.write_text(GOOD.replace(before, instead))

    with pytest.raises(ClinicsUnreadable) as refused:
        read_clinics(file)

    told = sentence(refused.value) or ""
    assert words in told
    assert told.startswith(str(file))


def test_two_clinics_cannot_share_a_record_system(file: Path) -> None:
    file.write_text(
        GOOD + GOOD.replace("clinic.maple-grove", "clinic.cedar").replace("/r4/fhir", "/r4/fhir/")
    )

    with pytest.raises(ClinicsUnreadable, match="same iss"):
        read_clinics(file)


def test_origins_are_taken_as_a_browser_writes_them(file: Path) -> None:
    file.write_text(
        f'{GOOD}\n[clinic.maple-grove.api]\norigins = ["https://app.example", "http://localhost:5173"]\n'
    )
    [clinic] = read_clinics(file).values()
    assert clinic.api.origins == ("https://app.example", "http://localhost:5173")


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "*",
            "null",
            "app.example",
            "https://app.example/",
            "https://app.example/page",
            "https://App.example",
        ),
        *(
            "https://app.example:443",
            "http://localhost:80",
            "http://app.example",
            "https://a@app.example",
            "",
        ),
        *("https://*.example", "https://app.example:", "https://app.example?x"),
    ],
)
def test_an_origin_that_no_browser_writes_is_refused(file: Path, origin: str) -> None:
    """It would never match, or match what nobody meant."""
    file.write_text(f'{GOOD}\n[clinic.maple-grove.api]\norigins = ["{origin}"]\n')
    with pytest.raises(ClinicsUnreadable, match="origins"):
        read_clinics(file)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ClinicsUnreadable, match=r"clinics\.toml"):
        read_clinics(file)


def test_several_faults_are_counted(file: Path) -> None:
    file.write_text(GOOD.replace("America/Los_Angeles", "Nowhere").replace("telephone =", "telefone ="))

    with pytest.raises(ClinicsUnreadable, match="and 1 more"):
        read_clinics(file)
