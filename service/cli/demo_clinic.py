"""The demo's one clinic: its file as an operator would write it, and its apps as the record system knows them."""

from pathlib import Path

from service.ehr.profile import profile_named
from service.keyring import SIGNING
from service.sandbox.config import RegisteredApp
from service.smart.signing_keys import load_signing_key, public_jwks

CLINIC = "maple-grove"
BACKEND = "journal-worker"
READER = "chart-reader"
TEST_PATIENT = "Patient/patient-test"
OWN_APP = "diary-app"
OWN_APP_REDIRECT = "http://127.0.0.1/diary-app"

# The profile that suits each record system the sandbox can imitate.
PROFILES = {
    "us-core": "us-core-9",
    "us-core-reviewed": "us-core-9",
    "us-core-reviewed-unseen": "us-core-9",
    "hapi": "hapi",
    "medplum": "medplum",
    "epic": "epic-like",
    "oracle": "oracle-health-like",
    "athenapractice": "athenapractice-like",
}

_PATIENT_SCOPES = "openid fhirUser launch online_access patient/Patient.r patient/Encounter.rs"
_CLINICIAN_SCOPES = "openid fhirUser launch online_access user/Patient.r user/Encounter.rs"
_OFFICER_SCOPES = "openid fhirUser launch"
_BACKEND_SCOPES = (
    "system/Patient.rs system/Encounter.rs system/Appointment.rs system/EpisodeOfCare.rs system/Procedure.rs"
    " system/DocumentReference.crus system/QuestionnaireResponse.crus system/Task.crus"
)
_READER_SCOPES = "system/Patient.rs system/Encounter.rs system/DocumentReference.rs"
_OWN_APP_SCOPES = "openid fhirUser launch/patient patient/QuestionnaireResponse.crs"


def clinics_file(sandbox_url: str, profile: str = "embedded") -> str:
    """clinics.toml for the demo; docs/clinics.md explains each line. `profile` says how the sandbox takes documents."""
    return f"""\
[clinic.{CLINIC}]
name = "Maple Grove Ketamine Clinic"
iss = "{sandbox_url}/fhir"
issuer = "{sandbox_url}"
zone = "America/Los_Angeles"
telephone = "+1 503 555 0100"
release = "on-submit"
frame_ancestors = ["{sandbox_url}"]

[clinic.{CLINIC}.patient_app]
client_id = "journal-patient"
scopes = "{_PATIENT_SCOPES}"

[clinic.{CLINIC}.clinician_app]
client_id = "journal-clinician"
scopes = "{_CLINICIAN_SCOPES}"

[clinic.{CLINIC}.officer_app]
client_id = "journal-officer"
scopes = "{_OFFICER_SCOPES}"

[clinic.{CLINIC}.backend]
client_id = "{BACKEND}"
scopes = "{_BACKEND_SCOPES}"

[clinic.{CLINIC}.infusions]
version = "1"
types = [
  {{ system = "http://maplegrove.example/encounter-types", code = "ketamine-iv-infusion" }},
  {{ system = "http://maplegrove.example/encounter-types", code = "ketamine-im-injection" }},
]

[clinic.{CLINIC}.series]
length = 6
episodes = false
beyond = "repeating"
attach_within_hours = 24
open_for_days = 90

[clinic.{CLINIC}.finding]
poll_minutes = 1
daily_look_hours = 24
merged_patients = false

[clinic.{CLINIC}.filing]
{_filing(profile)}

[clinic.{CLINIC}.people]
care_team = ["Practitioner/clinician-1"]
officers = ["Practitioner/officer-1"]
"""


def _filing(profile: str) -> str:
    # The clinic's word, as its people would write it once they have seen `check-clinic --prove`.
    rung = profile_named(profile).filing.rung
    tested = f'profile = "{profile}"\nrung = "{rung}"\ntest_patient = "{TEST_PATIENT}"'
    return f"{tested}\nneeds_encounter = false\ntasks = true" if profile == "embedded" else tested


def registered_apps(service_url: str, folder: Path) -> tuple[RegisteredApp, ...]:
    """What the record system's administrators entered: the journal's apps, its worker, and two of other makers."""
    reader = load_signing_key((folder / "secrets" / SIGNING).read_text())
    return (
        _page_app("journal-patient", "Infusion Journal", "patient", service_url, _PATIENT_SCOPES),
        _page_app("journal-clinician", "Infusion Journal", "clinician", service_url, _CLINICIAN_SCOPES),
        _page_app("journal-officer", "Infusion Journal access log", "officer", service_url, _OFFICER_SCOPES),
        RegisteredApp(
            client_id=BACKEND,
            name="Infusion Journal delivery",
            kind="backend",
            scopes=_BACKEND_SCOPES,
            jwks_url=f"{service_url}/.well-known/jwks.json",
        ),
        RegisteredApp(
            client_id=READER,
            name="Chart reader",
            kind="backend",
            scopes=_READER_SCOPES,
            jwks=public_jwks([reader]),
        ),
        RegisteredApp(
            client_id=OWN_APP,
            name="A patient's own diary app",
            kind="public",
            redirect_uris=(OWN_APP_REDIRECT,),
            scopes=_OWN_APP_SCOPES,
        ),
    )


def _page_app(client_id: str, name: str, kind: str, service_url: str, scopes: str) -> RegisteredApp:
    standalone = f"{service_url}/launch/{CLINIC}/patient" if kind == "patient" else None
    return RegisteredApp(
        client_id=client_id,
        name=name,
        kind="confidential-asymmetric",
        redirect_uris=(f"{service_url}/launch/callback",),
        launch_url=f"{service_url}/launch/{kind}",
        standalone_url=standalone,
        scopes=f"{scopes} launch/patient" if kind == "patient" else scopes,
        jwks_url=f"{service_url}/.well-known/jwks.json",
        audience_hint=kind,  # type: ignore[arg-type]  # one of the three kinds of visit
    )
