"""What a simulation found, as a person or a program reads it: a table, CSV or JSON, written patient by patient."""

import json
import textwrap
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from service.audit.flat import line, safe
from service.journal.infusions import Doubt, Infusion
from service.journal.match import Why
from service.journal.series import Asked, Assignment
from service.workflow.simulate_series import Simulated

WIDTH = 100
_BECAUSE = {
    Asked.ORDINAL: "by its ordinal",
    Asked.BEYOND: "beyond the last set",
    Asked.CLINICIAN: "by a clinician's word",
}
_COLUMNS = (
    "patient",
    "what",
    "series",
    "ordinal",
    "set",
    "start",
    "encounters",
    "ties",
    "because",
    "ready",
    "count",
)


@dataclass
class Totals:
    """What was counted over all patients."""

    patients: int = 0
    encounters: int = 0
    infusions: int = 0
    series: int = 0
    doubtful: int = 0
    earlier: int = 0
    unread: int = 0
    left_out: Counter[Why] = field(default_factory=Counter)

    def take(self, found: Simulated) -> None:
        """Count one patient in."""
        self.patients += 1
        self.encounters += found.encounters
        self.infusions += len(found.assignments)
        self.series += len({one.series for one in found.assignments})
        self.doubtful += len(found.doubts)
        self.earlier += found.earlier
        self.left_out.update(dict(found.left_out))

    def sentences(self) -> list[str]:
        """The totals as a person reads them."""
        out = sum(self.left_out.values())
        reasons = ", ".join(f"{count} {why.value}" for why, count in sorted(self.left_out.items()))
        told = [
            f"{self.encounters} encounters of {self.patients} patients: {self.infusions} infusions in "
            f"{self.series} series, {self.doubtful} doubtful, {out} left out{f' ({reasons})' if out else ''}."
        ]
        if self.earlier:
            told.append(f"{self.earlier} infusions before that day count in the ordinals and are not shown.")
        if self.unread:
            told.append(f"{self.unread} patients could not be read.")
        return told

    def as_json(self) -> dict[str, Any]:
        """The totals as a program reads them."""
        counted: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("patients", "encounters", "infusions", "series", "doubtful", "earlier", "unread")
        }
        return {"what": "totals"} | counted | {"left_out": {why.value: n for why, n in self.left_out.items()}}


class Report(ABC):
    """Writes to `out` what it is given, at once; times are the clinic's, `now` says what is ready."""

    def __init__(self, out: TextIO, notes: TextIO, zone: ZoneInfo, now: datetime) -> None:
        self.out = out
        self.notes = notes
        self.zone = zone
        self.now = now
        self.totals = Totals()

    def begin(self) -> None:
        """What stands before the first patient."""
        return

    def take(self, found: Simulated) -> None:
        """Write one patient, of whom there may be nothing to show."""
        self.totals.take(found)
        if not found.is_empty:
            self.write(found)

    def unread(self, patient_id: str, problem: str) -> None:
        """Say that one patient could not be read."""
        self.totals.unread += 1
        self.notes.write(f"{_plain(patient_id)}: could not be read ({problem})\n")

    @abstractmethod
    def write(self, found: Simulated) -> None:
        """Write one patient."""

    def end(self) -> None:
        """What stands after the last one: beside a form that a program reads, the totals go to the notes."""
        self.notes.write("\n".join(self.totals.sentences()) + "\n")

    def start_of(self, infusion: Infusion) -> str:
        """When it began at the clinic, to the minute; only the day where that is all that is known."""
        there = infusion.start.astimezone(self.zone)
        return there.isoformat(timespec="minutes") if infusion.has_time else there.date().isoformat()

    def rows(self, found: Simulated) -> Iterator[dict[str, Any]]:
        """Everything about one patient, a row each: infusions, doubts, and what was left out by reason."""
        for one in found.assignments:
            yield {"patient": found.patient_id, "what": "infusion"} | self._infusion(one)
        for doubt in found.doubts:
            yield {"patient": found.patient_id, "what": "doubt"} | _doubt(doubt)
        for why, count in found.left_out:
            yield {"patient": found.patient_id, "what": "left-out", "because": why.value, "count": count}

    def _infusion(self, one: Assignment) -> dict[str, Any]:
        return {
            "series": one.series,
            "ordinal": one.ordinal,
            "set": one.prompt_set.title if one.prompt_set else None,
            "start": self.start_of(one.infusion),
            "encounters": list(one.infusion.encounter_ids),
            "ties": [tie.value for tie in one.infusion.ties],
            "because": one.asked.value,
            "ready": one.infusion.is_ready(self.now),
        }


