"""Nobody reaches another record by a link that the record system did not confirm from both sides at this very visit.

What the old and the new record say of each other is drawn from every kind of link, one-sided, refuted, cyclic and of
other servers; beside it come people who act for a patient, by token and by launch, who reach nothing (T9).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from service.cli.demo_clinic import CLINIC
from tests.people import App, Visitor, app_of, clinician, patient, signed_token
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.web.fhir_answers import QR
from tests.workflow.deciding import id_of
from tests.world import EHR, OTHER, OTHER_EHR, World

DEFAULT_N = 400
CI_N = 30

OLD, NEW, THIRD = "patient-merged-old", "patient-merged-new", "patient-two-in"
WORDS, NEWER = "written-under-the-old-number", "written-under-the-new-number"

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says of others: its links, and whether it stands."""

    links: tuple[Link, ...]
    active: bool

    @property
    def elements(self) -> dict[str, Any]:
        """As the Patient's elements."""
        links = [{"type": kind, "other": {"reference": other}} for kind, other in self.links]
        return {"link": links or None, "active": self.active}


_APART = Said((), active=True), Said((), active=True)


def _at_old() -> tuple[tuple[Link, ...], ...]:
    new, third = f"Patient/{NEW}", f"Patient/{THIRD}"
    return (
        (),
        (("replaced-by", new),),
        (("replaced-by", third),),
        (("replaced-by", new), ("replaced-by", third)),
        (("replaced-by", new), ("replaces", new)),
        (("replaces", new),),
        (("refer", new),),
        (("seealso", new),),
        (("replaced-by", f"Patient/{OLD}"),),
        (("replaced-by", f"{OTHER_EHR}/fhir/Patient/{NEW}"),),
        (("replaced-by", new), ("replaced-by", f"{OTHER_EHR}/fhir/Patient/{NEW}")),
        (("replaced-by", new), ("seealso", third)),
    )


def _at_new() -> tuple[tuple[Link, ...], ...]:
    old = f"Patient/{OLD}"
    return (
        (),
        (("replaces", old),),
        (("replaces", old), ("replaced-by", old)),
        (("replaced-by", old),),
        (("replaces", f"Patient/{THIRD}"),),
        (("replaces", old), ("replaced-by", f"Patient/{THIRD}")),
        (("refer", old),),
        (("seealso", old),),
        (("replaces", f"Patient/{NEW}"),),
        (("replaces", f"{OTHER_EHR}/fhir/Patient/{OLD}"),),
        (("replaces", old), ("seealso", f"Patient/{THIRD}")),
    )


def cases() -> list[tuple[Said, Said]]:
    """Every pair of what both records may say."""
    both = (True, False)
    return [
        (Said(old, stands), Said(new, holds))
        for old, stands, new, holds in product(_at_old(), both, _at_new(), both)
    ]


def is_confirmed(gone: Said, stays: Said, gone_id: str = OLD, stays_id: str = NEW) -> bool:
    """Whether one record went into the other, by decision 0016: each says so, it stands, and nothing contradicts."""
    to_stays, to_gone = ("replaced-by", f"Patient/{stays_id}"), ("replaces", f"Patient/{gone_id}")
    went = [one for one in gone.links if one[0] == "replaced-by"]
    contradicts = ("replaces", f"Patient/{stays_id}") in gone.links
    replaced = any(kind == "replaced-by" for kind, _ in stays.links)
    return went == [to_stays] and not contradicts and to_gone in stays.links and stays.active and not replaced


