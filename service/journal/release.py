"""When what was sent becomes others' to see: at once, or on the next morning at the clinic (rule 15).

Apart from sending, because filing, amending, taking back and the pages ask the same. Nobody has to decide on the day of
an infusion what others may read: until the release the entry is the patient's alone.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.journal.entries import EntryVersion

# Who writes at two in the night still has the evening before in mind.
NIGHT_ENDS = time(4)


@dataclass(frozen=True, slots=True)
class Release:
    """A clinic's choice: the hour of the next morning, in its own zone; None releases on sending."""

    hour: time | None = time(9)

    @classmethod
    def at(cls, hour: str) -> "Release":
        """The next morning at this hour, as "09:00"; ValueError where it is none."""
        return cls(time.fromisoformat(hour))


ON_SENDING = Release(None)
NEXT_MORNING = Release()


def held_until(sent: datetime, rule: Release, zone: str) -> datetime | None:
    """The instant at which what is sent now is released, or None where it is held from nobody.

    The clinic's hour on the day after the one on which it was sent; a day lasts until four in the night. A clock change
    between the two moves nothing: it is that hour on the clinic's wall. `sent` is aware, and so is the answer, in UTC.
    """
    if rule.hour is None:
        return None
    home = ZoneInfo(zone)
    local = sent.astimezone(home)
    evening = local.date() - timedelta(days=1) if local.time() < NIGHT_ENDS else local.date()
    morning = _at(evening + timedelta(days=1), rule.hour, home)
    return morning if morning > sent else _at(evening + timedelta(days=2), rule.hour, home)


def is_held(entry: EntryVersion, now: datetime) -> bool:
    """Whether only the patient may see it yet."""
    return entry.held_until is not None and entry.held_until > now


def changed_at(entry: EntryVersion, now: datetime | None) -> datetime:
    """When this version last changed for whoever asks now: it was written, and later released to them.

    So who asks others' servers for what is newer than their last look misses nothing that was held then.
    """
    if entry.held_until is None or now is None or is_held(entry, now):
        return entry.recorded_at
    return max(entry.recorded_at, entry.held_until)


def _at(day: date, hour: time, home: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, home).astimezone(ZoneInfo("UTC"))
