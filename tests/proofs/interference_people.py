"""Who stands in the worlds of the noninterference proof: those who ask, those whose deeds they must not notice.

All of them are made once, with their visits and tokens, and are plain values afterwards: every world is a copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2

from service.cli.demo_clinic import CLINIC
from service.web.guards import cookie_name
from tests.people import FORM, Visitor, clinician, officer, patient, signed_token
from tests.web.systems import System
from tests.world import EHR, HOMES, JOURNAL, OTHER, World

ADA, BOB, CARL = "patient-six-done", "patient-eight-done", "patient-two-in"
_HOURS = 10 * 3600

# What a caller must not notice: other people of the own clinic and all of the other clinic, or only the latter.
Foreign = Literal["others", "elsewhere"]
Door = Literal["fhir", "patient", "clinician", "officer", "export"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: method, path and query, headers, body."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token or a visit.

    `foreign` is what they must not notice, where they are one of those who ask, and `weight` how often they do.
    """

    name: str
    door: Door
    foreign: Foreign = "others"
    clinic: str = CLINIC
    token: str | None = None
    handle: str = ""
    cookie: str = ""
    csrf: str = ""
    weight: int = 1

    def ask(self, world: World, request: Request) -> httpx2.Response:
        """Their request's whole answer; no redirect is followed, and no cookie is kept."""
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.cookie:
            shown |= {"Cookie": self.cookie}
        headers = {"X-Request-Id": "asked-in-both-worlds"} | shown | dict(request.headers)
        asked = httpx2.Request(request.method, JOURNAL + request.path, headers=headers, content=request.body)
        answer = world.servers[JOURNAL].handle_request(asked)
        answer.read()
        return answer

    def form(self, path: str, fields: str) -> Request:
        """A form of theirs, with its secret."""
        return Request("POST", path, FORM, f"csrf={self.csrf}&{fields}".encode())

    @property
    def home(self) -> str:
        """Where their addresses begin: their visit's pages, or the FHIR base."""
        if self.door == "fhir":
            return f"/{self.clinic}/fhir"
        if self.door == "export":
            return f"/{self.clinic}/export/fhir"
        room = {"patient": "journal", "clinician": "chart", "officer": "compliance"}[self.door]
        return f"/{room}/{self.handle}"


def callers(world: World) -> tuple[Person, ...]:
    """Everybody who asks."""
    return (*_apps_of_one(world), *_apps_of_many(world), *_visits(world))


def _apps_of_one(world: World) -> list[Person]:
    """Software that reaches Ada's data, or nobody's: all that is another's is foreign to it."""
    narrow = "patient/QuestionnaireResponse.rs patient/Task.s patient/Provenance.r"
    staff: dict[str, Any] = {
        "scope": "user/*.cruds",
        "client_id": "ward-tool",
        "fhirUser": _staff("clinician-2"),
    }
    system: dict[str, Any] = {"scope": "system/*.cruds", "fhirUser": None, "patient": None}
    return [
        Person("the patient's app", "fhir", token=_token(world), weight=10),
        Person("the patient's app with narrow scopes", "fhir", token=_token(world, scope=narrow)),
        Person("a staff app with a chart", "fhir", token=_token(world, **staff), weight=6),
        Person("a staff app without a chart", "fhir", token=_token(world, **(staff | {"patient": None}))),
        Person("a backend that is not listed", "fhir", token=_token(world, client_id="somebody", **system)),
        Person(
            "a proxy's app", "fhir", token=_token(world, fhirUser=f"{EHR}/fhir/RelatedPerson/related-six")
        ),
        Person("nobody", "fhir"),
    ]


def _apps_of_many(world: World) -> list[Person]:
    """Software that reaches every patient of the clinic, and nothing of another clinic."""
    staff: dict[str, Any] = {"scope": "user/*.cruds", "client_id": "ward-tool", "patient": None}
    system: dict[str, Any] = {"scope": "system/*.cruds", "fhirUser": None, "patient": None}
    over_all = _token(world, **(staff | {"fhirUser": _staff("clinician-1")}))
    officers = _token(world, **(staff | {"fhirUser": _staff("officer-1")}))
    listed = _token(world, client_id="registry", **system)
    return [
        Person("a staff app over patients", "fhir", "elsewhere", token=over_all, weight=4),
        Person("an officer's app", "fhir", "elsewhere", token=officers),
        Person("a backend that is listed", "fhir", "elsewhere", token=listed, weight=4),
        Person("an export client", "export", "elsewhere", token=System(world).token()),
    ]


def _visits(world: World) -> list[Person]:
    return [
        visiting("the patient's page", "patient", patient(world, ADA), weight=6),
        visiting(
            "a clinician's page at the chart", "clinician", clinician(world, ADA, "clinician-2"), weight=4
        ),
        visiting("the care team's page", "clinician", clinician(world, ADA), "elsewhere", weight=3),
        visiting("the officer's page", "officer", officer(world), "elsewhere", weight=2),
    ]


@dataclass(frozen=True, slots=True)
class Others:
    """Those whose deeds nobody who asks may notice."""

    bob_app: Person
    bob_page: Person
    bob_second_page: Person
    bob_doctor: Person
    carl_app: Person
    namesake_app: Person
    namesake_page: Person
    namesake_second_page: Person
    namesake_doctor: Person


def others(world: World) -> Others:
    """Bob and Carl of the same clinic, and at the other clinic somebody with the very id of Ada."""
    return Others(
        bob_app=Person("Bob's app", "fhir", token=_token(world, name=BOB)),
        bob_page=visiting("Bob's page", "patient", patient(world, BOB)),
        bob_second_page=visiting("Bob's second page", "patient", patient(world, BOB)),
        bob_doctor=visiting("the care team at Bob's chart", "clinician", clinician(world, BOB)),
        carl_app=Person("Carl's app", "fhir", token=_token(world, name=CARL)),
        namesake_app=Person("the namesake's app", "fhir", clinic=OTHER, token=_token(world, clinic=OTHER)),
        namesake_page=_there("the namesake's page", "patient", patient(world, ADA, OTHER)),
        namesake_second_page=_there("the namesake's second page", "patient", patient(world, ADA, OTHER)),
        namesake_doctor=_there("the namesake's care team", "clinician", clinician(world, ADA, clinic=OTHER)),
    )


def visiting(
    name: str,
    door: Door,
    visitor: Visitor,
    foreign: Foreign = "others",
    clinic: str = CLINIC,
    weight: int = 1,
) -> Person:
    """Somebody's visit as a plain value: the cookie and the form's secret."""
    wanted = cookie_name(visitor.handle)
    secret = next(one.value for one in visitor.browser.jar if one.name == wanted)
    return Person(
        name,
        door,
        foreign,
        clinic,
        handle=visitor.handle,
        cookie=f"{wanted}={secret}",
        csrf=visitor.csrf,
        weight=weight,
    )


def _there(name: str, door: Door, visitor: Visitor) -> Person:
    return visiting(name, door, visitor, clinic=OTHER)


def _staff(name: str) -> str:
    return f"{EHR}/fhir/Practitioner/{name}"


def _token(world: World, name: str = ADA, clinic: str = CLINIC, **claims: Any) -> str:
    said: dict[str, Any] = {
        "scope": "patient/*.cruds",
        "patient": name,
        "fhirUser": f"{HOMES[clinic]}/fhir/Patient/{name}",
        "exp": int(world.clock().timestamp()) + _HOURS,
    }
    return signed_token(world, clinic, **(said | claims))
