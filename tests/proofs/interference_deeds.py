"""What others do in one world of a pair and not in the other, each through its own door."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx2

from service.cli.demo_clinic import CLINIC
from service.store import deeds
from tests.factories import keyed, response
from tests.front_desk import FrontDesk
from tests.people import FHIR_JSON, patient
from tests.proofs.interference_people import ADA, BOB, CARL, Foreign, Others, Person, Request
from tests.proofs.interference_worlds import Side
from tests.world import OTHER

QR = "QuestionnaireResponse"


class Refused(RuntimeError):
    """A deed of others was not done; the text says which and how it was answered."""


@dataclass
class Doing:
    """Somebody's deeds in one world; `cursors` are page links that others were given."""

    side: Side
    chance: random.Random
    cursors: list[str]

    @property
    def others(self) -> Others:
        return self.side.cast.others

    def key(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def words(self, link_id: str) -> dict[str, str]:
        return {link_id: f"another's words {self.chance.random()}"}

    def did(self, person: Person, request: Request, *statuses: int) -> httpx2.Response:
        """Their request, which must be answered like this; Refused where it is not."""
        answer = person.ask(self.side.world, request)
        if answer.status_code not in statuses:
            raise Refused(f"{person.name}: {request}: {answer.status_code}")
        return answer

    def form(self, person: Person, path: str, *statuses: int, **fields: str) -> httpx2.Response:
        return self.did(person, person.form(f"{person.home}/{path}", urlencode(fields)), *statuses)

    def send(
        self, person: Person, name: str, ordinal: int, encounter: str | None, key: str = "", **more: Any
    ) -> None:
        """A response of their own app."""
        words = self.words(f"ai{ordinal}.1")
        body = response(self.side.world, ordinal, name, encounter, words, **more) | {
            "identifier": keyed(key or self.key())
        }
        self.did(person, Request("POST", f"{person.home}/{QR}", FHIR_JSON, json.dumps(body).encode()), 201)

    def begin(self, person: Person, encounter: str) -> str:
        """The key of a draft at this visit, on their page."""
        key = self.key()
        self.form(person, "begin", 303, key=key, encounter=encounter)
        return key

    def type(self, person: Person, key: str, link_id: str) -> None:
        answers = [
            {"linkId": one, "text": text, "private": True} for one, text in self.words(link_id).items()
        ]
        body = json.dumps({"revision": 1, "answers": answers}).encode()
        headers = {"Content-Type": "application/json", "X-CSRF": person.csrf}
        self.did(person, Request("PUT", f"{person.home}/entry/{key}/draft", headers, body), 200)

    def stop(self, person: Person, encounter: str) -> None:
        self.form(person, f"entry/{self.begin(person, encounter)}/stop", 200)

    def amend(self, person: Person) -> None:
        """Their app puts other words in the place of those that were sent first."""
        listed = self.did(
            person, Request("GET", f"{person.home}/{QR}?status=completed,amended&_sort=authored"), 200
        )
        body = listed.json()["entry"][0]["resource"]
        link_id, words = next(iter(self.words("ai1.1").items()))
        body |= {"status": "amended", "item": [{"linkId": link_id, "answer": [{"valueString": words}]}]}
        headers = FHIR_JSON | {"If-Match": f'W/"{body["meta"]["versionId"]}"'}
        path = f"{person.home}/{QR}/{body['id']}"
        self.did(person, Request("PUT", path, headers, json.dumps(body).encode()), 200)

    def decline(self, person: Person, encounter: str) -> None:
        """Not today, says their app of the set at this visit."""
        found = self.did(person, Request("GET", f"{person.home}/Task?encounter={encounter}"), 200).json()
        task = found["entry"][0]["resource"]
        headers = FHIR_JSON | {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
        body = json.dumps(task | {"status": "rejected"}).encode()
        self.did(person, Request("PUT", f"{person.home}/Task/{task['id']}", headers, body), 200)

    def search(self, person: Person) -> None:
        """A search with pages, whose next one is theirs alone."""
        page = self.did(person, Request("GET", f"{person.home}/{QR}?_count=1"), 200).json()
        links = [link["url"] for link in page["link"] if link["relation"] == "next"]
        self.cursors += [link.partition("after=")[2] for link in links]

    def decide(self, doctor: Person, name: str, encounter: str) -> None:
        why = {"patient": name, "kind": "series-begins", "why": "other", "encounter": encounter}
        self.form(doctor, "say", 303, page="visits", **why)

    def come(self, name: str, clinic: str) -> None:
        """A launch from the portal, whose visit stays open."""
        patient(self.side.world, name, clinic)

    def set_out(self, clinic: str) -> None:
        """A launch that nobody finishes."""
        self.did(self.others.carl_app, Request("GET", f"/launch/{clinic}/patient"), 303)

    def book(self, person: Person, name: str) -> None:
        """A visit more at the record system, and a look at it."""
        world = self.side.world
        FrontDesk(world, person.clinic).book(name, world.clock() - timedelta(hours=2))
        self.form(person, "refresh", 303)

    def merge(self, clinic: str, name: str) -> None:
        """The record system confirmed that somebody's record replaces another one."""
        world = self.side.world
        change = deeds.KeepMerge(f"patient-{self.key()}", name, world.clock())
        world.desk.writer.perform(deeds.Deed(clinic, changes=(change,)))


@dataclass(frozen=True, slots=True)
class Planted:
    """One kind of deed: the table in which its witness looks, whose data it touches, and how it is done."""

    name: str
    table: str
    foreign: Foreign
    do: Callable[[Doing], object]


HERE: tuple[Planted, ...] = tuple(
    Planted(name, table, "others", do)
    for name, table, do in (
        ("Bob's app sends", "entries", lambda one: one.send(one.others.bob_app, BOB, 3, "eight-done-3")),
        (
            "Bob's app sends without a visit",
            "entry_versions",
            lambda one: one.send(one.others.bob_app, BOB, 5, None),
        ),
        (
            "Bob's app begins",
            "drafts",
            lambda one: one.send(one.others.bob_app, BOB, 4, "eight-done-4", status="in-progress"),
        ),
        (
            "Bob types in private",
            "drafts",
            lambda one: one.type(
                one.others.bob_page, one.begin(one.others.bob_page, "eight-done-5"), "ai5.1"
            ),
        ),
        ("Bob stops", "drafts", lambda one: one.stop(one.others.bob_page, "eight-done-7")),
        ("Bob's app amends", "entry_versions", lambda one: one.amend(one.others.bob_app)),
        ("Bob's app declines", "assigned_sets", lambda one: one.decline(one.others.bob_app, "eight-done-8")),
        (
            "a decision about Bob",
            "rulings",
            lambda one: one.decide(one.others.bob_doctor, BOB, "eight-done-7"),
        ),
        ("a filing", "filings", lambda one: one.side.world.deliver(CLINIC)),
        ("Bob comes again", "visits", lambda one: one.come(BOB, CLINIC)),
        ("Bob signs out", "visits", lambda one: one.form(one.others.bob_second_page, "sign-out", 200)),
        ("Bob's app searches", "audit_records", lambda one: one.search(one.others.bob_app)),
        ("a visit of Bob's", "seen_encounters", lambda one: one.book(one.others.bob_page, BOB)),
        ("records are merged", "merges", lambda one: one.merge(CLINIC, BOB)),
        ("a launch begins", "launches", lambda one: one.set_out(CLINIC)),
        ("Carl's app sends", "entries", lambda one: one.send(one.others.carl_app, CARL, 1, "two-in-1")),
    )
)

ELSEWHERE: tuple[Planted, ...] = tuple(
    Planted(name, table, "elsewhere", do)
    for name, table, do in (
        (
            "the namesake's app sends under a key of Ada's",
            "entries",
            lambda one: one.send(one.others.namesake_app, ADA, 2, None, one.side.cast.own_key),
        ),
        ("the namesake's app sends", "entries", lambda one: one.send(one.others.namesake_app, ADA, 4, None)),
        (
            "the namesake types in private",
            "drafts",
            lambda one: one.type(
                one.others.namesake_page, one.begin(one.others.namesake_page, "six-done-3"), "ai3.1"
            ),
        ),
        ("the namesake stops", "drafts", lambda one: one.stop(one.others.namesake_page, "six-done-4")),
        ("the namesake's app amends", "entry_versions", lambda one: one.amend(one.others.namesake_app)),
        (
            "the namesake's app declines",
            "assigned_sets",
            lambda one: one.decline(one.others.namesake_app, "six-done-5"),
        ),
        (
            "a decision about the namesake",
            "rulings",
            lambda one: one.decide(one.others.namesake_doctor, ADA, "six-done-3"),
        ),
        ("a filing elsewhere", "filings", lambda one: one.side.world.deliver(OTHER)),
        ("the namesake comes again", "visits", lambda one: one.come(ADA, OTHER)),
        (
            "the namesake signs out",
            "visits",
            lambda one: one.form(one.others.namesake_second_page, "sign-out", 200),
        ),
        ("the namesake's app searches", "audit_records", lambda one: one.search(one.others.namesake_app)),
        ("a visit of the namesake's", "seen_encounters", lambda one: one.book(one.others.namesake_page, ADA)),
        ("records are merged elsewhere", "merges", lambda one: one.merge(OTHER, ADA)),
        ("a launch begins elsewhere", "launches", lambda one: one.set_out(OTHER)),
    )
)
