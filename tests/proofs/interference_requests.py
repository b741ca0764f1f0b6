"""Requests at random, as software could make them: about the caller's own things, the others', and nobody's."""

import json
import random
from dataclasses import replace

from service.cli.demo_clinic import CLINIC
from tests.factories import keyed, response
from tests.people import FHIR_JSON, FORM
from tests.proofs.interference_pages import Pages
from tests.proofs.interference_people import ADA, Person, Request
from tests.proofs.interference_searches import query
from tests.proofs.interference_things import Known
from tests.world import OTHER, World

QR = "QuestionnaireResponse"
_TYPES = (QR, QR, QR, QR, "Task", "Provenance", "Encounter", "DocumentReference", "AuditEvent")
_LOG = ("AuditEvent",) * 9
_TYPES_OF = {"an officer's app": (*_LOG, QR), "an export client": (*_LOG, "Task")}
_KIND_OF = {
    QR: ("entry",),
    "Task": ("task",),
    "Provenance": ("entry",),
    "Encounter": ("encounter",),
    "DocumentReference": ("entry", "document", "filing"),
    "Binary": ("entry",),
    "AuditEvent": ("event",),
}
_NUMBERED = ("Provenance", "Binary")  # whose ids name a version
_READ_MORE = ("", "", "", "?_summary=true", "?_elements=status", "?_summary=count", "?_format=json")
_HISTORY_MORE = ("", "?_count=1", "?_count=0", "?_since=2026-11-20T20:00:00Z", "?_summary=data", "?_since=x")
_PREFER: tuple[dict[str, str], ...] = (
    {},
    {},
    {"Prefer": "return=minimal"},
    {"Prefer": "return=OperationOutcome"},
    {"Prefer": "handling=lenient"},
)


