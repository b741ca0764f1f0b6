"""A client reads or searches QuestionnaireResponses within its reach, or their past; each read is remembered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.conditions import Among, Place, Sort, Value, is_behind, meets, values_asked
from service.journal.entries import Draft, EntryVersion, shared_answers
from service.journal.problems import NotYours
from service.journal.questions import EntryQuery
from service.journal.release import changed_at
from service.r4 import questionnaire_response
from service.r4.questionnaire_response import FiledEntry
from service.store import drafts, entries
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record

_NEWEST_FIRST = (Sort("authored", descending=True),)
# Drafts stand first, where nobody asks for another order: one order that writing between two pages does not change.
_STILL_WRITTEN = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Served:
    """One response as a client gets it: its FHIR id and version, when it last changed, its JSON.

    Of a draft the version is its revision, which a versionId tells apart: version 1 comes only when it is sent.
    """

    id: str
    version: int
    last_updated: datetime
    patient_id: str
    raw: bytes
    is_draft: bool = False

    @property
    def version_id(self) -> str:
        """The versionId, and what stands in the ETag: "3" for a version, "0.3" for a draft's revision."""
        return f"0.{self.version}" if self.is_draft else str(self.version)


@dataclass(frozen=True, slots=True)
class FoundResponses:
    """One page of matches, where it ended if there are more, and how many there are on all pages where asked."""

    served: tuple[Served, ...]
    ended: Place | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which versions of a response are asked for: recorded at `since` or later, below a version number, a page."""

    since: datetime | None = None
    below: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundVersions:
    """One page of versions, how many there are on all pages, and the version below which the next page begins."""

    served: tuple[Served, ...]
    total: int
    next_below: int | None


def read_response(desk: Desk, context: AccessContext, response_id: str) -> Served:
    """One response by its id: sent ones within reach, drafts for their patient alone. NotYours for all else."""
    entry = entries.by_id(desk.store, context, response_id)
    served = serve(entry, context.at) if entry else _draft(desk, context, response_id)
    if served is None:
        raise NotYours
    what = f"QuestionnaireResponse/{served.id}/_history/{served.version_id}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=served.patient_id, what=what)])
    return served


def read_version(desk: Desk, context: AccessContext, response_id: str, written: str) -> Served:
    """One sent version of a response, named as in its versionId; drafts have no versions for anybody (rule 13)."""
    number = as_version_number(written)
    version = entries.version_of(desk.store, context, response_id, number) if number is not None else None
    if version is None:
        raise NotYours
    _remember_read(desk, context, [version])
    return serve(version, context.at)


def read_history(desk: Desk, context: AccessContext, response_id: str, wanted: HistoryQuery) -> FoundVersions:
    """The sent versions of a response, newest first (I-60); NotYours where none was sent."""
    versions = entries.versions_of(desk.store, context, response_id)
    if not versions:
        raise NotYours
    since = [one for one in versions if wanted.since is None or changed_at(one, context.at) >= wanted.since]
    ahead = [one for one in since if wanted.below is None or one.version < wanted.below]
    page = ahead[: wanted.limit]
    # That nothing was recorded since tells of the newest version, too.
    _remember_read(desk, context, page or versions[:1])
    more = len(ahead) > len(page)
    return FoundVersions(
        tuple(serve(one, context.at) for one in page), len(since), page[-1].version if more else None
    )


def as_version_number(written: str) -> int | None:
    """The version that a versionId of ours names, from 1; None where it is none that any database could hold."""
    is_number = written.isascii() and written.isdecimal() and len(written) < 10 and written[0] != "0"
    return int(written) if is_number else None


def find_responses(
    desk: Desk, context: AccessContext, wanted: EntryQuery, query: str, *, counted: bool = False
) -> FoundResponses:
    """The matches of a search: one's own drafts, then what was sent, the newest first, unless it has its own order.

    No match for limit 0.
    One record for every patient found, or one for none (BALP B-07); `query` is the search as it was asked.
    """
    begun = _drafts(desk, context, wanted)
    total = entries.count(desk.store, context, wanted) + len(begun) if counted else None
    found = _page(desk, context, wanted, begun) if wanted.limit else FoundResponses((), None)
    asked = values_asked(wanted.conditions, "patient_id")
    touched = {one.patient_id for one in found.served} | about(context, asked, total)
    remember_search(desk, context, "QuestionnaireResponse", query, touched)
    return replace(found, total=total)


def find_by_identifier(desk: Desk, context: AccessContext, identifier: str) -> Served | None:
    """What stands under this business identifier within reach, draft or sent; remembered as a search."""
    key = frozenset({identifier.removeprefix("urn:uuid:")} if identifier.startswith("urn:uuid:") else ())
    wanted = EntryQuery(conditions=(Among("key", key),), limit=1)
    found = find_responses(desk, context, wanted, urlencode({"identifier": identifier}))
    return next(iter(found.served), None)


def about(context: AccessContext, patient_ids: Iterable[str] | None, total: int | None) -> set[str]:
    """Whom a search is about, whatever it found: those asked for, and who alone can be counted."""
    alone = context.only_patient if total is not None else None
    return {*(patient_ids or ()), *([alone] if alone else ())}


def remember_search(
    desk: Desk, context: AccessContext, kind: str, query: str, touched: Iterable[str]
) -> None:
    """A record of a search for this resource type, for each patient found or asked for.

    Also a search that finds nothing says whom it was about.
    """
    patients: list[str | None] = [*sorted(touched)] or [None]
    before_answering(
        desk,
        context,
        [record(desk, context, Deed.SEARCH, patient=patient, what=kind, query=query) for patient in patients],
    )


def serve(entry: EntryVersion, at: datetime | None) -> Served:
    """An entry version as others may see it at this instant."""
    changed = changed_at(entry, at)
    raw = questionnaire_response.splice(
        entry.shared, id=entry.id, version_id=str(entry.version), last_updated=changed
    )
    return Served(entry.id, entry.version, changed, entry.patient_id, raw)


def serve_draft(desk: Desk, context: AccessContext, draft: Draft) -> Served:
    """A draft as its own patient's apps see it; what the patient keeps private is in no FHIR resource (rule 16)."""
    prompt_set = desk.library.by_canonical(draft.questionnaire)
    if prompt_set is None:
        raise NotYours
    raw = questionnaire_response.write(
        FiledEntry(
            entry_key=draft.key,
            patient_id=draft.patient_id,
            encounter_id=draft.link.encounter_id,
            prompts=prompt_set,
            answers=shared_answers(draft.answers),
            status=draft.status,
            authored=draft.saved_at,
            language=draft.language,
        )
    )
    response_id = desk.entry_id(context.clinic, draft.key)
    served = Served(response_id, draft.revision, draft.saved_at, draft.patient_id, raw, is_draft=True)
    spliced = questionnaire_response.splice(
        raw, id=response_id, version_id=served.version_id, last_updated=draft.saved_at
    )
    return replace(served, raw=spliced)


