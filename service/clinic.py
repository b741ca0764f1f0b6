"""The clinics this service works for: one validated TOML file, one table per clinic.

docs/clinics.md explains each value. Nothing here is a secret: keys and client secrets are named by file.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.filing_table import FilingTable

# Segments of our own URLs, which no clinic can be called.
_RESERVED = ("journal", "chart", "compliance", "launch", "health", "static")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# FHIR R4 encounter-status, and those of it that no clinic can count (product rule 7).
_COUNTABLE = ("arrived", "triaged", "in-progress", "onleave", "finished", "unknown")
_NEVER_COUNTED = ("planned", "cancelled", "entered-in-error")


class ClinicsUnreadable(ValueError):
    """The clinics file cannot be used; the text names the place and what is wrong there."""


def _server_url(value: str) -> str:
    """SMART A-13: no userinfo, query or fragment; https, or http on this machine."""
    parts = urlsplit(value)
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("must be a plain URL without user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("must be https (http only on this machine)")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is no IANA time zone, e.g. America/Los_Angeles")
    return value


def _person(value: str) -> str:
    if not re.fullmatch(r"(Practitioner|PractitionerRole|Person)/[A-Za-z0-9\-.]{1,64}", value):
        raise ValueError("must be a fhirUser such as Practitioner/123")
    return value


def _patient(value: str) -> str:
    if not re.fullmatch(r"Patient/[A-Za-z0-9\-.]{1,64}", value):
        raise ValueError("must name one patient, such as Patient/123")
    return value


def _canonical(value: str) -> str:
    """The URL of a published set without its version: a series always asks the newest."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "|" in value or parts.fragment:
        raise ValueError("must be a Questionnaire's canonical URL, without |version")
    return value


def _origin(value: str) -> str:
    """As a browser writes it (RFC 6454 section 6.2): nothing after the port, no default port, no capitals."""
    parts = urlsplit(_server_url(value))
    default = {"https": 443, "http": 80}[parts.scheme]
    # Only letters of a host: a semicolon or a star would say more in a header than the operator meant (T28).
    is_plain = re.fullmatch(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.\-]+)(:[0-9]+)?", value) is not None
    if not is_plain or parts.port == default:
        raise ValueError("must be an origin as a browser writes it, e.g. https://app.example")
    return value


