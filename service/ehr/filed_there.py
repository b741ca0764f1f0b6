"""What stands in the record system of something that was filed, read again later; and what is amiss with it (K9, F26).

Nothing is written here. A search may lag or leave out what was struck, so the document that we know is read by its id
as well (U-08, F25).
"""

from collections.abc import Iterable
from typing import Any

from service.ehr.client import RecordSystem
from service.ehr.problems import RateLimited, Refused, Unreachable, Unreadable
from service.ehr.write_back import find_version
from service.r4 import document_reference
from service.r4.canonical import URI_IDENTIFIER
from service.r4.document_reference import FoundDocument

STRUCK = "entered-in-error"


def documents_there(
    record: RecordSystem, version_identifier: str, document_id: str | None, *, searches: bool
) -> tuple[FoundDocument, ...]:
    """The documents of this version, struck ones too: by its identifier where searches tell, and by the known id.

    RecordSystemProblem where neither way is open.
    """
    found = _by_search(record, version_identifier, document_id) if searches else ()
    if document_id is None or document_id in {one.id for one in found}:
        return found
    return (*_by_id(record, document_id), *found)


def summaries_of(record: RecordSystem, patient_id: str, kind: str) -> tuple[FoundDocument, ...]:
    """The patient's documents of this kind ("system|code") that bear an entry's and a version's name, as ours do.

    RecordSystemProblem.
    """
    found: dict[str, FoundDocument] = {}
    for resource in record.search("DocumentReference", {"patient": patient_id, "type": kind}):
        for one in _read(resource):
            named = {value for system, value in one.identifiers if system == URI_IDENTIFIER}
            if len([name for name in named if name.startswith("urn:uuid:")]) > 1:
                found[one.id] = one
    return tuple(found.values())


def amiss(
    found: Iterable[FoundDocument], *, sha1: str | None, size: int | None, subjects: frozenset[str]
) -> str | None:
    """What is amiss with what stands there, as a fixed word; None where it is one document, and the one we sent.

    `subjects` are the patient's references. A hash or a size that the record system does not tell counts as right.
    """
    documents = list(found)
    standing = [one for one in documents if one.status != STRUCK]
    if len(standing) > 1:
        return "several-there"
    if not standing:
        return "struck-there" if documents else "missing-there"
    return None if _is_ours(standing[0], sha1, size, subjects) else "other-content"


def _is_ours(one: FoundDocument, sha1: str | None, size: int | None, subjects: frozenset[str]) -> bool:
    same_file = None in (one.sha1, sha1) or one.sha1 == sha1
    same_size = None in (one.size, size) or one.size == size
    return same_file and same_size and (one.subject or "") in subjects


def _by_search(record: RecordSystem, identifier: str, document_id: str | None) -> tuple[FoundDocument, ...]:
    try:
        return find_version(record, identifier)
    except (Unreachable, RateLimited):
        raise
    except (Refused, Unreadable):
        if document_id is None:
            raise
        return ()  # this search is not to be had there: the id alone tells


def _by_id(record: RecordSystem, document_id: str) -> tuple[FoundDocument, ...]:
    resource = record.read("DocumentReference", document_id)
    return () if resource is None else _read(resource)


def _read(resource: dict[str, Any]) -> tuple[FoundDocument, ...]:
    try:
        return (document_reference.read(resource),)
    except ValueError:
        return ()
