"""The staff of a record system at work: visits booked, changed, cancelled and noted, through its FHIR API alone.

They hold a real backend-services token (SMART App Launch 2.2): a signed assertion goes to the token endpoint like
that of every other client, and nothing reaches past the API into the record system's tables.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from service.sandbox.config import RegisteredApp

if TYPE_CHECKING:
    # world.py registers the desk as an app, so it can't be imported while that module is being read.
    from tests.world import World

CLIENT = "front-desk"
SCOPES = "system/*.cruds"
TOPIC = "http://maplegrove.example/SubscriptionTopic/encounter-changed"
CODES = "http://maplegrove.example"
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FHIR_JSON = {"Content-Type": "application/fhir+json"}

Resource = dict[str, Any]
When = datetime | date | None


@cache
def _key() -> ECKey:
    return ECKey.generate_key("P-384", auto_kid=True)


def front_desk_app() -> RegisteredApp:
    """The front desk as the record system's administrators registered it."""
    public = {**_key().as_dict(private=False), "kid": _key().kid}
    return RegisteredApp(
        client_id=CLIENT, name="Front desk", kind="backend", scopes=SCOPES, jwks={"keys": [public]}
    )


@dataclass
class FrontDesk:
    """The front desk of one clinic's record system. A refused request fails the test with the server's words."""

    world: World
    clinic: str = "maple-grove"
    _token: str = field(default="", repr=False)
    _good_until: float = 0.0

    @property
    def home(self) -> str:
        """The record system's address."""
        address: str = self.world.sandboxes[self.clinic].parts.config.base_url
        return address

    # Visits

    def book(
        self,
        patient: str,
        start: When,
        minutes: int | None = 55,
        status: str = "finished",
        type: str = "ketamine-iv-infusion",  # noqa: A002 -- FHIR's own word for it
        **more: Any,
    ) -> str:
        """A new Encounter of this patient (a bare id); the answer is its id.

        `start` is an instant with a zone, only a day, or None for a visit without a period. Without `minutes` the
        end stays open, and a planned or cancelled visit has none. Further elements go in as FHIR spells them.
        """
        encounter: Resource = {
            "resourceType": "Encounter",
            "status": status,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "type": [_concept("encounter-types", type)],
            "serviceType": _concept("service-types", "ketamine-therapy"),
            "subject": _to("Patient", patient),
        }
        if start is not None:
            ended = status not in ("planned", "cancelled", "arrived", "in-progress", "triaged")
            encounter["period"] = _period(start, minutes if ended else None)
        return self.create(encounter | more)

    def change(self, encounter_id: str, **elements: Any) -> Resource:
        """Read the Encounter, put elements in (None takes one out), and write it back with If-Match."""
        return self.put("Encounter", encounter_id, **elements)

    def cancel(self, encounter_id: str) -> Resource:
        """The visit did not take place."""
        return self.change(encounter_id, status="cancelled")

    def mark_wrong(self, encounter_id: str) -> Resource:
        """The visit should never have been noted."""
        return self.change(encounter_id, status="entered-in-error")

    def close(self, encounter_id: str, end: datetime) -> Resource:
        """The visit ended."""
        start = self.read("Encounter", encounter_id).get("period", {})
        return self.change(encounter_id, status="finished", period={**start, "end": end.isoformat()})

    # What stands around visits

    def episode(self, patient: str, status: str = "active", start: When = None, **more: Any) -> str:
        """A new EpisodeOfCare; the answer is its id."""
        episode: Resource = {
            "resourceType": "EpisodeOfCare",
            "status": status,
            "patient": _to("Patient", patient),
        }
        period = {"period": _period(start, None)} if start is not None else {}
        return self.create(episode | period | more)

    def appointment(
        self,
        patient: str,
        start: datetime,
        minutes: int = 55,
        status: str = "booked",
        type: str = "ROUTINE",  # noqa: A002 -- as above
        **more: Any,
    ) -> str:
        """A new Appointment with an appointmentType of v2-0276; the answer is its id."""
        system = "http://terminology.hl7.org/CodeSystem/v2-0276"
        end = _period(start, minutes)["end"]
        appointment: Resource = {
            "resourceType": "Appointment",
            "status": status,
            "appointmentType": {"coding": [{"system": system, "code": type}]},
            "start": start.isoformat(),
            "end": end,
            "minutesDuration": minutes,
            "participant": [{"actor": _to("Patient", patient), "status": "accepted"}],
        }
        return self.create(appointment | more)

    def procedure(
        self,
        patient: str,
        encounter_id: str | None = None,
        status: str = "completed",
        code: str = "ketamine-administration",
        **more: Any,
    ) -> str:
        """A new Procedure of the sandbox's own code system, at this visit if one is named; the answer is its id."""
        procedure: Resource = {
            "resourceType": "Procedure",
            "status": status,
            "code": _concept("procedures", code),
            "subject": _to("Patient", patient),
        }
        visit = {"encounter": _to("Encounter", encounter_id)} if encounter_id else {}
        return self.create(procedure | visit | more)

    def administration(
        self, patient: str, encounter_id: str, at: datetime, status: str = "completed", **more: Any
    ) -> str:
        """A new MedicationAdministration of ketamine at this visit; the answer is its id."""
        administration: Resource = {
            "resourceType": "MedicationAdministration",
            "status": status,
            "medicationCodeableConcept": _concept("medications", "ketamine"),
            "subject": _to("Patient", patient),
            "context": _to("Encounter", encounter_id),
            "effectiveDateTime": at.isoformat(),
        }
        return self.create(administration | more)

    def subscribe(self, endpoint: str, header: str | None = None, **more: Any) -> str:
        """A new Subscription to changed Encounters, ids only; `header` such as `Authorization: Bearer ...`."""
        channel: Resource = {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": "application/fhir+json",
            "_payload": {
                "extension": [{"url": f"{BACKPORT}/backport-payload-content", "valueCode": "id-only"}]
            },
        }
        if header is not None:
            channel["header"] = [header]
        subscription: Resource = {
            "resourceType": "Subscription",
            "status": "requested",
            "reason": "The journal asks to hear of changed visits",
            "criteria": TOPIC,
            "channel": channel,
        }
        return self.create(subscription | more)

    def told_all(self, timeout: float = 30.0) -> None:
        """Wait until the record system has delivered, or given up, every notification it owes."""
        assert self.world.sandboxes[self.clinic].parts.notifier.flush(timeout)

    def documents(self, patient: str, **params: str) -> list[Resource]:
        """The DocumentReferences in this patient's chart."""
        return self.search("DocumentReference", patient=patient, **params)

    # Plain FHIR

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """The answer to a GET under the FHIR base."""
        return self.ask("GET", path, headers=headers)

    def read(self, type_: str, id_: str) -> Resource:
        """The current version of a resource."""
        return _resource(self.get(f"{type_}/{id_}"), 200)

    def search(self, type_: str, **params: str) -> list[Resource]:
        """What a search finds, over all pages; `_` inside a name is `-` (`part_of`), in front it stays (`_count`)."""
        named = {name[0] + name[1:].replace("_", "-"): text for name, text in params.items()}
        page = _resource(self.ask("GET", type_, params=named), 200)
        found: list[Resource] = [entry["resource"] for entry in page.get("entry", [])]
        while further := [link["url"] for link in page["link"] if link["relation"] == "next"]:
            page = _resource(self.ask("GET", further[0].removeprefix(f"{self.home}/fhir/")), 200)
            found += [entry["resource"] for entry in page["entry"]]
        return found

    def create(self, resource: Resource) -> str:
        """POST; the answer is the new id."""
        made = _resource(self.ask("POST", resource["resourceType"], json=resource), 201)
        return str(made["id"])

    def put(self, type_: str, id_: str, **elements: Any) -> Resource:
        """Read, put elements in (None takes one out), PUT with If-Match; the answer is the new version."""
        answer = self.get(f"{type_}/{id_}")
        changed = {k: v for k, v in (_resource(answer, 200) | elements).items() if v is not None}
        headers = {"If-Match": answer.headers["ETag"]}
        return _resource(self.ask("PUT", f"{type_}/{id_}", json=changed, headers=headers), 200)

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        """One request with the desk's token, and its answer whatever it is."""
        shown = {"Authorization": f"Bearer {self._bearer()}"} | (_FHIR_JSON if "json" in more else {})
        with self._http() as http:
            return http.request(method, f"{self.home}/fhir/{path}", headers=shown | (headers or {}), **more)

    def _bearer(self) -> str:
        now = self.world.clock().timestamp()
        if now < self._good_until:
            return self._token
        form = {
            "grant_type": "client_credentials",
            "scope": SCOPES,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(int(now)),
        }
        with self._http() as http:
            granted = _resource(http.post(f"{self.home}/auth/token", data=form), 200)
        self._token, self._good_until = granted["access_token"], now + granted["expires_in"] - 30
        return self._token

    def _assertion(self, now: int) -> str:
        claims = {
            "iss": CLIENT,
            "sub": CLIENT,
            "aud": f"{self.home}/auth/token",
            "exp": now + 120,
            "jti": secrets.token_hex(16),
        }
        header = {"alg": "ES384", "kid": _key().kid, "typ": "JWT"}
        return jwt.encode(header, claims, _key(), algorithms=["ES384"])

    def _http(self) -> httpx2.Client:
        return httpx2.Client(transport=self.world.browser_network(), trust_env=False)


def _resource(answer: httpx2.Response, status: int) -> Resource:
    assert answer.status_code == status, (answer.status_code, answer.text)
    found: Resource = answer.json()
    return found


def _to(type_: str, id_: str) -> Resource:
    return {"reference": f"{type_}/{id_}"}


def _concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"{CODES}/{system}", "code": code}]}


def _period(start: datetime | date, minutes: int | None) -> Resource:
    if isinstance(start, datetime) and minutes is not None:
        return {"start": start.isoformat(), "end": (start + timedelta(minutes=minutes)).isoformat()}
    return {"start": start.isoformat()}
