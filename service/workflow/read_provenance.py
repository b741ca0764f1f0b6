"""A client reads or searches Provenances: how each sent version came to be, with the reach of its response (rule 11).

No Provenance is kept: its id names the version that it is written from (`Desk.provenance_id`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import EntryVersion
from service.journal.problems import NotYours
from service.journal.questions import Cursor, EntryQuery
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
    """Which Provenances are asked for; None asks nothing, an empty collection finds nothing.

    `ids` are Provenance ids; `targets` pairs of an entry's id and a version as written, None for every version.
    `recorded_from` is part of the span, `recorded_before` is not. `after` holds the last one's entry's instant and
    its own id.
    """

    ids: frozenset[str] | None = None
    patient_ids: Collection[str] | None = None
    targets: frozenset[tuple[str, str | None]] | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None
    after: Cursor | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundProvenances:
    """One page of Provenances: by entry, the last written first, and the newest version first. `next_after` goes on.

    `total`: how many there are on all pages, where that was asked.
    """

    served: tuple[Served, ...]
    next_after: Cursor | None
    total: int | None = None


def read_provenance(desk: Desk, context: AccessContext, provenance_id: str) -> Served:
    """The Provenance of one sent version; NotYours where the version is out of reach, or is not."""
    named = _version_named(provenance_id)
    version = entries.version_of(desk.store, context, *named) if named else None
    if version is None:
        raise NotYours
    served = serve_provenance(desk, version)
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
    total = _count(desk, context, wanted) if counted else None
    found = _page(desk, context, wanted) if wanted.limit else FoundProvenances((), None)
    touched = {one.patient_id for one in found.served} | about(context, wanted.patient_ids, total)
    remember_search(desk, context, "Provenance", query, touched)
    return replace(found, total=total)


def provenances_of(desk: Desk, context: AccessContext, entry_ids: Iterable[str]) -> tuple[Served, ...]:
    """The Provenances of every version of these responses, within reach; each is remembered as a read (I-80, T3)."""
    versions = [one for entry_id in entry_ids for one in entries.versions_of(desk.store, context, entry_id)]
    served = tuple(serve_provenance(desk, one) for one in versions)
    reads = [
        record(desk, context, Deed.READ, patient=one.patient_id, what=f"Provenance/{one.id}")
        for one in served
    ]
    if reads:
        before_answering(desk, context, reads)
    return served


def serve_provenance(desk: Desk, version: EntryVersion) -> Served:
    """The Provenance of this version. It never changes, so it is at version 1 since the version was recorded."""
    name = desk.provenance_id(version.id, version.version)
    raw = splice(
        provenance.write(version, id=name, device=_DEVICE),
        id=name,
        version_id="1",
        last_updated=version.recorded_at,
    )
    return Served(name, 1, version.recorded_at, version.patient_id, raw)


def _page(desk: Desk, context: AccessContext, wanted: VersionsQuery) -> FoundProvenances:
    heads = _heads(desk, context, wanted)
    looked_at = heads[:_AT_ONCE]
    found = list(islice(_matching(desk, context, wanted, looked_at), wanted.limit + 1))
    page = found[: wanted.limit]
    served = tuple(serve_provenance(desk, one) for _, one in page)
    if len(found) > wanted.limit:
        head, ended = page[-1]
        return FoundProvenances(served, Cursor(head.authored, desk.provenance_id(ended.id, ended.version)))
    last = looked_at[-1] if len(heads) > _AT_ONCE else None
    return FoundProvenances(served, Cursor(last.authored, desk.provenance_id(last.id, 1)) if last else None)


def _count(desk: Desk, context: AccessContext, wanted: VersionsQuery) -> int:
    named: list[set[tuple[str, int | None]]] = []
    if wanted.ids is not None:
        named.append({version for one in wanted.ids if (version := _version_named(one))})
    if wanted.targets is not None:
        numbered = ((one, written and as_version_number(written), written) for one, written in wanted.targets)
        named.append(
            {(one, number or None) for one, number, written in numbered if number or written is None}
        )
    return entries.count_versions(
        desk.store, context, named, wanted.patient_ids, wanted.recorded_from, wanted.recorded_before
    )


def _heads(desk: Desk, context: AccessContext, wanted: VersionsQuery) -> list[EntryVersion]:
    """The newest versions of the entries to look at, one more than `_AT_ONCE`; the one that a page ended in again."""
    asked = EntryQuery(ids=_entry_ids(wanted), patient_ids=wanted.patient_ids, limit=_AT_ONCE + 1)
    if wanted.after is None:
        return entries.find(desk.store, context, asked)
    entry_id, version = _version_named(wanted.after.id) or ("", 1)
    behind = replace(asked, after=Cursor(wanted.after.authored, entry_id))
    this = entries.by_id(desk.store, context, entry_id) if version > 1 else None
    return [*([this] if this else []), *entries.find(desk.store, context, behind)]


def _entry_ids(wanted: VersionsQuery) -> frozenset[str] | None:
    """The entries that every parameter leaves; None for all."""
    said: list[frozenset[str]] = []
    if wanted.ids is not None:
        named = (_version_named(one) for one in wanted.ids)
        said.append(frozenset(one[0] for one in named if one))
    if wanted.targets is not None:
        said.append(frozenset(entry_id for entry_id, _ in wanted.targets))
    return frozenset.intersection(*said) if said else None


def _matching(
    desk: Desk, context: AccessContext, wanted: VersionsQuery, heads: list[EntryVersion]
) -> Iterator[tuple[EntryVersion, EntryVersion]]:
    """Each version that the search asks for, behind its entry's newest one, whose place in the order is the entry's."""
    for head in heads:
        versions = [head] if head.version == 1 else entries.versions_of(desk.store, context, head.id)
        yield from ((head, one) for one in versions if _fits(desk, one, wanted))


def _fits(desk: Desk, one: EntryVersion, wanted: VersionsQuery) -> bool:
    name = desk.provenance_id(one.id, one.version)
    targets = {(one.id, None), (one.id, str(one.version))}
    return (
        (wanted.ids is None or name in wanted.ids)
        and (wanted.targets is None or not targets.isdisjoint(wanted.targets))
        and (wanted.patient_ids is None or one.patient_id in wanted.patient_ids)
        and (wanted.recorded_from is None or one.recorded_at >= wanted.recorded_from)
        and (wanted.recorded_before is None or one.recorded_at < wanted.recorded_before)
        and not _was_shown(one, wanted.after)
    )


def _was_shown(one: EntryVersion, after: Cursor | None) -> bool:
    """Whether an earlier page ended in this entry, at this version or an older one."""
    ended = _version_named(after.id) if after else None
    return ended is not None and ended[0] == one.id and one.version >= ended[1]


def _version_named(provenance_id: str) -> tuple[str, int] | None:
    """The entry's id and the version that a Provenance's id names; None where it is no such id."""
    entry_id, _, written = provenance_id.rpartition(".")
    version = as_version_number(written)
    return None if version is None else (entry_id, version)
