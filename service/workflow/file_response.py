"""The worker files the response itself, where the record system takes responses (rule 20); the document never waits."""

from service.ehr.outcome import NotSent, Outcome, Refused, Rung, Why
from service.ehr.write_response import write_response
from service.journal.numbers import AHEAD
from service.r4.raw_json import with_member
from service.smart.strict_json import NotStrict, read_object
from service.store.filings import response_there
from service.store.generations import generation
from service.workflow.filing_target import at_its_target
from service.workflow.in_hand import UNRESOLVED, InHand

# Who is named in a response as the patient, in R4's order.
_NAMING = ("subject", "author", "source")


def file_response(work: InHand) -> Outcome:
    """One attempt; NotNow where it ended before anything was sent."""
    if work.rung is Rung.NONE and work.claimed.send_started_at is not None and not work.is_sent_anew:
        return UNRESOLVED
    work.sign_in()
    work = at_its_target(work)
    body = _body(work)
    work.desk.at("K3")
    try:
        outcome = write_response(
            work.clinic.for_delivery,
            work.rung,
            body,
            work.entry.identifier,
            known=response_there(work.desk.store, work.clinic.key, work.entry.id),
            keeps_newer=_may_be_overtaken(work),
            may_send=work.begin_to_send,
            at=work.desk.at,
        )
    except (ValueError, NotStrict):
        return Refused(Why.OTHER, codes=("not-a-response",))
    # Somebody wrote there meanwhile: it is read and brought up to date anew.
    conflict = isinstance(outcome, Refused) and outcome.why is Why.CONFLICT
    return NotSent("changed-there") if conflict else outcome


def _may_be_overtaken(work: InHand) -> bool:
    """Whether the version is of an earlier generation: what came after it may be known to the record system alone."""
    return work.entry.version <= generation(work.desk.store, work.clinic.key) * AHEAD


def _body(work: InHand) -> bytes:
    """What others may see of the entry, of the record that holds (F52)."""
    old, now = f"Patient/{work.entry.patient_id}", {"reference": f"Patient/{work.subject}"}
    body = work.entry.shared
    if work.subject == work.entry.patient_id:
        return body
    said = read_object(body)
    for name in _NAMING:
        member = said.get(name)
        if isinstance(member, dict) and member.get("reference") == old:
            body = with_member(body, name, now)
    return body
