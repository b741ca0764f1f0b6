"""EpisodeOfCare: the record system's own word on where a series begins and ends (product rule 10)."""

import re
from calendar import monthrange
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from service.journal.series import EpisodeSeen
from service.r4.elements import Json, moment, part, reference, text
from service.r4.encounter import patient_id_of

_NEVER = "9999"  # how record systems write an end that is not known yet
_SHORTENED = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def read(value: Json, zone: str) -> EpisodeSeen:
    """The episode, its period as instants; `zone` is the clinic's, e.g. "America/Los_Angeles".

    A start that names a day, a month or a year means its first instant there, an end its last one. ValueError where
    this is no EpisodeOfCare with an id and a patient.
    """
    patient = patient_id_of(reference(value, "patient"))
    if value.get("resourceType") != "EpisodeOfCare" or not text(value, "id") or not patient:
        raise ValueError("not an EpisodeOfCare of a patient")
    period = part(value, "period")
    return EpisodeSeen(
        id=value["id"],
        patient_id=patient,
        status=text(value, "status") or "unknown",
        start=_first_instant(text(period, "start"), zone),
        end=_last_instant(text(period, "end"), zone),
    )


def _first_instant(written: str | None, zone: str) -> datetime | None:
    days = _days(written)
    return datetime.combine(days[0], time.min, ZoneInfo(zone)) if days else moment(written)


def _last_instant(written: str | None, zone: str) -> datetime | None:
    if (written or "").startswith(_NEVER):
        return None
    days = _days(written)
    return datetime.combine(days[1], time.max, ZoneInfo(zone)) if days else moment(written)


def _days(written: str | None) -> tuple[date, date] | None:
    """The first and the last day of a date, which may be shortened to its month or year; None for anything else."""
    named = _SHORTENED.fullmatch(written or "")
    if named is None:
        return None
    year, month, day = named.groups()
    last_month = int(month or 12)
    try:
        last_day = int(day) if day else monthrange(int(year), last_month)[1]
        return date(int(year), int(month or 1), int(day or 1)), date(int(year), last_month, last_day)
    except ValueError:
        return None