class Table(Report):
    """For a person: at most a hundred columns wide."""

    def write(self, found: Simulated) -> None:
        """A heading, two lines an infusion, one a doubt, one for what was left out."""
        self._line(0, f"Patient {_plain(found.patient_id)}")
        for one in found.assignments:
            self._infusion_lines(one)
        for doubt in found.doubts:
            beside = f", beside {_plain(' '.join(doubt.beside))}" if doubt.beside else ""
            self._line(
                4, f"?  for a person, {doubt.reason.value}: {_plain(' '.join(doubt.encounter_ids))}{beside}"
            )
        if found.left_out:
            self._line(
                4, "-  left out: " + ", ".join(f"{count} {why.value}" for why, count in found.left_out)
            )
        if found.earlier:
            self._line(4, f"   {found.earlier} earlier, counted and not shown")

    def end(self) -> None:
        """The totals below the table."""
        self.out.write("\n")
        for sentence in self.totals.sentences():
            self._line(0, sentence)

    def _infusion_lines(self, one: Assignment) -> None:
        there = one.infusion.start.astimezone(self.zone)
        start = f"{there:%Y-%m-%d %H:%M}" if one.infusion.has_time else f"{there:%Y-%m-%d}"
        ready = "ready" if one.infusion.is_ready(self.now) else "not yet"
        title = one.prompt_set.title if one.prompt_set else "nothing is asked"
        self._line(2, f"{one.ordinal:>3}  {start:<16}  {ready:<7}  {title}")
        ties = f", tied by {', '.join(one.infusion.ties)}" if one.infusion.ties else ""
        evidence = _plain(" ".join(one.infusion.encounter_ids))
        self._line(7, f"{_BECAUSE[one.asked]}, series {_plain(one.series)}, encounters {evidence}{ties}")

    def _line(self, indent: int, words: str) -> None:
        first, further = " " * indent, " " * (indent + 3)
        told = textwrap.wrap(
            words, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
        )
        self.out.write("\n".join(told) + "\n")


class Csv(Report):
    """For a spreadsheet: a row each, several values of a cell with blanks between; the totals go to the notes."""

    def begin(self) -> None:
        """The heading."""
        self.out.write(line(_COLUMNS))

    def write(self, found: Simulated) -> None:
        """The patient's rows."""
        for row in self.rows(found):
            self.out.write(line(safe(_cell(row.get(name))) for name in _COLUMNS))


class Json(Report):
    """For a program: one array with an object each, a line each; the totals are its last object."""

    def begin(self) -> None:
        """The array's beginning."""
        self.out.write("[\n")

    def write(self, found: Simulated) -> None:
        """The patient's objects."""
        for row in self.rows(found):
            self.out.write(json.dumps(row, ensure_ascii=False) + ",\n")

    def end(self) -> None:
        """The totals and the array's end."""
        self.out.write(json.dumps(self.totals.as_json()) + "\n]\n")


FORMS: dict[str, type[Report]] = {"table": Table, "csv": Csv, "json": Json}


def _doubt(doubt: Doubt) -> dict[str, Any]:
    told = {"encounters": list(doubt.encounter_ids), "because": doubt.reason.value}
    return told | ({"beside": list(doubt.beside)} if doubt.beside else {})


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _plain(words: str) -> str:
    """Words of a record system without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in words)
