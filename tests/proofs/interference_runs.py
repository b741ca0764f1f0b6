"""One pair of worlds of the noninterference proof after another: others' deeds, then the same requests in both."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import httpx2
from structlog.testing import capture_logs

from service.summary.rendering import RenderingChild
from tests.proofs.interference_deeds import ELSEWHERE, HERE, Planted
from tests.proofs.interference_people import Foreign, Person, Request
from tests.proofs.interference_requests import Asking
from tests.proofs.interference_taken import one_of_each
from tests.proofs.interference_things import known
from tests.proofs.interference_witness import Witness, apart, plant
from tests.proofs.interference_worlds import Cast, Side, pair
from tests.world import JOURNAL

REQUESTS = 42  # in each pair of worlds
_MOST_TOLD = 3  # differences of one pair, after which it is left: what follows may follow from them
_NEXT = b'"relation":"next","url":"'
_FLEETING = ("date", "x-request-id")


@dataclass
class Counted:
    """What one or many pairs of worlds came to; `said` are differences in words, the first ones."""

    counts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def add(self, more: "Counted") -> None:
        self.counts.update(more.counts)
        self.answers.update(more.answers)
        self.said += more.said


@dataclass(frozen=True, slots=True)
class Answered:
    """All of an answer that tells anything."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def differs(self, other: "Answered") -> str:
        """The first thing in which two answers differ; "" for none."""
        if self.status != other.status:
            return f"status {self.status} | {other.status}"
        if self.headers != other.headers:
            return f"headers {set(self.headers) ^ set(other.headers)}"
        if self.body == other.body:
            return ""
        at = next(
            (place for place, (a, b) in enumerate(zip(self.body, other.body, strict=False)) if a != b),
            min(len(self.body), len(other.body)),
        )
        near = slice(max(at - 60, 0), at + 60)
        return f"body at {at}: {self.body[near]!r} | {other.body[near]!r}"


def run_world(cast: Cast, folder: Path, child: RenderingChild, seed: int, number: int) -> Counted:
    """One pair of worlds, in this folder."""
    chance = random.Random(f"{seed}/{number}")
    foreign: Foreign = "elsewhere" if number % 4 == 3 else "others"
    people = [one for one in cast.callers if one.foreign == foreign]
    counted = Counted()
    with capture_logs(), pair(cast, folder, child) as (left, right):
        witnesses = _set_apart(left, right, foreign, chance)
        between = apart(left.database, right.database)
        counted.counts["planned"] = sum(one.planned for one in witnesses)
        counted.counts["injected"] = sum(between.injected(one) for one in witnesses)
        counted.counts["rows_apart"] = between.count
        counted.counts["own_rows_apart"] = between.own(foreign)
        cursors = [cursor for one in witnesses for cursor in one.cursors]
        things = known(left, right, cursors)
        asking = [Asking(one, things, left.world, chance) for one in people]
        asked = Pair(left, right, f"world {number}", counted, chance)
        asked.run(asking)
        if foreign == "others":
            asked.ask_for_taken(asking, things.of_others)
    counted.counts["worlds"] = 1
    return counted


