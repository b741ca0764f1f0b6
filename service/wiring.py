"""From settings to the live parts: the one place that reads clock and chance, opens the store and knows the network."""

import hashlib
import hmac
import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2

from service import paths
from service.clinic import App as AppTable
from service.clinic import Clinic, ClinicsUnreadable, Code, ExportClient, read_clinics
from service.ehr.cautions import cautions
from service.ehr.client import RecordSystem
from service.ehr.outcome import Rung
from service.ehr.profile import ProfileUnusable, profile_named, settled
from service.filing_table import FilingTable
from service.journal.match import Coding, MatchRule
from service.journal.overview import ClinicRules
from service.journal.prompts import PromptLibrary
from service.journal.release import ON_SENDING, Release
from service.journal.series import Beyond, SeriesRule
from service.keyring import Keyring, read_keyring, read_secret
from service.r4.document_reference import DocumentType
from service.r4.questionnaire import load_library
from service.settings import Settings
from service.smart.backend_services import BackendTokens
from service.smart.client_assertion import RegisteredClient, UnfitPublicKey, registered_keys
from service.smart.clocks import OtherClock
from service.smart.connections import LOOPBACK, outbound_client
from service.smart.discovery import Configurations, fetch_keys_address
from service.smart.introspection import Introspection, Terms
from service.smart.keys import RemoteKeys
from service.smart.registration import ClientKind, Registration
from service.smart.signing_keys import SigningKey, load_signing_key
from service.smart.token_endpoint import Caller
from service.store.engine import open_store
from service.store.sealing import Seal
from service.store.soundness import free_bytes
from service.store.writer import Writer
from service.summary.content import Summary
from service.summary.course_content import CourseSummary
from service.summary.rendering import Limits, RenderingChild
from service.summary.renditions import Rendition
from service.workflow.desk import App, ClinicDesk, Desk, FilingRules, FindingRules, Rendering
from service.workflow.issue_token import ExportBase

RENDER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Wiring:
    """The live service: the desk its workflows work at, what it publishes, and what must be stopped at its end.

    `cautions` says of each clinic why filing does not go as it was meant, for whoever starts the worker.
    """

    settings: Settings
    desk: Desk
    child: RenderingChild
    keyring: Keyring
    signing_keys: tuple[SigningKey, ...]
    questionnaires: Mapping[str, bytes]
    exports: Mapping[str, ExportBase] = field(default_factory=dict)
    cautions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def stop(self) -> None:
        """Finish what the writer holds, end the rendering child, give the connections back."""
        self.desk.writer.stop()
        self.child.close()
        self.desk.store.close()


def wire(settings: Settings, http: httpx2.Client | None = None) -> Wiring:
    """Put the parts together; nothing is started. ClinicsUnreadable and KeysMissing say what the operator must mend.

    `http` is the way to the record systems where it is not the network, as for those in this very process.
    """
    clinics = read_clinics(settings.clinics_file)
    keyring = read_keyring(settings.secrets_dir)
    signing_keys = (load_signing_key(keyring.signing),)
    questionnaires = _questionnaires()
    store = open_store(settings.database, Seal(keyring.seal_keys, keyring.seal_current))
    child = RenderingChild(Limits())
    ways = {key: http or _way_out(clinics) for key in clinics}
    known = load_library(questionnaires)
    desks = {
        key: _clinic(key, clinic, settings, signing_keys, known, ways[key]) for key, clinic in clinics.items()
    }
    desk = Desk(
        store=store,
        writer=Writer(store),
        library=known.offered(),
        clinics=desks,
        redirect_uri=f"{settings.public_url}/launch/callback",
        now=now,
        steady=steady,
        random=os.urandom,
        new_id=lambda: str(uuid.uuid4()),
        new_secret=lambda: secrets.token_urlsafe(32),
        chance=random.random,
        render=_renderer(child),
        words_key=_words_key(keyring),
        has_room=_room(settings),
    )
    exports = {key: _export(key, clinic, settings, ways[key]) for key, clinic in clinics.items()}
    said = {key: tuple(cautions(clinic, filing_table(key, clinic))) for key, clinic in clinics.items()}
    return Wiring(settings, desk, child, keyring, signing_keys, questionnaires, exports, said)


def _room(settings: Settings) -> Callable[[], bool]:
    floor = settings.free_space_floor_mib * 2**20

    def has_room() -> bool:
        free = free_bytes(settings.database)
        return free is None or free >= floor

    return has_room


def now() -> datetime:
    """The wall clock as this service reads it: UTC, to the millisecond, as audit records write it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _way_out(clinics: Mapping[str, Clinic]) -> httpx2.Client:
    """Connections of one clinic's own: a record system that lets us wait takes none from other clinics (F59)."""
    return outbound_client(time.monotonic, permitted=LOOPBACK if _on_this_machine(clinics) else ())