class Asking:
    """One caller's requests in one pair of worlds; all of them follow from `chance`."""

    def __init__(self, person: Person, known: Known, world: World, chance: random.Random) -> None:
        self.person = person
        self._known = known
        self._pages = Pages(person, known, world, chance)
        self._types = _TYPES_OF.get(person.name, _TYPES)
        self._world = world
        self._chance = chance

    def next(self) -> Request:
        """One more request."""
        if self.person.door in ("patient", "clinician", "officer"):
            return self._pages.next()
        return self._of_an_app()

    def under_another_s(self, key: str) -> Request:
        """Something new of one's own, under an identifier that another's has."""
        body = response(self._world, 5, ADA, None, identifier=keyed(key))
        unless = {"If-None-Exist": f"identifier=urn:ietf:rfc:3986|urn:uuid:{key}"}
        headers = FHIR_JSON | self._chance.choice(({}, unless))
        return Request("POST", f"{self.person.home}/{QR}", headers, json.dumps(body).encode())

    def _of_an_app(self) -> Request:
        made = self._chance.choices(
            (self._read, self._search, self._write, self._batch, self._operation, self._odd),
            (42, 31, 11, 6, 5, 5),
        )[0]
        asked = made()
        if self._chance.random() < 0.04:
            return replace(asked, path=asked.path.replace(f"/{CLINIC}/", f"/{OTHER}/", 1))
        return asked

    def _read(self) -> Request:
        kind = self._chance.choice((*self._types, "Binary"))
        where = f"{self.person.home}/{kind}/{self._id(kind)}"
        way = self._chance.random()
        if way < 0.2:
            where += f"/_history/{self._chance.choice(('1', '1', '2', '3', '0.1', 'x'))}"
        elif way < 0.35:
            return Request(self._get(), f"{where}/_history{self._chance.choice(_HISTORY_MORE)}")
        return Request(self._get(), f"{where}{self._chance.choice(_READ_MORE)}", self._conditions(kind))

    def _search(self) -> Request:
        kind = self._chance.choice(self._types)
        said, where = query(kind, self._known, self._chance), f"{self.person.home}/{kind}"
        if self._chance.random() < 0.2:
            return Request("POST", f"{where}/_search", FORM, said.encode())
        return Request(self._get(), f"{where}?{said}" if said else where)

    def _write(self) -> Request:
        way = self._chance.random()
        if way < 0.6:
            body = self._response()
            return Request("POST", f"{self.person.home}/{QR}", self._headers() | self._unless(body), body)
        if way < 0.68:
            return self._own_again()
        kind = QR if way < 0.85 else "Task"
        name = self._id(kind)
        body = self._response(name) if kind == QR else self._task(name)
        version = self._chance.choice(("1", "2", "0.1", "*"))
        match = (
            {"If-Match": "*" if version == "*" else f'W/"{version}"'} if self._chance.random() < 0.9 else {}
        )
        return Request("PUT", f"{self.person.home}/{kind}/{name}", self._headers() | match, body)

    def _batch(self) -> Request:
        entries = []
        for _ in range(self._chance.randrange(1, 5)):
            made = self._chance.choice((self._read, self._search, self._write))()
            base = f"{self.person.home}/"
            said = {"method": made.method, "url": made.path.removeprefix(base).replace("/_search", "")}
            named = {"If-None-Exist": "ifNoneExist", "If-Match": "ifMatch", "If-None-Match": "ifNoneMatch"}
            said |= {named[name]: value for name, value in made.headers.items() if name in named}
            entry: dict[str, object] = {"request": said}
            if made.method == "PUT" or (made.method == "POST" and "_search" not in made.path):
                entry["resource"] = json.loads(made.body)
            entries.append(entry)
        body = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        return Request("POST", self.person.home, FHIR_JSON, json.dumps(body).encode())

    def _operation(self) -> Request:
        name = self._known.one("entry", self._chance)
        where = self._chance.choice(
            (
                f"{QR}/$validate",
                f"{QR}/{name}/$validate",
                "Questionnaire/$populate",
                "Questionnaire/after-infusion-1/$populate",
            )
        )
        body = self._response(name) if where.startswith(QR) else self._subject("after" not in where)
        return Request("POST", f"{self.person.home}/{where}", FHIR_JSON, body)

    def _odd(self) -> Request:
        kind = self._chance.choice((*self._types, "Binary", "Patient", "Observation"))
        where = self._chance.choice(
            (kind, f"{kind}/{self._id(kind)}", "metadata", "", ".well-known/smart-configuration")
        )
        method = self._chance.choice(("OPTIONS", "OPTIONS", "HEAD", "DELETE", "PATCH", "GET", "PUT"))
        return Request(method, f"{self.person.home}/{where}", self._conditions(kind))

    def _id(self, kind: str) -> str:
        name = self._known.one(self._chance.choice(_KIND_OF.get(kind, ("entry",))), self._chance)
        numbered = kind in _NUMBERED and self._chance.random() < 0.95
        return f"{name}.{self._chance.choice((1, 1, 2))}" if numbered else name

    def _get(self) -> str:
        return "HEAD" if self._chance.random() < 0.12 else "GET"

    def _conditions(self, kind: str) -> dict[str, str]:
        way = self._chance.random()
        if kind == "Binary" and way < 0.5:
            return self._chance.choice(
                ({"Accept": "application/fhir+json"}, {"Range": "bytes=0-9"}, {"Accept": "application/pdf"})
            )
        if way < 0.1:
            return {"If-None-Match": f'W/"{self._chance.choice(("1", "2", "0.1"))}"'}
        if way < 0.2:
            return {"If-Modified-Since": self._chance.choice(_INSTANTS)}
        return {}

    def _headers(self) -> dict[str, str]:
        return FHIR_JSON | self._chance.choice(_PREFER)

    def _unless(self, body: bytes) -> dict[str, str]:
        """Only once, under the identifier that the response bears; now and then under another."""
        borne = json.loads(body).get("identifier")
        if borne is None or self._chance.random() < 0.5:
            return {}
        named = borne["value"]
        if self._chance.random() < 0.1:
            named = f"urn:uuid:{self._known.key(self._chance)}"
        return {"If-None-Exist": f"identifier=urn:ietf:rfc:3986|{named}"}

    def _response(self, name: str = "") -> bytes:
        """A response of their own making: whole and good in most of what it says, but for what it names."""
        ordinal = self._chance.choice((5, 5, 6, 6, 3, 1))
        way, encounter = self._chance.random(), None
        if way < 0.6:
            encounter = f"six-done-{ordinal}" if way < 0.3 else self._known.one("encounter", self._chance)
        subject = self._known.one("patient", self._chance) if self._chance.random() < 0.15 else ADA
        statuses = ("completed", "completed", "completed", "in-progress", "amended")
        more: dict[str, object] = {"status": self._chance.choice(statuses)}
        if self._chance.random() < 0.8:
            more["identifier"] = keyed(self._known.key(self._chance))
        if name:
            more["id"] = name
        words = {f"ai{ordinal}.1": "my own words"}
        return json.dumps(response(self._world, ordinal, subject, encounter, words, **more)).encode()

    def _own_again(self) -> Request:
        """Their own app's response, put again with other words, of the version that it is at or another one."""
        key = self._known.own_key
        name, match = (
            self._world.desk.entry_id(CLINIC, key),
            {"If-Match": f'W/"{self._chance.choice((1, 2, 3))}"'},
        )
        words = {"ai2.1": f"once more {self._chance.randrange(9)}"}
        more = {"id": name, "status": "amended", "identifier": keyed(key)}
        body = json.dumps(response(self._world, 2, ADA, "six-done-2", words, **more)).encode()
        return Request("PUT", f"{self.person.home}/{QR}/{name}", self._headers() | match, body)

    def _task(self, name: str) -> bytes:
        body = {
            "resourceType": "Task",
            "id": name,
            "status": "rejected",
            "intent": "order",
            "for": {"reference": f"Patient/{self._known.one('patient', self._chance)}"},
        }
        return json.dumps(body).encode()

    def _subject(self, named: bool) -> bytes:
        subject = {"reference": f"Patient/{self._known.one('patient', self._chance)}"}
        said: list[dict[str, object]] = [{"name": "subject", "valueReference": subject}]
        if named:
            said.append({"name": "questionnaire", "valueCanonical": self._set()})
        return json.dumps({"resourceType": "Parameters", "parameter": said}).encode()

    def _set(self) -> str:
        found = self._world.desk.library.for_ordinal(self._chance.choice((1, 5, 6)))
        return found.canonical if found else ""


_INSTANTS = (
    "Fri, 20 Nov 2026 19:00:00 GMT",
    "Fri, 20 Nov 2026 20:00:00 GMT",
    "Sat, 21 Nov 2026 20:00:00 GMT",
)