def _draft(desk: Desk, context: AccessContext, response_id: str) -> Served | None:
    if not context.sees_drafts:
        return None
    for draft in drafts.drafts_of(desk.store, context):
        if desk.entry_id(context.clinic, draft.key) == response_id:
            return serve_draft(desk, context, draft)
    return None


@dataclass(frozen=True, slots=True)
class _Match:
    """One draft or sent version, and what it is sorted by."""

    keys: tuple[str | datetime, ...]
    id: str
    found: Draft | EntryVersion


def _page(desk: Desk, context: AccessContext, wanted: EntryQuery, begun: list[Draft]) -> FoundResponses:
    order = wanted.order or _NEWEST_FIRST
    found = entries.find(desk.store, context, replace(wanted, limit=wanted.limit + 1))
    matches = [_Match(_keys(_of_entry(one, context.at), order), one.id, one) for one in found]
    for draft in begun:
        values = _of_draft(desk, context, draft)
        keys = _keys(values if wanted.order else values | {"authored": _STILL_WRITTEN}, order)
        name = desk.entry_id(context.clinic, draft.key)
        if wanted.behind is None or is_behind(order, keys, name, wanted.behind):
            matches.append(_Match(keys, name, draft))
    page = _sorted(matches, order)[: wanted.limit]
    served = tuple(_serve_any(desk, context, one.found) for one in page)
    more = len(matches) > len(page)
    return FoundResponses(served, Place(page[-1].keys, page[-1].id) if more else None)


def _sorted(matches: list[_Match], order: Sequence[Sort]) -> list[_Match]:
    """In this order, and by id where they are alike; sorts keep what came before them."""
    ordered = sorted(matches, key=lambda one: one.id, reverse=order[-1].descending)
    for at in reversed(range(len(order))):
        ordered.sort(key=_KeyAt(at), reverse=order[at].descending)
    return ordered


@dataclass(frozen=True, slots=True)
class _KeyAt:
    at: int

    def __call__(self, one: _Match) -> Any:
        return one.keys[self.at]


def _serve_any(desk: Desk, context: AccessContext, found: Draft | EntryVersion) -> Served:
    return serve_draft(desk, context, found) if isinstance(found, Draft) else serve(found, context.at)


def _keys(values: Mapping[str, Value], order: Iterable[Sort]) -> tuple[str | datetime, ...]:
    keys = (values[one.field] for one in order)
    return tuple(one for one in keys if isinstance(one, str | datetime))


def _drafts(desk: Desk, context: AccessContext, wanted: EntryQuery) -> list[Draft]:
    """The drafts that the search asks for: drafts are few, and no table of others'."""
    if not context.sees_drafts:
        return []
    return [
        draft
        for draft in drafts.drafts_of(desk.store, context)
        if all(meets(one, _of_draft(desk, context, draft)) for one in wanted.conditions)
        and not _amends(desk, context, draft)
    ]


def _amends(desk: Desk, context: AccessContext, draft: Draft) -> bool:
    """Whether it changes what was sent: that stands under the same id until then."""
    return draft.follows > 0 and entries.by_key(desk.store, context, draft.key) is not None


def _of_draft(desk: Desk, context: AccessContext, draft: Draft) -> dict[str, Value]:
    """A draft by the fields that searches ask about; it was last changed when it was last saved."""
    return {
        "id": desk.entry_id(context.clinic, draft.key),
        "key": draft.key,
        "patient_id": draft.patient_id,
        "questionnaire": draft.questionnaire,
        "encounter_id": draft.link.encounter_id,
        "status": draft.status,
        "authored": draft.saved_at,
        "changed_at": draft.saved_at,
    }


def _of_entry(entry: EntryVersion, at: datetime | None) -> dict[str, Value]:
    return {"status": entry.status, "authored": entry.authored, "changed_at": changed_at(entry, at)}


def _remember_read(desk: Desk, context: AccessContext, versions: Iterable[EntryVersion]) -> None:
    before_answering(
        desk,
        context,
        [
            record(
                desk,
                context,
                Deed.READ,
                patient=one.patient_id,
                what=f"QuestionnaireResponse/{one.id}/_history/{one.version}",
            )
            for one in versions
        ],
    )
