"""One patient's record becomes part of another one at the record system, and is parted from it again (fault F52).

The visits go along, with the documents that stand there, or stay where they were. Which record held when is kept for
the judge: what is filed goes to a record that held at some moment of the attempt.
"""

from dataclasses import dataclass, field

from tests.delivery.ledger import Resource
from tests.delivery.record_system import RecordSystem

OLD, NEW = "p1", "p1-now"


@dataclass(frozen=True, slots=True)
class _Held:
    since: float
    holds: str
    has_visits: str


@dataclass
class Merging:
    """The two records of one person in `chart`, which is the record system's own. `brings`: the visits go along."""

    chart: dict[str, Resource]
    brings: bool
    turns: int = 0
    _past: list[_Held] = field(default_factory=lambda: [_Held(float("-inf"), OLD, OLD)])
    _moved: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chart[f"Patient/{NEW}"] = {"resourceType": "Patient", "id": NEW, "name": [{"text": "p1"}]}

    def turn(self, now: float, records: tuple[RecordSystem, ...]) -> None:
        """The records become one, or two again where they are."""
        self.turns += 1
        holds, other = (OLD, NEW) if self._past[-1].holds == NEW else (NEW, OLD)
        self._link(is_one=holds == NEW)
        has_visits = self._past[-1].has_visits
        if self.brings:
            has_visits = holds
            self._bring(holds, other, records)
        self._past.append(_Held(now, holds, has_visits))

    def allowed(self, patient: str, since: float, until: float) -> frozenset[str]:
        """The records to which something of this patient may go in an attempt between these true seconds.

        Nothing goes to the visit of another record than the one that holds.
        """
        if patient != OLD:
            return frozenset({patient})
        ends = [one.since for one in self._past[1:]] + [float("inf")]
        met = [one for one, end in zip(self._past, ends, strict=True) if one.since <= until and end >= since]
        return frozenset(one.holds for one in met if one.holds == one.has_visits)

    def brought(self, taken: Resource) -> str:
        """Whose the document with this id is now, as the record system took it and has moved it since."""
        return self._moved.get(_key(taken), str(taken["subject"]["reference"]))

    def _link(self, *, is_one: bool) -> None:
        for id_, kind, other in ((OLD, "replaced-by", NEW), (NEW, "replaces", OLD)):
            links = [{"type": kind, "other": {"reference": f"Patient/{other}"}}] if is_one else []
            active = not (is_one and id_ == OLD)
            key = f"Patient/{id_}"
            self.chart[key] = self.chart[key] | {"link": links, "active": active}

    def _bring(self, holds: str, other: str, records: tuple[RecordSystem, ...]) -> None:
        theirs, ours = f"Patient/{other}", {"reference": f"Patient/{holds}"}
        for key, one in self.chart.items():
            if one["resourceType"] == "Encounter" and one["subject"]["reference"] == theirs:
                self.chart[key] = one | {"subject": ours}
        for record in records:
            for one in record.standing:
                if one["subject"]["reference"] == theirs:
                    self._moved[_key(one)] = ours["reference"]
                    record.change(one["id"], subject=ours)


def _key(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
