"""The patient's second thoughts: taking back what is held, changing what was sent, saying that it was a mistake.

Apart from the pages for writing: each is one button on the receipt, and leads to those pages or back to it.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import PATIENT_PAGE
from service.journal.entries import EntryStatus
from service.journal.release import is_held
from service.web.doors import Door
from service.web.guards import context, desk
from service.workflow.amend_entry import begin_amending, enter_in_error, leave_as_it_was
from service.workflow.submit_entry import read_receipt
from service.workflow.take_back import take_back as take_entry_back

door = Door("changes", url_prefix="/journal/<visit>/entry/<key>")


@door.open("/take-back", PATIENT_PAGE, "POST")
def take_back(visit: str, key: str) -> AnyResponse:
    draft = take_entry_back(desk(), context(), key)
    return redirect(url_for("patient.check", visit=visit, key=draft.key), 303)


@door.open("/change", PATIENT_PAGE, "POST")
def change(visit: str, key: str) -> AnyResponse:
    draft = begin_amending(desk(), context(), key)
    return redirect(url_for("patient.check", visit=visit, key=draft.key), 303)


@door.open("/leave", PATIENT_PAGE, "POST")
def leave(visit: str, key: str) -> AnyResponse:
    leave_as_it_was(desk(), context(), key)
    return _to_receipt(visit, key)


@door.open("/mistake", PATIENT_PAGE, "GET", "POST")
def mistake(visit: str, key: str) -> AnyResponse | str:
    if request.method == "POST":
        enter_in_error(desk(), context(), key)
        return _to_receipt(visit, key)
    entry = read_receipt(desk(), context(), key).entry
    if entry.status is EntryStatus.ENTERED_IN_ERROR or is_held(entry, desk().now()):
        return _to_receipt(visit, key)  # marked already, or still to be taken back without a trace
    prompt_set = desk().library.by_canonical(entry.questionnaire)
    return render_template(
        "patient/mistake.html",
        key=key,
        set_title=prompt_set.title if prompt_set else None,
        when=entry.link.infusion_start,
        ordinal=entry.link.ordinal,
        sent_at=entry.recorded_at,
    )


def _to_receipt(visit: str, key: str) -> AnyResponse:
    return redirect(url_for("patient.receipt", visit=visit, key=key), 303)