def steady() -> float:
    """Seconds that only go forward, whatever is done to the wall clock; they count the sleep of the machine as well."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def library() -> PromptLibrary:
    """The published prompt sets, for commands that need no database."""
    return load_library(_questionnaires()).offered()


def _questionnaires() -> dict[str, bytes]:
    folder = paths.definitions() / "Questionnaire"
    return {file.name: file.read_bytes() for file in sorted(folder.rglob("*.json"))}


def _renderer(child: RenderingChild) -> Rendering:
    def render(summary: Summary | CourseSummary, rendition: Rendition = Rendition.PDF, /) -> bytes:
        return child.render(summary, RENDER_SECONDS, rendition)

    return render


def _words_key(keyring: Keyring) -> Callable[[str], bytes]:
    key = keyring.seal_keys[keyring.seal_current]

    def derive(name: str) -> bytes:
        return hmac.new(key, f"words in a tab/{name}".encode(), hashlib.sha256).digest()

    return derive


def _clinic(
    key: str,
    clinic: Clinic,
    settings: Settings,
    signing_keys: tuple[SigningKey, ...],
    known: PromptLibrary,
    http: httpx2.Client,
) -> ClinicDesk:
    loopback = _is_loopback(clinic.iss)
    unadvertised = frozenset(clinic.spellings) if clinic.s256_unadvertised else frozenset()
    configurations = Configurations(http, now, loopback_allowed=loopback, s256_unadvertised=unadvertised)
    backend = Registration(clinic.backend.client_id, ClientKind.ASYMMETRIC, keys=signing_keys)
    clock = OtherClock(now)
    caller = _caller(backend, http, clock)
    tokens = BackendTokens(caller, clinic.iss, configurations, clinic.backend.scopes)
    return ClinicDesk(
        key=key,
        title=clinic.name,
        zone=clinic.zone,
        language=clinic.language,
        telephone=clinic.telephone,
        base=_base(key, settings),
        iss=clinic.iss,
        issuer=clinic.issuer,
        spellings=clinic.spellings,
        rules=clinic_rules(clinic),
        library=known.offered(clinic.prompts.translations),
        officers=frozenset(clinic.people.officers),
        care_team=frozenset(clinic.people.care_team),
        audiences=clinic.api.audiences,
        clients=frozenset(clinic.api.clients),
        frame_ancestors=clinic.frame_ancestors,
        filing=_filing(filing_table(key, clinic)),
        apps=_apps(clinic, settings, signing_keys, http, clock),
        configurations=configurations,
        keys=RemoteKeys(
            http, lambda: fetch_keys_address(http, clinic.issuer, loopback_allowed=loopback), now
        ),
        record_system=lambda token: RecordSystem(clinic.iss, http, token, clock=clock),
        for_delivery=RecordSystem(clinic.iss, http, tokens.token, renew=tokens.forget, clock=clock),
        finding=_finding(clinic, settings),
        merged_patients=clinic.finding.merged_patients,
        introspection=_introspection(key, clinic, settings, caller, configurations),
        signed_tokens=clinic.api.tokens != "opaque",
        origins=frozenset(clinic.api.origins),
        release=_release(clinic),
        their_clock=clock,
        tell_when_read=clinic.tell_when_read,
    )


def _release(clinic: Clinic) -> Release:
    return ON_SENDING if clinic.release == "on-submit" else Release.at(clinic.release_at)


def _introspection(
    key: str, clinic: Clinic, settings: Settings, caller: Caller, configurations: Configurations
) -> Introspection | None:
    if clinic.api.tokens == "jwt":
        return None
    terms = Terms(
        base=_base(key, settings),
        issuer=clinic.issuer,
        audiences=clinic.api.audiences,
        clients=frozenset((*clinic.api.clients, *clinic.api.persons_apps)),
        record_bases=clinic.spellings,
    )
    return Introspection(caller, clinic.iss, configurations, terms)


def _export(key: str, clinic: Clinic, settings: Settings, http: httpx2.Client) -> ExportBase:
    home = f"{settings.public_url}/{key}/export"
    clients = {one.client_id: _registered(key, one, http) for one in clinic.export_clients}
    return ExportBase(key, f"{home}/fhir", f"{home}/token", clients)


def _registered(clinic: str, client: ExportClient, http: httpx2.Client) -> RegisteredClient:
    url = client.jwks_url
    if url is not None:
        return RegisteredClient(client.client_id, client.scopes, RemoteKeys(http, lambda: url, now), url)
    try:
        keys = registered_keys(client.jwks["keys"] if client.jwks else ())
    except UnfitPublicKey as error:
        raise ClinicsUnreadable(f"clinic.{clinic}.export_clients: {client.client_id}: {error}") from error
    return RegisteredClient(client.client_id, client.scopes, keys)


def _base(key: str, settings: Settings) -> str:
    return f"{settings.public_url}/{key}/fhir"


def _apps(
    clinic: Clinic,
    settings: Settings,
    signing_keys: tuple[SigningKey, ...],
    http: httpx2.Client,
    clock: OtherClock,
) -> dict[str, App]:
    tables = {"patient": clinic.patient_app, "clinician": clinic.clinician_app, "officer": clinic.officer_app}
    return {
        kind: App(_caller(_registration(table, settings, signing_keys), http, clock), table.scopes)
        for kind, table in tables.items()
        if table is not None
    }


def _registration(table: AppTable, settings: Settings, signing_keys: tuple[SigningKey, ...]) -> Registration:
    secret = read_secret(settings.secrets_dir, table.secret_file) if table.secret_file else None
    return Registration(
        client_id=table.client_id,
        kind=ClientKind(table.kind),
        secret=secret,
        keys=signing_keys if table.kind == "confidential-asymmetric" else (),
        sends_client_id=table.send_client_id,
    )


def _caller(registration: Registration, http: httpx2.Client, clock: OtherClock) -> Caller:
    return Caller(registration, http, now, os.urandom, their_clock=clock)


def clinic_rules(clinic: Clinic) -> ClinicRules:
    """How this clinic finds and counts infusions; for commands that need no database as well."""
    return ClinicRules(match=_match_rule(clinic), series=_series_rule(clinic))


def _match_rule(clinic: Clinic) -> MatchRule:
    table = clinic.infusions
    return MatchRule(
        version=table.version,
        zone=clinic.zone,
        types=_codings(table.types),
        service_types=_codings(table.service_types),
        classes=_codings(table.classes),
        reasons=_codings(table.reasons),
        locations=table.locations,
        appointment_types=_codings(table.appointment_types),
        excluded_types=_codings(table.excluded_types),
        excluded_service_types=_codings(table.excluded_service_types),
        excluded_classes=_codings(table.excluded_classes),
        excluded_reasons=_codings(table.excluded_reasons),
        excluded_locations=table.excluded_locations,
        proof=table.proof,
        proof_codes=_codings(table.proof_codes),
        statuses=frozenset(table.statuses),
        ready_after=timedelta(minutes=table.ready_after_minutes),
        usual_stay=timedelta(hours=table.usual_stay_hours),
    )


def _series_rule(clinic: Clinic) -> SeriesRule:
    table = clinic.series
    return SeriesRule(
        length=table.length,
        episodes=table.episodes,
        beyond=Beyond(table.beyond),
        booster=table.booster,
        attach_within=timedelta(hours=table.attach_within_hours),
        open_for=timedelta(days=table.open_for_days),
    )


def _codings(codes: tuple[Code, ...]) -> tuple[Coding, ...]:
    return tuple(Coding(code.system, code.code) for code in codes)


def filing_table(key: str, clinic: Clinic) -> FilingTable:
    """How this clinic's summaries are filed: its profile's keys and its own; ClinicsUnreadable where they clash."""
    try:
        return settled(profile_named(clinic.filing.profile), clinic.filing)
    except ProfileUnusable as error:
        raise ClinicsUnreadable(f"clinic.{key}.filing: {error}") from error


def _filing(table: FilingTable) -> FilingRules:
    return FilingRules(
        rung=Rung(table.rung),
        document_type=DocumentType(table.type_code, table.type_display, table.type_system),
        quiet_window=timedelta(minutes=table.quiet_window_minutes),
        needs_encounter=table.needs_encounter,
        tasks=table.tasks,
        renditions=tuple(Rendition(form) for form in table.renditions),
        most_bytes=table.most_bytes,
        patient_author=table.patient_author,
        patient_asserted=table.patient_asserted,
        doc_status=table.doc_status,
        updates=table.updates,
        response=table.response,
        held_days=table.held_days,
        sees_held=table.sees_held,
        replaces=table.replaces,
        needs_period=table.needs_period,
        course_summaries=table.course_summaries,
    )


def _finding(clinic: Clinic, settings: Settings) -> FindingRules:
    table = clinic.finding
    secret = read_secret(settings.secrets_dir, table.notify_secret_file) if table.notify_secret_file else None
    return FindingRules(
        poll=timedelta(minutes=table.poll_minutes) if table.poll_minutes else None,
        daily_look=timedelta(hours=table.daily_look_hours),
        notify_secret=secret,
    )


def _on_this_machine(clinics: Mapping[str, Clinic]) -> bool:
    return any(_is_loopback(clinic.iss) for clinic in clinics.values())


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
