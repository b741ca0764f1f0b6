"""The worker strikes what stands in the record of an entry that was entered in error (rule 21, W-31).

It may be repeated as often as one likes. What earlier versions still owe comes to an end with it: nobody is to file
what was entered in error.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from service.ehr.failures import wait_asked_by
from service.ehr.outcome import Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.problems import RecordSystemProblem
from service.ehr.write_back import find_same_bytes, find_version, strike_document
from service.ehr.write_response import find_response, strike_response
from service.journal.entries import Filing, FilingKind, FilingState
from service.r4.document_reference import sha1_of
from service.smart.problems import SmartProblem
from service.store import filings
from service.workflow.document_date import dated
from service.workflow.in_hand import InHand

_NO_UPDATES = 405


def strike_summary(work: InHand) -> Outcome | None:
    """One attempt at striking every document of the entry's versions, and the response; None where nothing stands."""
    work.sign_in()
    owed = filings.of_one_entry(work.desk.store, work.clinic.key, work.entry.id)
    own = [one for one in owed if one.kind is not FilingKind.COURSE]
    there = [one for one in own if one.entry_version < work.entry.version and one.may_stand_there]
    if there and not work.clinic.filing.updates:
        return Refused(Why.NOT_OFFERED, codes=("no-updates",))
    try:
        return _in_the_end(work, [outcome for one in there for outcome in _struck(work, one)])
    except (RecordSystemProblem, SmartProblem) as problem:
        return NotSent("earlier-not-read", wait_asked_by(problem))


def _in_the_end(work: InHand, outcomes: Iterable[Outcome | None]) -> Outcome | None:
    """The first outcome that asks for more; else that all of it is struck."""
    struck: Outcome | None = None
    for one in outcomes:
        if isinstance(one, Filed):
            struck = one
        elif isinstance(one, HeldThere):
            return NotSent("held-there")
        elif isinstance(one, Refused) and one.status == _NO_UPDATES:
            return Refused(Why.NOT_OFFERED, one.status, one.codes)
        elif isinstance(one, Refused) and one.why is Why.CONFLICT:
            return NotSent("changed-there")  # somebody wrote there meanwhile: it is read and marked anew
        elif one is not None:
            return one
    work.desk.at("K9")
    return struck


def _struck(work: InHand, earlier: Filing) -> Iterator[Outcome | None]:
    known, found = _known(work, earlier), list(_found(work, earlier))
    if not known and not found:
        yield _nothing_there(work, earlier)
    for id_ in dict.fromkeys(known + found):
        if not work.begin_to_send():
            yield NotSent("lease-too-short")
            return
        outcome = _strike(work, earlier, id_)
        work.desk.at("K7")
        if not (isinstance(outcome, Refused) and outcome.why is Why.TARGET):
            yield outcome
        elif id_ in found:
            yield NotSent("held-there")  # found and not to be read: somebody there has not let it in yet
        else:
            yield _nothing_there(work, earlier)


def _strike(work: InHand, earlier: Filing, id_: str) -> Outcome:
    record_system = work.clinic.for_delivery
    if earlier.kind is FilingKind.RESPONSE:
        return strike_response(record_system, id_, work.entry.identifier)
    kept = filings.summary_of(work.desk.store, work.clinic.key, earlier.id)
    sha1 = sha1_of(kept) if kept is not None else None
    return strike_document(record_system, id_, earlier.version_identifier, sha1=sha1)


def _known(work: InHand, earlier: Filing) -> list[str]:
    """The id under which it stands there, as far as we know by ourselves: what rung A chose, or what we were told."""
    if earlier.document_id is not None:
        return [earlier.document_id]
    chosen_here = earlier.kind is FilingKind.SUMMARY and work.clinic.filing.standing is Rung.PUT
    return [earlier.version_identifier.removeprefix("urn:uuid:")] if chosen_here else []


def _found(work: InHand, earlier: Filing) -> Iterator[str]:
    """The ids under which a search finds it there."""
    record_system = work.clinic.for_delivery
    if earlier.kind is FilingKind.RESPONSE:
        if earlier.document_id is None:
            yield from find_response(record_system, work.entry.identifier)
    # What somebody there has struck already counts as well: it is found, and nothing is left to be done.
    elif work.clinic.filing.standing is Rung.NONE:
        yield from _by_bytes(work, earlier)
    elif work.clinic.filing.standing is not Rung.PUT:
        yield from (one.id for one in find_version(record_system, earlier.version_identifier))
    work.desk.at("K4")


def _by_bytes(work: InHand, earlier: Filing) -> Iterator[str]:
    kept = filings.summary_of(work.desk.store, work.clinic.key, earlier.id)
    if earlier.document_id is None and kept is not None:
        day = dated(work.desk.store, work.clinic.key, earlier).date().isoformat()
        record_system = work.clinic.for_delivery
        found = find_same_bytes(record_system, earlier.patient_id, kept, since=day, struck=True)
        yield from (one.id for one in found)


def _nothing_there(work: InHand, earlier: Filing) -> Outcome | None:
    """Nothing was found of it: whether something may still come there."""
    if earlier.state is FilingState.HELD_THERE:
        return NotSent("held-there")
    started = earlier.send_started_at
    if started is None:
        return None
    if work.clinic.filing.standing is Rung.NONE:
        return Refused(Why.OTHER, codes=("unknown-outcome",))
    return Unknown("quiet-window") if work.quiet_for(earlier.id, started) > timedelta(0) else None
