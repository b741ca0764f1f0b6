"""What other record systems do differently with documents, as data: one value for each kind that can be imitated.

They stand apart from the FHIR server, which asks the value what to do and knows no maker's name. Where nobody knows
how a maker's system behaves, the imitation takes the less helpful way: what gets along with it gets along with both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Imitation:
    """How documents are taken; the default is a server that does all that US Core 9 asks of one.

    On creating: `media_types` are those taken (without parameters; none: all), `most_bytes` the longest content;
    `refuses_with` is the answer to everything else. `needs` names elements by dotted path that must be there, `refused`
    those that must not, `forgotten` those that are taken and not kept. `authors` are the resource types that may have
    written a document, `doc_statuses` the values that docStatus may have, `types` the codes of its type (none: all).

    On repeating: without `conditional` the header If-None-Exist is passed over; `race_seconds` lie between its question
    and the write. `identifier_search` says what becomes of that search parameter, and `lag_seconds` pass until a search
    finds what is new. With `put_creates` an update makes what is not there.

    On changing: without `updates` there is none, `needs_if_match` refuses those that name no version, `stale` is the
    answer to a version that is over. On answering: no ETag without `entity_tags`; `tells` is when the answer to a
    write shows the document.

    `held` answers 202 and keeps the document for a reviewer; only `held_found` lets searches see it, only
    `held_matched` conditional creates. Beyond `writes_per_minute` the answer is 429. Types `not_created` can be read
    only. With `boasts` the CapabilityStatement says more than is done.
    """

    media_types: tuple[str, ...] = ()
    most_bytes: int | None = None
    refuses_with: Literal[400, 415, 422] = 422
    needs: tuple[str, ...] = ()
    refused: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    authors: tuple[str, ...] = ()
    doc_statuses: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    conditional: bool = True
    race_seconds: float = 0.0
    identifier_search: Literal["found", "refused", "passed over"] = "found"
    lag_seconds: float = 0.0
    put_creates: bool = False
    updates: bool = True
    needs_if_match: bool = False
    stale: Literal[409, 412] = 412
    entity_tags: bool = True
    tells: Literal["always", "if asked", "never"] = "always"
    held: bool = False
    held_found: bool = True
    held_matched: bool = True
    writes_per_minute: int | None = None
    not_created: frozenset[str] = frozenset()
    boasts: bool = False


NONE = Imitation()
_DOCUMENTS_ONLY = frozenset({"QuestionnaireResponse", "Binary", "Task", "Communication", "Provenance"})
_MEBIBYTE = 1024 * 1024
_US_CORE = Imitation(
    media_types=("text/plain", "application/pdf", "application/xhtml+xml", "text/rtf"),
    most_bytes=5 * _MEBIBYTE,
    refuses_with=415,
)

IMITATIONS = {
    # Writing Clinical Notes, direct write; then the mediated one, where a reviewer lets documents in.
    "us-core": _US_CORE,
    "us-core-reviewed": replace(_US_CORE, held=True),
    "us-core-reviewed-unseen": replace(_US_CORE, held=True, held_found=False),
    # A general server whose conditional create is no transaction, and whose searches are answered from a memory.
    "hapi": Imitation(put_creates=True, race_seconds=0.05, lag_seconds=5.0),
    "medplum": Imitation(writes_per_minute=6000),
    # Notes in plain text for an encounter; no key of ours is kept, and what was filed cannot be changed.
    "epic": Imitation(
        media_types=("text/plain",),
        refuses_with=400,
        needs=("context.encounter", "docStatus"),
        refused=frozenset({"relatesTo"}),
        forgotten=frozenset({"identifier", "masterIdentifier"}),
        doc_statuses=("preliminary", "final"),
        conditional=False,
        identifier_search="passed over",
        updates=False,
        entity_tags=False,
        tells="if asked",
        not_created=_DOCUMENTS_ONLY,
    ),
    # Many forms, but practitioners alone as authors, times in full, and 409 for a version that is over.
    "oracle": Imitation(
        media_types=(
            "application/pdf",
            "text/plain",
            "text/richtext",
            "text/rtf",
            "text/html",
            "application/xml",
            "application/xhtml+xml",
        ),
        needs=("docStatus", "context.period.end"),
        forgotten=frozenset({"identifier", "masterIdentifier", "relatesTo", "meta"}),
        authors=("Practitioner",),
        doc_statuses=("final", "amended"),
        conditional=False,
        identifier_search="refused",
        needs_if_match=True,
        stale=409,
        tells="never",
        not_created=_DOCUMENTS_ONLY,
    ),
    # Chart documents as RTF or XML, each with its author.
    "athenapractice": Imitation(
        media_types=("text/rtf", "text/xml"),
        refuses_with=400,
        needs=("author",),
        forgotten=frozenset({"identifier", "masterIdentifier"}),
        conditional=False,
        identifier_search="refused",
        updates=False,
        entity_tags=False,
        not_created=_DOCUMENTS_ONLY,
    ),
}