def _hour(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('must be an hour of the day such as "09:00"')
    return value


def _file_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", value):
        raise ValueError("must be the name of a file in the secrets folder, without a path")
    return value


ServerUrl = Annotated[str, AfterValidator(_server_url)]
Zone = Annotated[str, AfterValidator(_zone)]
PatientReference = Annotated[str, AfterValidator(_patient)]
PersonReference = Annotated[str, AfterValidator(_person)]
CanonicalUrl = Annotated[str, AfterValidator(_canonical)]
Origin = Annotated[str, AfterValidator(_origin)]
Hour = Annotated[str, AfterValidator(_hour)]
FileName = Annotated[str, AfterValidator(_file_name)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Code(_Part):
    """A coding of the record system."""

    system: str
    code: str


class App(_Part):
    """One registration of ours at the record system (SMART A-01)."""

    client_id: str
    kind: Literal["public", "confidential-asymmetric", "confidential-symmetric"] = "confidential-asymmetric"
    scopes: str
    secret_file: str | None = None
    send_client_id: bool = False

    @model_validator(mode="after")
    def _has_its_secret(self) -> "App":
        if (self.kind == "confidential-symmetric") != (self.secret_file is not None):
            raise ValueError("secret_file belongs to kind confidential-symmetric, and to no other")
        return self


class Backend(_Part):
    """Our registration as a backend service: what the delivery worker and the finding of infusions use."""

    client_id: str
    scopes: str = "system/Patient.rs system/Encounter.rs system/DocumentReference.crus"


class Infusions(_Part):
    """Which encounters count as infusions (product rule 7).

    Every list given must be met; the excluded ones take out again what the others let in. With `proof` a visit
    counts once the record system holds such a resource beside it, with one of `proof_codes` where there are any.
    """

    version: str = "1"
    types: tuple[Code, ...] = ()
    service_types: tuple[Code, ...] = ()
    classes: tuple[Code, ...] = ()
    reasons: tuple[Code, ...] = ()
    locations: tuple[str, ...] = ()
    appointment_types: tuple[Code, ...] = ()
    excluded_types: tuple[Code, ...] = ()
    excluded_service_types: tuple[Code, ...] = ()
    excluded_classes: tuple[Code, ...] = ()
    excluded_reasons: tuple[Code, ...] = ()
    excluded_locations: tuple[str, ...] = ()
    proof: Literal["Procedure", "MedicationAdministration"] | None = None
    proof_codes: tuple[Code, ...] = ()
    statuses: tuple[str, ...] = Field(default=("arrived", "in-progress", "onleave", "finished"), min_length=1)
    ready_after_minutes: int = Field(default=60, ge=0, le=1440)
    usual_stay_hours: int = Field(default=6, ge=1, le=24)

    @model_validator(mode="after")
    def _names_something(self) -> "Infusions":
        kinds = (
            self.types,
            self.service_types,
            self.classes,
            self.reasons,
            self.locations,
            self.appointment_types,
        )
        if not any(kinds):
            raise ValueError(
                "names nothing to match: give types, service_types, classes, reasons, locations"
                " or appointment_types"
            )
        return self

    @model_validator(mode="after")
    def _counts_what_can_count(self) -> "Infusions":
        refused = sorted(set(self.statuses) & set(_NEVER_COUNTED))
        if refused:
            raise ValueError(f"statuses that never count: {', '.join(refused)}")
        unknown = sorted(set(self.statuses) - set(_COUNTABLE))
        if unknown:
            raise ValueError(
                f"no statuses of an encounter: {', '.join(unknown)}; there are {', '.join(_COUNTABLE)}"
            )
        return self

    @model_validator(mode="after")
    def _has_what_its_codes_belong_to(self) -> "Infusions":
        if self.proof_codes and self.proof is None:
            raise ValueError('proof_codes need proof = "Procedure" or proof = "MedicationAdministration"')
        return self


class Series(_Part):
    """How infusions are counted in series, and what is asked after each (product rules 10 and 11)."""

    length: int = Field(default=6, ge=1, le=60)
    episodes: bool = False
    beyond: Literal["repeating", "booster", "nothing"] = "repeating"
    booster: CanonicalUrl | None = None
    attach_within_hours: int = Field(default=24, ge=1, le=168)
    open_for_days: int = Field(default=90, ge=1, le=730)

    @model_validator(mode="after")
    def _has_its_booster(self) -> "Series":
        if self.beyond == "booster" and self.booster is None:
            raise ValueError('beyond = "booster" needs booster = "<the set\'s canonical URL>"')
        if self.beyond != "booster" and self.booster is not None:
            raise ValueError('booster belongs to beyond = "booster", and to no other')
        return self


class Finding(_Part):
    """How new infusions are looked for; `poll_minutes` 0 asks the record system only when somebody comes.

    `notify_secret_file` names the shared secret that the record system's notifications carry.
    """

    poll_minutes: int = Field(default=5, ge=0, le=1440)
    daily_look_hours: int = Field(default=24, ge=1, le=168)
    notify_secret_file: FileName | None = None
    merged_patients: bool = False


class People(_Part):
    """Who holds a role here, by fhirUser (product rule 29)."""

    care_team: tuple[PersonReference, ...] = ()
    officers: tuple[PersonReference, ...] = ()


class Api(_Part):
    """Which tokens our FHIR base takes beside those issued for it (rule 31), and which services may read there.

    `clients` are the client ids whose system tokens reach every patient of the clinic (rule 29), `persons_apps` those
    that only persons use; an opaque token of which no audience is known must be of one or the other (rule 31,
    decision 0021). `tokens` says which form they have there: signed, opaque (then the record system is asked about
    every token), or both. `origins` are those whose pages may call our FHIR base from a browser (SMART B-06).
    """

    tokens: Literal["jwt", "opaque", "both"] = "jwt"
    audiences: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    persons_apps: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()


class ExportClient(_Part):
    """A backend client that the clinic registered with us, for its export base (SMART C-30; docs/clinics.md).

    It proves itself by private_key_jwt with a key of `jwks_url`, or else of `jwks`; `scopes` are the most it may ask.
    """

    client_id: str = Field(pattern=r"^[!-~]{1,255}$")
    scopes: str
    jwks_url: ServerUrl | None = None
    jwks: dict[Literal["keys"], tuple[dict[str, Any], ...]] | None = None

    @model_validator(mode="after")
    def _has_its_keys(self) -> "ExportClient":
        if (self.jwks_url is None) == (self.jwks is None):
            raise ValueError("needs jwks_url or jwks, and not both")
        keys = self.jwks["keys"] if self.jwks else ()
        if self.jwks is not None and (not keys or not all(key.get("kid") and key.get("kty") for key in keys)):
            raise ValueError("jwks must hold keys, each with its kty and its kid")
        if any("d" in key for key in keys):
            raise ValueError("jwks holds a private key; only public ones belong here")
        return self

    @model_validator(mode="after")
    def _asks_for_the_system(self) -> "ExportClient":
        if not self.scopes.split() or not all(one.startswith("system/") for one in self.scopes.split()):
            raise ValueError('scopes must be of the system, e.g. "system/AuditEvent.rs"')
        return self


class FilingRules(FilingTable):
    """How summaries are filed: as `profile` says of this kind of record system, but for the keys written here.

    `test_patient` is a patient nobody is behind: check-clinic files there, and nowhere else, what proves the rung.
    """

    profile: str = Field(default="embedded", pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    test_patient: PatientReference | None = None


class Prompts(_Part):
    """Which translations of the prompts the clinic has approved: they are ours, and off until then (rule 5)."""

    translations: tuple[Literal["es"], ...] = ()


class Clinic(_Part):
    """One clinic: its record system, its registrations, its rules.

    `release` says when others may see what was sent: the next morning at `release_at` in `zone`, or at once (rule 15).
    With `tell_when_read` a patient is told on which day the care team read what they sent (rule 17).
    """

    name: str = Field(min_length=1, max_length=120)
    iss: ServerUrl
    issuer: ServerUrl
    zone: Zone
    language: Literal["en"] = "en"
    telephone: str | None = None
    release: Literal["next-morning", "on-submit"] = "next-morning"
    release_at: Hour = "09:00"
    tell_when_read: bool = True
    frame_ancestors: tuple[Origin, ...] = ()
    s256_unadvertised: bool = False
    patient_app: App
    clinician_app: App | None = None
    officer_app: App | None = None
    backend: Backend
    infusions: Infusions
    series: Series = Series()
    finding: Finding = Finding()
    people: People = People()
    prompts: Prompts = Prompts()
    api: Api = Api()
    export_clients: tuple[ExportClient, ...] = ()
    filing: FilingRules = FilingRules()

    @model_validator(mode="after")
    def _names_each_export_client_once(self) -> "Clinic":
        names = [one.client_id for one in self.export_clients]
        if len(set(names)) != len(names):
            raise ValueError("export_clients: a client_id stands twice")
        return self

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every spelling of `iss` a launch may use: with and without the slash at the end (A-13)."""
        bare = self.iss.rstrip("/")
        return (bare, bare + "/")

    @property
    def time_zone(self) -> ZoneInfo:
        """The clinic's zone."""
        return ZoneInfo(self.zone)


def read_clinics(path: Path) -> dict[str, Clinic]:
    """The clinics by their short name, which is also their segment in our URLs; ClinicsUnreadable says why not."""
    try:
        value = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ClinicsUnreadable(f"{path}: {error}") from error
    tables = value.pop("clinic", {})
    if value or not isinstance(tables, dict) or not tables:
        raise ClinicsUnreadable(f"{path}: expected tables [clinic.<name>] and nothing else")
    clinics = {name: _read_one(path, name, table) for name, table in tables.items()}
    _no_iss_twice(path, clinics)
    return clinics


def _read_one(path: Path, name: str, table: object) -> Clinic:
    if name in _RESERVED or not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", name):
        raise ClinicsUnreadable(
            f"{path}: clinic name {name!r} must be lower-case letters, digits and dashes, and no word of ours"
        )
    try:
        return Clinic.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ClinicsUnreadable(f"{path}: clinic.{name}.{place}: {first['msg']}{more}") from error


def _no_iss_twice(path: Path, clinics: dict[str, Clinic]) -> None:
    seen: dict[str, str] = {}
    for name, clinic in clinics.items():
        other = seen.setdefault(clinic.spellings[0], name)
        if other != name:
            raise ClinicsUnreadable(f"{path}: clinics {other} and {name} have the same iss")
