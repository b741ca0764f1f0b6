"""A client reads or searches QuestionnaireResponses within its reach, or their past; each read is remembered."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Draft, EntryVersion, shared_answers
from service.journal.problems import NotYours
from service.journal.questions import Cursor, EntryQuery
from service.r4 import questionnaire_response
from service.r4.questionnaire_response import FiledEntry
from service.store import drafts, entries
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record

# In front of a draft's id in a cursor: no entry's id begins so.
DRAFT = "draft."
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Served:
    """One response as a client gets it: its FHIR id and version, when it last changed, its JSON."""

    id: str
    version: int
    last_updated: datetime
    patient_id: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class FoundResponses:
    """One page of matches, the cursor of the next, and how many there are on all pages where that was asked.

    A page that ended among the drafts names the draft, with `DRAFT` in front of its id.
    """

    served: tuple[Served, ...]
    next_after: Cursor | None
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
    served = serve(entry) if entry else _draft(desk, context, response_id)
    if served is None:
        raise NotYours
    what = f"QuestionnaireResponse/{served.id}/_history/{served.version}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=served.patient_id, what=what)])
    return served


def read_version(desk: Desk, context: AccessContext, response_id: str, written: str) -> Served:
    """One sent version of a response, named as in its versionId; drafts have no versions for anybody (rule 13)."""
    number = as_version_number(written)
    version = entries.version_of(desk.store, context, response_id, number) if number is not None else None
    if version is None:
        raise NotYours
    _remember_read(desk, context, [version])
    return serve(version)


def read_history(desk: Desk, context: AccessContext, response_id: str, wanted: HistoryQuery) -> FoundVersions:
    """The sent versions of a response, newest first (I-60); NotYours where none was sent."""
    versions = entries.versions_of(desk.store, context, response_id)
    if not versions:
        raise NotYours
    since = [one for one in versions if wanted.since is None or one.recorded_at >= wanted.since]
    ahead = [one for one in since if wanted.below is None or one.version < wanted.below]
    page = ahead[: wanted.limit]
    # That nothing was recorded since tells of the newest version, too.
    _remember_read(desk, context, page or versions[:1])
    more = len(ahead) > len(page)
    return FoundVersions(tuple(serve(one) for one in page), len(since), page[-1].version if more else None)


def as_version_number(written: str) -> int | None:
    """The version that a versionId of ours names, from 1; None where it is none that any database could hold."""
    is_number = written.isascii() and written.isdecimal() and len(written) < 10 and written[0] != "0"
    return int(written) if is_number else None


def find_responses(
    desk: Desk, context: AccessContext, wanted: EntryQuery, query: str, *, counted: bool = False
) -> FoundResponses:
    """The matches of a search: one's own drafts, then what was sent, the newest first. No match for limit 0.

    One record for every patient found, or one for none (BALP B-07); `query` is the search as it was asked.
    """
    begun = _drafts(desk, context, wanted)
    total = entries.count(desk.store, context, wanted) + len(begun) if counted else None
    found = _page(desk, context, wanted, begun) if wanted.limit else FoundResponses((), None)
    touched = {one.patient_id for one in found.served} | about(context, wanted.patient_ids, total)
    remember_search(desk, context, "QuestionnaireResponse", query, touched)
    return replace(found, total=total)


def find_by_identifier(desk: Desk, context: AccessContext, identifier: str) -> Served | None:
    """What stands under this business identifier within reach, draft or sent; remembered as a search."""
    wanted = EntryQuery(identifiers=frozenset({identifier}), limit=1)
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


def serve(entry: EntryVersion) -> Served:
    """An entry version as others may see it."""
    raw = questionnaire_response.splice(
        entry.shared, id=entry.id, version_id=str(entry.version), last_updated=entry.recorded_at
    )
    return Served(entry.id, entry.version, entry.recorded_at, entry.patient_id, raw)


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
    spliced = questionnaire_response.splice(
        raw, id=response_id, version_id=str(draft.revision), last_updated=draft.saved_at
    )
    return Served(response_id, draft.revision, draft.saved_at, draft.patient_id, spliced)


def _draft(desk: Desk, context: AccessContext, response_id: str) -> Served | None:
    if not context.sees_drafts:
        return None
    for draft in drafts.drafts_of(desk.store, context):
        if desk.entry_id(context.clinic, draft.key) == response_id:
            return serve_draft(desk, context, draft)
    return None


def _page(desk: Desk, context: AccessContext, wanted: EntryQuery, begun: list[Draft]) -> FoundResponses:
    ahead = begun if wanted.after is None else _behind(desk, context, wanted.after, begun)
    shown = [serve_draft(desk, context, draft) for draft in ahead[: wanted.limit]]
    last = _place_of_draft(desk, context, ahead[len(shown) - 1]) if shown else None
    if len(ahead) > len(shown):
        return FoundResponses(tuple(shown), last)
    room = wanted.limit - len(shown)
    among_drafts = wanted.after is not None and wanted.after.id.startswith(DRAFT)
    behind = replace(wanted, limit=room + 1, after=None if among_drafts else wanted.after)
    found = entries.find(desk.store, context, behind)
    served = (*shown, *(serve(entry) for entry in found[:room]))
    if len(found) <= room:
        return FoundResponses(served, None)
    return FoundResponses(served, Cursor(found[room - 1].authored, found[room - 1].id) if room else last)


def _drafts(desk: Desk, context: AccessContext, wanted: EntryQuery) -> list[Draft]:
    """The drafts that the search asks for, by id: the one order that writing between two pages does not change."""
    if not context.sees_drafts:
        return []
    begun = [draft for draft in drafts.drafts_of(desk.store, context) if _fits(desk, context, draft, wanted)]
    return sorted(begun, key=lambda draft: _place_of_draft(desk, context, draft).id)


def _behind(desk: Desk, context: AccessContext, after: Cursor, begun: list[Draft]) -> list[Draft]:
    """The drafts behind this place; none behind what was sent."""
    if not after.id.startswith(DRAFT):
        return []
    return [one for one in begun if _place_of_draft(desk, context, one).id > after.id]


def _place_of_draft(desk: Desk, context: AccessContext, draft: Draft) -> Cursor:
    return Cursor(_ANY_TIME, f"{DRAFT}{desk.entry_id(context.clinic, draft.key)}")


def _fits(desk: Desk, context: AccessContext, draft: Draft, wanted: EntryQuery) -> bool:
    """The search's parameters, said of a draft: drafts are few, and no table of others'."""
    said: tuple[tuple[Collection[str] | None, str | None], ...] = (
        (wanted.ids, desk.entry_id(context.clinic, draft.key)),
        (wanted.patient_ids, draft.patient_id),
        (wanted.encounters, draft.link.encounter_id),
        (wanted.identifiers, f"urn:uuid:{draft.key}"),
        (wanted.statuses, draft.status),
        (wanted.questionnaires, draft.questionnaire),
    )
    return all(asked is None or value in asked for asked, value in said) and _time_fits(draft, wanted)


def _time_fits(draft: Draft, wanted: EntryQuery) -> bool:
    after = wanted.authored_from is None or draft.saved_at >= wanted.authored_from
    return after and (wanted.authored_before is None or draft.saved_at < wanted.authored_before)


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
