"""The notation of situations.toml, read into the values of the rules; its words are explained at the top of that file.

A NotUnderstood names the line that could not be read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.journal.match import COUNTED_STATUSES, Coding, EncounterSeen, MatchRule, Proof
from service.journal.overview import ClinicRules
from service.journal.prompts import REPEATING_THEMES, Prompt, PromptLibrary, PromptSet
from service.journal.rulings import Reason, Ruling, RulingKind
from service.journal.series import Beyond, EpisodeSeen, SeriesRule

CODES = "http://clinic.example/codes"
SETS = "http://clinic.example/sets/"
SAID = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
_DAY = re.compile(r"(\d{4}-)?\d\d-\d\d")
_LISTS = ("types", "service_types", "classes", "reasons", "appointment_types", "proof_codes")
_EXCLUDED = ("excluded_types", "excluded_service_types", "excluded_classes", "excluded_reasons")


class NotUnderstood(ValueError):
    """A line of the table that the notation does not know."""


@dataclass(frozen=True, slots=True)
class Written:
    """Something written: a draft, one put off, an entry that was sent, or one entered in error."""

    id: str
    state: str
    set_name: str
    after: str | None
    words: datetime | None


def rules(clinic: Mapping[str, Any]) -> ClinicRules:
    """The clinic's settings; what is not named is the default."""
    said = dict(clinic)
    lists: dict[str, Any] = {name: codings(said.pop(name)) for name in (*_LISTS, *_EXCLUDED) if name in said}
    places: dict[str, Any] = {
        name: tuple(said.pop(name)) for name in ("locations", "excluded_locations") if name in said
    }
    series = SeriesRule(
        length=said.pop("length", 6),
        episodes=said.pop("episodes", False),
        beyond=Beyond(said.pop("beyond", "repeating")),
        booster=SETS + "booster",
        attach_within=timedelta(hours=said.pop("attach_hours", 24)),
    )
    if not places and not set(lists) - set(_EXCLUDED) - {"proof_codes"}:
        lists["types"] = codings(["iv", "im"])
    match = MatchRule(
        said.pop("rule_version", "1"),
        said.pop("zone", "America/Los_Angeles"),
        **lists,
        **places,
        proof=said.pop("proof", None),
        statuses=frozenset(said.pop("statuses", COUNTED_STATUSES)),
        ready_after=timedelta(minutes=said.pop("ready_minutes", 60)),
        usual_stay=timedelta(hours=said.pop("usual_stay_hours", 6)),
    )
    said.pop("sets", None)
    if said:
        raise NotUnderstood(f"clinic: {', '.join(said)}")
    return ClinicRules(match, series)


def library(numbered: int = 6) -> PromptLibrary:
    """So many numbered sets, the repeating prompts, and a booster set."""
    sets = [_set(str(number), number, ("mood",)) for number in range(1, numbered + 1)]
    return PromptLibrary((*sets, _set("repeating", None, REPEATING_THEMES), _set("booster", None, ("mood",))))


def set_name(canonical: str | None) -> str:
    """The set's name in the notation: its number, `repeating` or `booster`; `none` for nothing."""
    return canonical.partition("|")[0].removeprefix(SETS) if canonical else "none"


def _set(name: str, ordinal: int | None, themes: Iterable[str]) -> PromptSet:
    prompts = tuple(Prompt(theme, "", theme, theme, 500) for theme in themes)
    return PromptSet(SETS + name, "1.0.0", name, f"Set {name}", ordinal, "en", "Clinic", "", "", prompts)


def codings(codes: Iterable[str]) -> tuple[Coding, ...]:
    """Codes of the clinic's own system; `system|code` names another."""
    return tuple(Coding(system or CODES, code) for system, _, code in (one.rpartition("|") for one in codes))


def moment(written: str, zone: str) -> datetime:
    """`11-02T10:00` in 2026 on the clinic's clock; another year, or an offset, where one is written."""
    full = written if re.match(r"\d{4}-", written) else f"2026-{written}"
    found = datetime.fromisoformat(full)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))


def visits(lines: Iterable[str], zone: str) -> list[EncounterSeen]:
    """Every visit of a list."""
    return [_visit(line, zone) for line in lines]


