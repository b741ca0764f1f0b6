"""What n searches by chance find is what a naive look at the JSON finds, and never outside the caller's reach.

Patients, staff and services ask for responses and tasks with own and foreign values, repeated parameters, modifiers,
orders and page sizes, by address, by form and half by each; what is not offered is refused in any handling (T2).
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.people import FORM, App
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.web.fhir_answers import issues
from tests.web.search_cases import KINDS, Case, Seen, drawn, is_sorted, searched_world
from tests.web.searching import Value, walked, written

DEFAULT_N = 20_000
CI_N = 300

_NONE = ("outside_compartment", "oracle_mismatch", "wrongly_sorted", "wrongly_answered", "told_apart_by_form")


@dataclass
class Oracle:
    """One run: who asks what, and what came of it."""

    seen: Seen
    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)

    def judge(self, kind: str, case: Case, chance: random.Random) -> None:
        """Ask, and hold every page against what must be found."""
        app, pairs = self.seen.apps[case.who], case.pairs
        self.counted["cases"] += 1
        if case.unknown is not None:
            mixed = [*pairs, (case.unknown, "x")]
            refused = app.get(f"{kind}?{written(chance.sample(mixed, len(mixed)))}", **case.prefer)
            self._count("refused_unknown", "wrongly_answered", _is_unknown(refused), case)
            return
        answer = app.get(f"{kind}?{written(pairs)}", **case.prefer)
        if case.names_a_stranger:
            self._count("refused_strangers", "wrongly_answered", answer.status_code == 403, case)
            return
        if answer.status_code != 200:
            self._fault("wrongly_answered", case)
            return
        self._found(kind, case, answer)
        self._by_form(kind, case, answer, chance)

    def _found(self, kind: str, case: Case, first: httpx2.Response) -> None:
        app, looked, within = self.seen.apps[case.who], KINDS[kind], self.seen.within[case.who][kind]
        wanted = [one for one in within if all(looked.meets(one, each) for each in case.asked)]
        found = _walked_on(app, self.seen.world.base, first)
        reached = {one["id"] for one in within}
        self.counted["found_something"] += bool(found)
        if any(one["id"] not in reached or self.seen.is_outside(case.who, one) for one in found):
            self._fault("outside_compartment", case)
        if sorted(one["id"] for one in found) != sorted(one["id"] for one in wanted):
            self._fault("oracle_mismatch", case)
        if not is_sorted(looked, found, case.order):
            self._fault("wrongly_sorted", case)

    def _by_form(self, kind: str, case: Case, first: httpx2.Response, chance: random.Random) -> None:
        """The same by a form, with some of it in the address: the same page, and all of it in its own address."""
        cut = chance.randint(0, len(case.pairs))
        there, sent = case.pairs[:cut], case.pairs[cut:]
        path = f"{kind}/_search?{written(there)}" if there else f"{kind}/_search"
        form = self.seen.apps[case.who].ask(
            "POST", path, content=written(sent).encode(), headers=FORM | case.prefer
        )
        if form.status_code != 200 or form.json().get("entry") != first.json().get("entry"):
            self._fault("told_apart_by_form", case)
        [own] = [link["url"] for link in first.json()["link"] if link["relation"] == "self"]
        if sorted(parse_qsl(urlsplit(own).query, keep_blank_values=True)) != sorted(case.pairs):
            self._fault("wrongly_answered", case)

    def _count(self, name: str, fault: str, holds: bool, case: Case) -> None:
        self.counted[name] += 1
        if not holds:
            self._fault(fault, case)

    def _fault(self, name: str, case: Case) -> None:
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(f"{name}: {case}")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n searches, half of them for each resource type."""
    chance = random.Random(seed)
    with small_world() as world:
        oracle = Oracle(searched_world(world), report)
        asking = {kind: drawn(oracle.seen, kind, chance) for kind in KINDS}
        for number in range(n):
            kind = list(KINDS)[number % len(KINDS)]
            oracle.judge(kind, next(asking[kind]), chance)
            if number % 1000 == 999:
                report(f"{number + 1} of {n} searches")
    count = oracle.counted
    kinds = ("cases", "found_something", "refused_unknown", "refused_strangers")
    return Figures(
        planned=n,
        injected=count["cases"],
        counted={name: count[name] for name in (*kinds, *_NONE)},
        bars={
            "cases": at_least(n),
            "found_something": at_least(n // 8),
            "refused_unknown": at_least(n // 20),
            "refused_strangers": at_least(n // 40),
            **{name: exactly(0) for name in _NONE},
        },
    )


def _is_unknown(answer: httpx2.Response) -> bool:
    return answer.status_code == 400 and issues(answer) == ["not-supported"]


def _walked_on(app: App, base: str, first: httpx2.Response) -> list[Value]:
    """The matches of a page that was answered, and of all behind it."""
    value = first.json()
    found = [one["resource"] for one in value.get("entry", []) if one["search"]["mode"] == "match"]
    behind = {link["relation"]: link["url"] for link in value["link"]}.get("next")
    return found + (walked(app, base, behind) if behind else [])
