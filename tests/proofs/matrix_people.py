"""Who knocks in the authorization matrix, and whose data policy lets each of them have."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.cli.demo_clinic import CLINIC
from tests.people import Browser, Visitor, app_of, clinician, officer, patient, signed_token
from tests.proofs.forger import HOUR, Forger, signed
from tests.proofs.matrix_behind import ADA, BOB, ELSEWHERE, NAMES
from tests.web.systems import System
from tests.world import EHR, OTHER, World

_BOTH = frozenset({ADA, BOB})


@dataclass(frozen=True)
class Identity:
    """Somebody who knocks. `reaches` are the people whose data policy lets them have, by the names of matrix_behind.

    `everybody`: a context over all patients of the clinic. `care_team`: lists and decisions over patients (rule 29).
    `over`: their visit is over. `bearer`: "" for no token, else "good", "bad", "narrow" (no scope of ours), "proxy"
    (a person without rights) or "export" (our own token for the export base, which such a `system` asks for).
    """

    name: str
    browser: Browser
    kind: str = ""
    visitor: Visitor | None = None
    reaches: frozenset[str] = frozenset()
    everybody: bool = False
    care_team: bool = False
    over: bool = False
    bearer: str = ""
    token: str | None = None
    system: System | None = None
    home: str = CLINIC

    @property
    def is_patient(self) -> bool:
        return self.kind in ("patient", "patient-app")

    @property
    def own_patient(self) -> str:
        """The patient of whom they would write, by the record system's id."""
        return NAMES[min(self.reaches)] if self.is_patient and self.reaches else NAMES[ADA]


def identities(world: World) -> tuple[Identity, ...]:
    """Everybody who knocks; whose visit is expired came first, and the time went on."""
    expired = patient(world)
    world.clock.pass_time(hours=13)
    return (*_without_rights(world, expired), *_visits(world), *_apps(world))


def _without_rights(world: World, expired: Visitor) -> list[Identity]:
    forger = Forger(world)
    forged = signed(forger.header, forger.claims, "ES256", forger.others)
    outdated = _token(world, exp=forger.now - HOUR, iat=forger.now - 2 * HOUR)
    proxy = f"{EHR}/fhir/RelatedPerson/related-two-in"
    gone = patient(world)
    gone.post("sign-out")
    return [
        Identity("nobody", Browser(world)),
        _knocking(world, "a forged token", "bad", forged),
        _knocking(world, "an expired token", "bad", outdated),
        _knocking(world, "a token for nothing of ours", "narrow", _token(world, scope="patient/Observation.rs")),
        _knocking(world, "a proxy's token", "proxy", _token(world, fhirUser=proxy)),
        Identity("an expired visit", expired.browser, "patient", expired, over=True),
        Identity("a visit that was ended", gone.browser, "patient", gone, over=True),
    ]  # fmt: skip


def _visits(world: World) -> list[Identity]:
    ada, bob = frozenset({ADA}), frozenset({BOB})
    elsewhere = frozenset({ELSEWHERE})
    of_the_team = clinician(world)
    told: list[tuple[str, str, Visitor, frozenset[str], bool]] = [
        ("the patient's visit", "patient", patient(world), ada, False),
        ("the other patient's visit", "patient", patient(world, NAMES[BOB]), bob, False),
        ("a visit of the other clinic", "patient", patient(world, NAMES[ELSEWHERE], OTHER), elsewhere, False),
        ("the care team at the chart", "clinician", of_the_team, ada, True),
        ("the care team at another chart", "clinician", clinician(world, NAMES[BOB]), bob, True),
        ("a clinician not on the team", "clinician", clinician(world, name="clinician-2"), ada, False),
        ("the officer", "officer", officer(world), frozenset(), False),
    ]
    return [
        Identity(name, visitor.browser, kind, visitor, reaches, care_team=team)
        for name, kind, visitor, reaches, team in told
    ]


def _apps(world: World) -> list[Identity]:
    def person(name: str) -> str:
        return f"{EHR}/fhir/Practitioner/{name}"

    bobs = _token(world, patient=NAMES[BOB], fhirUser=f"{EHR}/fhir/Patient/{NAMES[BOB]}")
    staff: dict[str, Any] = {"scope": _scopes("user"), "client_id": "ward-tool"}
    system: dict[str, Any] = {"scope": _scopes("system"), "fhirUser": None, "patient": None}
    abroad = app_of(world, NAMES[ELSEWHERE], OTHER, scope=_scopes("patient"), exp=_late(world)).token
    at_chart = _token(world, fhirUser=person("clinician-2"), **staff)
    over_all = _token(world, fhirUser=person("clinician-1"), patient=None, **staff)
    over_none = _token(world, fhirUser=person("clinician-2"), patient=None, **staff)
    officers = _token(world, fhirUser=person("officer-1"), patient=None, **staff)
    listed, unlisted = (_token(world, client_id=one, **system) for one in ("registry", "somebody"))
    told: list[tuple[str, str, str, frozenset[str]]] = [
        ("the patient's app", "patient-app", _token(world), frozenset({ADA})),
        ("the other patient's app", "patient-app", bobs, frozenset({BOB})),
        ("a staff app with a chart", "staff-app", at_chart, frozenset({ADA})),
        ("a staff app over patients", "staff-app", over_all, _BOTH),
        ("a staff app of no care team", "staff-app", over_none, frozenset()),
        ("an officer's app", "officer-app", officers, frozenset()),
        ("a backend that is listed", "backend", listed, _BOTH),
        ("a backend that is not", "strange-backend", unlisted, frozenset()),
    ]
    made = [_knocking(world, n, "good", t, kind=k, reaches=r, everybody=r == _BOTH) for n, k, t, r in told]
    there = frozenset({ELSEWHERE})
    other = _knocking(
        world, "an app of the other clinic", "good", abroad, kind="patient-app", reaches=there, home=OTHER
    )
    systems = [
        Identity(
            name,
            Browser(world),
            "export-client",
            bearer="export",
            system=System(world, clinic=home),
            home=home,
        )
        for name, home in (("an export client", CLINIC), ("an export client of the other clinic", OTHER))
    ]
    return [*made, other, *systems]


def _knocking(world: World, name: str, bearer: str, token: str | None, **more: Any) -> Identity:
    return Identity(name, Browser(world), bearer=bearer, token=token, **more)


def _token(world: World, **claims: Any) -> str:
    said: Mapping[str, Any] = {"scope": _scopes("patient"), "exp": _late(world), "jti": secrets.token_hex(8)}
    return signed_token(world, **(dict(said) | claims))


def _late(world: World) -> int:
    return int(world.clock().timestamp()) + 10 * HOUR


def _scopes(level: str) -> str:
    return f"{level}/*.cruds"