def _set_apart(left: Side, right: Side, foreign: Foreign, chance: random.Random) -> list[Witness]:
    """What others did in one world alone: a few things in the one, others in the other."""
    offered = [*ELSEWHERE, *(HERE if foreign == "others" else ())]
    several = chance.sample(offered, chance.randrange(3, 7))
    # Most requests are about what was sent: there is always something of it in one world alone.
    sent = chance.choice([one for one in offered if (one.table, one.foreign) == ("entries", foreign)])
    chosen = [one for one in offered if one is sent or one in several]
    there = [one for one in chosen if chance.random() < 0.65]
    parts: Sequence[tuple[Side, list[Planted]]] = (
        (left, [one for one in chosen if one not in there]),
        (right, there),
    )
    return [plant(side, deeds, random.Random(chance.random())) for side, deeds in parts]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and whose."""

    person: Person
    request: Request

    def __str__(self) -> str:
        body = f" {self.request.body[:400]!r}" if self.request.body else ""
        headers = dict(self.request.headers) or ""
        return f"{self.person.name}: {self.request.method} {self.request.path} {headers}{body}"


@dataclass
class Pair:
    """The same requests in both worlds, one after the other."""

    left: Side
    right: Side
    name: str
    counted: Counted
    chance: random.Random
    number: int = 0
    turns: int = 0
    is_over: bool = False

    def run(self, asking: Sequence[Asking]) -> None:
        """All requests of this pair; a search is often followed to its next page, now and then by somebody else."""
        weights = [one.person.weight for one in asking]
        behind: Asked | None = None
        while self.number < REQUESTS and not self.is_over:
            who = self.chance.choices(asking, weights)[0]
            asked = behind or Asked(who.person, who.next())
            self.number += 1
            left, right = self._both(asked)
            self._count(asked, left)
            if what := left.differs(right):
                self._tell(asked, what)
            behind = self._following(asked, left, who.person)

    def ask_for_taken(self, asking: Sequence[Asking], foreign: frozenset[str]) -> None:
        """Last of all in one world: what is told of identifiers that others took, and whether it is the same of all."""
        side = self.chance.choice((self.left, self.right))
        who = next(one for one in asking if one.person.name == "the patient's app")
        told = []
        for key in one_of_each(side):
            self.turns += 1
            answer = self._answer(side, Asked(who.person, who.under_another_s(key)))
            named = [name for name in foreign - {key} if name.encode() in answer.body]
            told.append((answer.status, answer.body.replace(key.encode(), b"that"), *named))
            self.counted.counts["taken_asked"] += 1
            self._judge_taken(answer, named)
        if told[0] != told[1]:
            self.counted.counts["taken_told"] += 1
            self.counted.said.append(f"{self.name}: {who.person.name}: sent | begun by another: {told}")

    def _judge_taken(self, answer: Answered, named: list[str]) -> None:
        if answer.status >= 500 or answer.status < 300 or named:
            self.counted.counts["taken_told"] += 1
            self.counted.said.append(f"{self.name}: of a taken identifier: {answer.status} {named}")

    def _following(self, asked: Asked, answer: Answered, somebody: Person) -> Asked | None:
        """The next page, where there is one and it is asked for."""
        page = _page_behind(answer)
        if page is None or self.chance.random() < 0.3:
            return None
        return Asked(somebody if self.chance.random() < 0.15 else asked.person, page)

    def _both(self, asked: Asked) -> tuple[Answered, Answered]:
        self.turns += 1  # never the same twice: what is made in one turn has ids of its own
        return self._answer(self.left, asked), self._answer(self.right, asked)

    def _answer(self, side: Side, asked: Asked) -> Answered:
        side.begin(self.turns, self.name, self.turns)
        return _answered(asked.person.ask(side.world, asked.request))

    def _count(self, asked: Asked, answer: Answered) -> None:
        self.counted.counts["requests"] += 1
        self.counted.answers[f"{answer.status // 100}xx"] += 1
        if answer.status >= 500:
            self.counted.counts["broken"] += 1
            self.counted.said.append(f"{self.name}: {asked}: {answer.status}")

    def _tell(self, asked: Asked, what: str) -> None:
        self.counted.counts["differing_responses"] += 1
        # What was written in one world alone makes the worlds another pair.
        self.is_over = asked.request.method not in ("GET", "HEAD") or len(self.counted.said) + 1 >= _MOST_TOLD
        small = self._shrunk(asked)
        if small != asked:
            left, right = self._both(small)
            what = left.differs(right)
        self.counted.said.append(f"{self.name}: {small}: {what}")

    def _shrunk(self, asked: Asked) -> Asked:
        """A read with as few parameters as still tell the worlds apart; what writes is told as it was asked."""
        path, _, written = asked.request.path.partition("?")
        if asked.request.method not in ("GET", "HEAD"):
            return asked
        pairs = parse_qsl(written, keep_blank_values=True)
        small = asked
        for one in list(pairs):
            fewer = [kept for kept in pairs if kept is not one]
            query = f"{path}?{urlencode(fewer)}" if fewer else path
            fit = replace(asked, request=replace(asked.request, path=query))
            left, right = self._both(fit)
            if left.differs(right):
                pairs, small = fewer, fit
        return small


def _answered(answer: httpx2.Response) -> Answered:
    headers = tuple((name, value) for name, value in answer.headers.multi_items() if name not in _FLEETING)
    return Answered(answer.status_code, headers, answer.content)


def _page_behind(answer: Answered) -> Request | None:
    """The next page, where the answer names one."""
    _, found, rest = answer.body.partition(_NEXT)
    if not found:
        return None
    return Request("GET", rest.partition(b'"')[0].decode().removeprefix(JOURNAL))