@dataclass
class Bed:
    """The world in which it is asked, and what was counted."""

    world: World
    key: str
    newer: str
    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)

    def judge(self, old: Said, new: Said, *, on: bool) -> None:
        """The records say this; who opens the new one's page, chart or app reaches the old one, or does not."""
        self.say(*_APART)
        before, gone = patient(self.world, NEW), patient(self.world, OLD)
        self.say(old, new)
        before.post("refresh")
        gone.post("refresh")
        # The other way round it is the same rule.
        back = gone.get(f"entry/{self.newer}/receipt").status_code == 200 or NEWER in gone.get().text
        self._count("back", back, on and is_confirmed(new, old, NEW, OLD), (old, new))
        wanted = on and is_confirmed(old, new)
        self.counted["cases"] += 1
        self.counted["confirmed"] += wanted
        visits: dict[str, Visitor] = {"page open before": before, "chart": clinician(self.world, NEW)}
        if new.active and not any(kind == "replaced-by" for kind, _ in new.links):
            visits["page"] = patient(self.world, NEW)  # the portal offers nobody whose record was replaced
        for way, visitor in visits.items():
            self._count(way, self._sees(visitor, way), wanted, (old, new))
        app = app_of(self.world, NEW, scope="patient/*.rs")
        self._count("app", app.get(f"{QR}/{self.entry}").status_code == 200, False, (old, new))
        self._count("app search", WORDS in app.get(QR).text, False, (old, new))

    @property
    def entry(self) -> str:
        """The FHIR id of what was written under the old record."""
        return id_of(self.world, self.key)

    def say(self, old: Said, new: Said) -> None:
        """Both records as the record system's administrators keep them."""
        records = self.world.records()
        for name, said in ((OLD, old), (NEW, new)):
            changed = records.read("Patient", name) | said.elements
            records.update("Patient", name, {k: v for k, v in changed.items() if v is not None})

    def proxies(self) -> None:
        """People who act for a patient, whatever the links say: their tokens open nothing."""
        people = (
            "RelatedPerson/related-two-in",
            "RelatedPerson/nobody",
            f"Patient/{NEW}",
            f"Patient/{THIRD}",
        )
        homes = (f"{EHR}/fhir/", f"{OTHER_EHR}/fhir/", "")
        for person, home, name in product(people, homes, (OLD, NEW, THIRD)):
            if (person, home) in ((f"Patient/{name}", f"{EHR}/fhir/"), (f"Patient/{name}", "")):
                continue
            token = signed_token(self.world, patient=name, fhirUser=home + person, scope="patient/*.cruds")
            for path in (QR, f"{QR}/{self.entry}", "Task", "Encounter", "DocumentReference", "Provenance"):
                answer = App(self.world, token).get(path)
                self.counted["proxies"] += 1
                self._count("proxy", answer.status_code not in (401, 403), False, (home, person, name))

    def _sees(self, visitor: Visitor, way: str) -> bool:
        path = f"entry/{self.key}/receipt" if way != "chart" else f"entry/{self.entry}"
        shown = [visitor.get(path), visitor.get(""), visitor.get("side-by-side")]
        return (
            any(one.status_code == 200 and WORDS in one.text for one in shown) or shown[0].status_code == 200
        )

    def _count(self, way: str, sees: bool, wanted: bool, case: object) -> None:
        if sees == wanted:
            return
        name = "unconfirmed_access" if sees else "confirmed_refused"
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(f"{name}: {way} {case}")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n pairs of what two records say, by chance; a tenth of them at a clinic that did not turn links on."""
    chance = random.Random(seed)
    every = cases()
    confirmed = [one for one in every if is_confirmed(*one)]
    chosen = [*chance.sample(confirmed, min(3, n)), *chance.sample(every, min(n, len(every)))][:n]
    off = max(n // 10, 2)
    count: Counter[str] = Counter()
    with _bed(on=True, report=report) as bed:
        for old, new in chosen:
            bed.judge(old, new, on=True)
        bed.proxies()
        count += bed.counted
    with _bed(on=False, report=report) as bed:
        for old, new in chosen[:off]:
            bed.judge(old, new, on=False)
        count += bed.counted
    return Figures(
        planned=len(chosen) + off,
        injected=count["cases"],
        counted={
            "cases": count["cases"],
            **{
                one: count[one] for one in ("confirmed", "proxies", "unconfirmed_access", "confirmed_refused")
            },
        },
        bars={
            "cases": at_least(n),
            "confirmed": at_least(min(3, n)),
            "proxies": at_least(180),
            "unconfirmed_access": exactly(0),
            "confirmed_refused": exactly(0),
        },
    )


@contextmanager
def _bed(*, on: bool, report: Callable[[str], None]) -> Iterator[Bed]:
    """A world whose clinics turned links on, or did not; one entry under the old record, before any link."""
    tables = "".join(
        f"[clinic.{one}.finding]\nmerged_patients = {str(on).lower()}\n" for one in (CLINIC, OTHER)
    )
    with ExitStack() as stack:
        world = stack.enter_context(small_world(tables))
        bed = Bed(world, "", "", report)
        bed.say(*_APART)
        bed.key = patient(world, OLD).write("merged-old-1", {"ai1.1": WORDS})
        bed.newer = patient(world, NEW).write("merged-new-1", {"ai1.1": NEWER})
        yield bed
