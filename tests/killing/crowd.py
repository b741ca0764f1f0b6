"""A crowd of patients' apps, each of which repeats what it said until it is told that it was taken."""

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from service.wiring import library
from tests.killing.judge import judge
from tests.killing.stage import Stage
from tests.strangers.patients import INFUSIONS, Stranger

_QR = "QuestionnaireResponse"
_TAKEN = (200, 201)
_MOVED = 412  # somebody else's version came between: what stands is read again
# Nobody there, or trouble on their side: a client comes again.
_ABSENT = (None, 500, 502, 503, 504)


def _a_while() -> None:
    time.sleep(0.1)


@dataclass(slots=True)
class Told:
    """One entry as its app knows it: whose, its place, and the newest words that were acknowledged."""

    patient: Stranger
    ordinal: int
    key: str
    id: str = ""
    versions: int = 0
    words: str = ""


@dataclass
class Crowd:
    """What all apps together were told. `longest_wait` is the longest time without any acknowledgement, in seconds.

    `absent` is done before an app comes again to a server that was not there, or in trouble.
    """

    made: Stage
    absent: Callable[[], None] = _a_while
    entries: list[Told] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    longest_wait: float = 0.0
    _last: float = field(default_factory=time.monotonic)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def write(self, patients: list[Stranger], chance: random.Random, ends: threading.Event) -> None:
        """Send new entries of these patients and change old ones, until the end; the last one is seen through."""
        coming = [(patient, ordinal) for ordinal in range(1, INFUSIONS + 1) for patient in patients]
        begun: list[Told] = []
        while not ends.is_set():
            if coming and (not begun or chance.random() < 0.5):
                begun.append(self.send(*coming.pop(0), chance))
            else:
                self.amend(chance.choice(begun))
            ends.wait(chance.uniform(0.3, 1.5))  # a person takes longer than a test

    @property
    def known(self) -> dict[str, str]:
        """The patient of each entry that was acknowledged, by its key."""
        return {one.key: one.patient.id for one in self.entries}

    def wait_until_filed(self, within: float) -> None:
        """Wait so many seconds at the most until each of them is in the record, or before a person."""
        until = time.monotonic() + within
        place = self.made.place
        while time.monotonic() < until and judge(place.folder, place.database, self.known).lost:
            time.sleep(1.0)

    def send(self, patient: Stranger, ordinal: int, chance: random.Random) -> Told:
        """A new entry, sent under its key until it is taken."""
        told = Told(patient, ordinal, str(uuid.UUID(int=chance.getrandbits(128), version=4)))
        words = _words(told)
        same = f"identifier=urn:ietf:rfc:3986|urn:uuid:{told.key}"
        while True:
            answer = self._ask("POST", told, "", _response(self.made, told, words), {"If-None-Exist": same})
            if answer is not None and answer.status_code in _TAKEN:
                told.id = answer.json()["id"]
                self._was_taken(told, words, new=True)
                return told

    def amend(self, told: Told) -> None:
        """Other words for this entry, sent until they are taken."""
        words = _words(told)
        while True:
            standing = self._ask("GET", told, f"/{told.id}")
            if standing is None or standing.status_code != 200:
                continue
            body = standing.json()
            if words in json.dumps(body):
                break  # it was taken, and the answer was lost
            body |= {"status": "amended", "item": _response(self.made, told, words)["item"]}
            answer = self._ask("PUT", told, f"/{told.id}", body, {"If-Match": standing.headers["etag"]})
            if answer is not None and answer.status_code == 200:
                break
        self._was_taken(told, words)

    def _was_taken(self, told: Told, words: str, *, new: bool = False) -> None:
        with self._turn:
            told.versions, told.words = told.versions + 1, words
            self.entries += [told] if new else []
            self.acknowledged += 1
            now = time.monotonic()
            self.longest_wait = max(self.longest_wait, now - self._last)
            self._last = now

    def _ask(
        self,
        method: str,
        told: Told,
        place: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response | None:
        """The answer, or None where none came."""
        asked = {"Authorization": f"Bearer {self.made.token(told.patient.id)}", **(headers or {})}
        if body is not None:
            asked["Content-Type"] = "application/fhir+json"
        answer, met = None, ""
        try:
            content = json.dumps(body).encode() if body is not None else None
            answer = self.made.http.request(
                method, f"{self.made.base}/{_QR}{place}", content=content, headers=asked
            )
        except httpx2.HTTPError as error:
            met = type(error).__name__
        status = answer.status_code if answer is not None else None
        with self._turn:
            self.answers[met or str(status)] += 1
        if status in _ABSENT:
            self.absent()
        elif status not in (*_TAKEN, _MOVED):
            raise AssertionError(
                f"{method} was answered with {status}: {answer.text[:500] if answer else ''}"
            )
        return answer


def _words(told: Told) -> str:
    """Words that nobody else says, of this entry's next version."""
    return f"word{told.key[:8]}n{told.versions + 1}end"


def _response(made: Stage, told: Told, words: str) -> dict[str, Any]:
    prompts = library().for_ordinal(told.ordinal)
    assert prompts is not None
    return {
        "resourceType": _QR,
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{told.key}"},
        "questionnaire": prompts.canonical,
        "status": "completed",
        "subject": {"reference": f"Patient/{told.patient.id}"},
        "encounter": {"reference": f"Encounter/{told.patient.encounter(told.ordinal)}"},
        "authored": made.now().isoformat(),
        "item": [{"linkId": prompts.prompts[0].link_id, "answer": [{"valueString": words}]}],
    }