def _visit(line: str, zone: str) -> EncounterSeen:
    words = line.split()
    if len(words) < 3:
        raise NotUnderstood(line)
    named = dict(word.split("=", 1) for word in words[2:] if "=" in word)
    plain = iter(word for word in words[2:] if "=" not in word)
    patient = named.pop("patient", "ada")
    said = _when(plain, zone, line) | _named(named, zone, line)
    return EncounterSeen(words[0], patient, words[1], **({"types": codings(["iv"])} | said))


def _when(plain: Iterator[str], zone: str, line: str) -> dict[str, Any]:
    """`no-start`, `11-02`, `11-02 10:00-11:00`, `11-02 10:00-`, `11-02 10:00 to 11-05 09:00`."""
    day, times, to = (next(plain, word) for word in ("no-start", "", ""))
    if day == "no-start":
        return {}
    if not _DAY.fullmatch(day):
        raise NotUnderstood(line)
    if not times:
        return {"start_day": date.fromisoformat(day if len(day) > 5 else f"2026-{day}")}
    begins, _, ends = times.partition("-")
    last, ends = (next(plain), next(plain)) if to == "to" else (day, ends)
    end = {"end": moment(f"{last}T{ends}", zone)} if ends else {}
    return {"start": moment(f"{day}T{begins}", zone)} | end


def _named(named: Mapping[str, str], zone: str, line: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in named.items():
        many = tuple(value.split(",")) if value else ()
        if name in ("type", "service", "reason", "appointment-type"):
            element = {"type": "types", "service": "service_types", "reason": "reasons"}.get(
                name, "appointment_types"
            )
            found[element] = codings(many)
        elif name == "class":
            found["class_"] = codings(many)[0]
        elif name in ("location", "appointment", "episode"):
            kind = {"location": "Location", "appointment": "Appointment", "episode": "EpisodeOfCare"}[name]
            found[f"{name}s"] = tuple(f"{kind}/{one}" for one in many)
        elif name == "part-of":
            found["part_of"] = f"Encounter/{value}"
        elif name == "proof":
            found["proofs"] = tuple(_proof(one) for one in many)
        elif name in ("from", "until"):
            found["start" if name == "from" else "end"] = moment(value, zone)
        else:
            raise NotUnderstood(line)
    return found


def _proof(written: str) -> Proof:
    kind, status, *codes = written.split(":")
    return Proof(kind, "1", status, codings(codes))


def episodes(lines: Iterable[str], zone: str) -> list[EpisodeSeen]:
    """`e1 active`, `e1 finished until=11-20T23:59`."""
    found = []
    for line in lines:
        name, status, *more = line.split()
        named = dict(word.split("=", 1) for word in more)
        end = moment(named["until"], zone) if "until" in named else None
        found.append(EpisodeSeen(name, "ada", status, end=end))
    return found


def rulings(lines: Iterable[str], zone: str) -> list[Ruling]:
    """What was said, one a line, each an hour after the one before; the first is `r1`."""
    return [_ruling(number, line, zone) for number, line in enumerate(lines, 1)]


def _ruling(number: int, line: str, zone: str) -> Ruling:
    kind, *words = line.split()
    named = dict(word.split("=", 1) for word in words if "=" in word)
    about = [tuple(word.split("+")) for word in words if "=" not in word]
    withdrawn = kind == RulingKind.WITHDRAWN
    return Ruling(
        f"r{number}",
        "ada",
        RulingKind(kind),
        "Practitioner/7",
        SAID + timedelta(hours=number),
        Reason.SEEN_IN_CHART,
        encounter_ids=about[0] if not withdrawn else (),
        beside=about[1] if len(about) > 1 else (),
        at=moment(named["at"], zone) if "at" in named else None,
        set_url=SETS + named["set"] if "set" in named else None,
        about=about[0][0] if withdrawn else None,
    )


def written(lines: Iterable[str], zone: str) -> list[Written]:
    """`e1 sent 2 after=mon words=11-02T15:00`; without `after` it waits for its infusion."""
    return [_written(line, zone) for line in lines]


def _written(line: str, zone: str) -> Written:
    name, state, set_, *more = line.split()
    if state not in ("draft", "put-off", "sent", "wrong"):
        raise NotUnderstood(line)
    named = dict(word.split("=", 1) for word in more)
    words = moment(named["words"], zone) if "words" in named else None
    return Written(name, state, set_, named.get("after"), words)
