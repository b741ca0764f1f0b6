"""A client reads or searches Provenances: how each sent version came to be, with the reach of its response (rule 11).

No Provenance is kept: its id names the version that it is written from (`Desk.provenance_id`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.conditions import Among, Condition, Place, Value, meets, values_asked
from service.journal.entries import EntryVersion
from service.journal.problems import NotYours
from service.journal.questions import EntryQuery
from service.journal.release import changed_at
from service.r4 import provenance
from service.r4.raw_json import splice
from service.store import entries
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, about, as_version_number, remember_search
from service.workflow.remember import before_answering, record

_DEVICE = "Infusion Journal"
# A search looks at this many entries at most for one page: a page may hold fewer matches than asked for.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class VersionsQuery:
    """Which Provenances are asked for: by conditions of "id", "patient_id", "recorded_at", "changed_at" and "target".

    A target is an entry's id, or "id/_history/version". `after` holds the last one's entry's instant and its own id.
    """

    conditions: tuple[Condition, ...] = ()
    after: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundProvenances:
    """One page of Provenances: by entry, the last written first, and the newest version first; where it ended.

    `total`: how many there are on all pages, where that was asked.
    """

    served: tuple[Served, ...]
    ended: Place | None
    total: int | None = None


def read_provenance(desk: Desk, context: AccessContext, provenance_id: str) -> Served:
    """The Provenance of one sent version; NotYours where the version is out of reach, or is not."""
    named = _version_named(provenance_id)
    version = entries.version_of(desk.store, context, *named) if named else None
    if version is None:
        raise NotYours
    served = serve_provenance(desk, version, context.at)
    remembered = record(
        desk, context, Deed.READ, patient=served.patient_id, what=f"Provenance/{provenance_id}"
    )
    before_answering(desk, context, [remembered])
    return served


def find_provenances(
    desk: Desk, context: AccessContext, wanted: VersionsQuery, query: str, *, counted: bool = False
) -> FoundProvenances:
    """The matches of a search; `query` is the search as it was asked. No match for limit 0.

    A clinic may have very many entries and few that match, so one page ends after `_AT_ONCE` of them with a cursor.
    """
    total = entries.count_versions(desk.store, context, wanted.conditions) if counted else None
    found = _page(desk, context, wanted) if wanted.limit else FoundProvenances((), None)
    asked = values_asked(wanted.conditions, "patient_id")
    touched = {one.patient_id for one in found.served} | about(context, asked, total)
    remember_search(desk, context, "Provenance", query, touched)
    return replace(found, total=total)


def provenances_of(desk: Desk, context: AccessContext, entry_ids: Iterable[str]) -> tuple[Served, ...]:
    """The Provenances of every version of these responses, within reach; each is remembered as a read (I-80, T3)."""
    versions = [one for entry_id in entry_ids for one in entries.versions_of(desk.store, context, entry_id)]
    served = tuple(serve_provenance(desk, one, context.at) for one in versions)
    reads = [
        record(desk, context, Deed.READ, patient=one.patient_id, what=f"Provenance/{one.id}")
        for one in served
    ]
    if reads:
        before_answering(desk, context, reads)
    return served


def serve_provenance(desk: Desk, version: EntryVersion, at: datetime | None) -> Served:
    """The Provenance of this version, as it may be seen at this instant. It never changes, so it is at version 1."""
    changed = changed_at(version, at)
    name = desk.provenance_id(version.id, version.version)
    raw = splice(
        provenance.write(version, id=name, device=_DEVICE),
        id=name,
        version_id="1",
        last_updated=changed,
    )
    return Served(name, 1, changed, version.patient_id, raw)


def _page(desk: Desk, context: AccessContext, wanted: VersionsQuery) -> FoundProvenances:
    heads = _heads(desk, context, wanted)
    looked_at = heads[:_AT_ONCE]
    found = list(islice(_matching(desk, context, wanted, looked_at), wanted.limit + 1))
    page = found[: wanted.limit]
    served = tuple(serve_provenance(desk, one, context.at) for _, one in page)
    if len(found) > wanted.limit:
        head, ended = page[-1]
        return FoundProvenances(served, Place((head.authored,), desk.provenance_id(ended.id, ended.version)))
    last = looked_at[-1] if len(heads) > _AT_ONCE else None
    return FoundProvenances(served, Place((last.authored,), desk.provenance_id(last.id, 1)) if last else None)


def _heads(desk: Desk, context: AccessContext, wanted: VersionsQuery) -> list[EntryVersion]:
    """The newest versions of the entries to look at, one more than `_AT_ONCE`; the one that a page ended in again."""
    named, of_patients = _entry_ids(wanted), [one for one in wanted.conditions if one.field == "patient_id"]
    among = [Among("id", named)] if named is not None else []
    asked = EntryQuery(conditions=(*of_patients, *among), limit=_AT_ONCE + 1)
    if wanted.after is None:
        return entries.find(desk.store, context, asked)
    entry_id, version = _version_named(wanted.after.id) or ("", 1)
    behind = replace(asked, behind=Place(wanted.after.keys, entry_id))
    this = entries.by_id(desk.store, context, entry_id) if version > 1 else None
    return [*([this] if this else []), *entries.find(desk.store, context, behind)]


def _entry_ids(wanted: VersionsQuery) -> frozenset[str] | None:
    """The entries that every parameter leaves; None for all."""
    said: list[frozenset[str]] = []
    for one in wanted.conditions:
        if not isinstance(one, Among) or one.negated:
            continue
        if one.field == "id":
            named = (_version_named(name) for name in one.values)
            said.append(frozenset(version[0] for version in named if version))
        elif one.field == "target":
            said.append(frozenset(target.partition("/")[0] for target in one.values))
    return frozenset.intersection(*said) if said else None


def _matching(
    desk: Desk, context: AccessContext, wanted: VersionsQuery, heads: list[EntryVersion]
) -> Iterator[tuple[EntryVersion, EntryVersion]]:
    """Each version that the search asks for, behind its entry's newest one, whose place in the order is the entry's."""
    for head in heads:
        versions = [head] if head.version == 1 else entries.versions_of(desk.store, context, head.id)
        yield from ((head, one) for one in versions if _fits(desk, context, one, wanted))


def _fits(desk: Desk, context: AccessContext, one: EntryVersion, wanted: VersionsQuery) -> bool:
    values: dict[str, Value] = {
        "id": desk.provenance_id(one.id, one.version),
        "patient_id": one.patient_id,
        "recorded_at": one.recorded_at,
        "changed_at": changed_at(one, context.at),
        "target": frozenset({one.id, f"{one.id}/_history/{one.version}"}),
    }
    return all(meets(each, values) for each in wanted.conditions) and not _was_shown(one, wanted.after)


def _was_shown(one: EntryVersion, after: Place | None) -> bool:
    """Whether an earlier page ended in this entry, at this version or an older one."""
    ended = _version_named(after.id) if after else None
    return ended is not None and ended[0] == one.id and one.version >= ended[1]


def _version_named(provenance_id: str) -> tuple[str, int] | None:
    """The entry's id and the version that a Provenance's id names; None where it is no such id."""
    entry_id, _, written = provenance_id.rpartition(".")
    version = as_version_number(written)
    return None if version is None else (entry_id, version)
