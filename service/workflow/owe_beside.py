"""What a version owes beside its document: the response itself, and the strike of what stands there (rules 20, 21)."""

from dataclasses import replace

from service.journal.entries import EntryVersion, Filing, FilingKind, FilingState
from service.workflow.desk import Desk


def beside_it(desk: Desk, clinic_key: str, document: Filing) -> tuple[Filing, ...]:
    """The document's filing, and before it the response's where the record system takes responses.

    The response waits and is due as its document does. It is known there by the entry's identifier; the one that its
    filing has keeps the two apart here.
    """
    if not desk.clinic(clinic_key).filing.response:
        return (document,)
    apart = f"urn:uuid:{desk.new_id()}"
    response = replace(document, id=desk.new_id(), kind=FilingKind.RESPONSE, version_identifier=apart)
    return (response, document)


def strike_for(desk: Desk, entry: EntryVersion) -> Filing:
    """The filing that marks what stands there as entered in error."""
    return Filing(
        id=desk.new_id(),
        patient_id=entry.patient_id,
        entry_id=entry.id,
        entry_version=entry.version,
        version_identifier=f"urn:uuid:{desk.new_id()}",
        state=FilingState.DUE,
        due_at=entry.recorded_at,
        kind=FilingKind.STRIKE,
    )
