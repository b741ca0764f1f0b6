"""A refusal for good, with whatever an OperationOutcome may say beside its code, the patient's own words too (F16)."""

import base64
import json
from random import Random
from typing import Any

import httpx2

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import HOUR, Clinic
from tests.answers.line import Call, writes
from tests.answers.tally import Tally
from tests.delivery.house import House, read_stand_in
from tests.delivery.record_system import Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_STATUSES = (400, 422)
_LONG = "the reference terminology has no such word; " * 20_000


def _issue(**said: Any) -> dict[str, Any]:
    return {"severity": "error", "code": "invalid"} | said


def _outcomes(words: str) -> tuple[tuple[bytes, str], ...]:
    """Twenty bodies with their media types; `words` are the patient's, which some send back."""
    listed: tuple[tuple[dict[str, Any], ...], ...] = (
        (_issue(),),
        (_issue(diagnostics=_LONG),),
        (_issue(diagnostics="Das Dokument entspricht nicht dem Profil. 文書が無効です。 المستند غير صالح"),),
        (_issue(diagnostics=words),),
        (_issue(details={"text": words, "coding": [{"code": words, "display": words}]}),),
        (_issue(expression=[words, "DocumentReference.content[0].attachment"]),),
        (_issue(code=words),),
        (_issue(severity=words, location=[words]),),
        tuple(
            _issue(diagnostics=f"{number}: {words}", expression=[f"a.b[{number}]"]) for number in range(3000)
        ),
        (_issue(code="processing", expression="not-a-list"),),
        (_issue(code=None, details=None, diagnostics=7),),
    )
    outcomes = [json.dumps({"resourceType": "OperationOutcome", "issue": one}) for one in listed]
    others = (
        json.dumps({"resourceType": "OperationOutcome"}),
        json.dumps({"resourceType": "OperationOutcome", "issue": words}),
        json.dumps({"resourceType": "OperationOutcome", "issue": [words, None, [words]]}),
        json.dumps({"resourceType": "Patient", "name": [{"text": words}]}),
        json.dumps([words]),
        f'{{"resourceType":"OperationOutcome","issue":[{{"diagnostics":"{words}"',
    )
    jsons = tuple((one.encode(), "application/fhir+json") for one in (*outcomes, *others))
    return (
        *jsons,
        (b"", "application/fhir+json"),
        (f"<html><body><h1>Refused</h1><p>{words}</p><script>alert(1)</script></body>".encode(), "text/html"),
        (b"\xff\xfe\x00" + words.encode("utf-16"), "application/octet-stream"),
    )


_VARIANTS = len(_outcomes(""))


def refusals(home: House, number: int, chance: Random, tally: Tally) -> None:
    """It is on the list at once with a fixed word, and goes once a person sends it again, or the patient changes it."""
    variant, rest = number % _VARIANTS, number // _VARIANTS
    status, rung = _STATUSES[rest % 2], _RUNGS[rest // 2 % 4]
    clinic = Clinic(home, f"refusals-{number}", rung)

    def refused(call: Call) -> httpx2.Response:
        (content,) = json.loads(call.request.content)["content"]
        (words,) = read_stand_in(base64.b64decode(content["attachment"]["data"]))["words"]
        body, media_type = _outcomes(words)[variant]
        return Said(status, body, {"Content-Type": media_type}).answer()

    clinic.line.spoil(writes, refused)
    clinic.write()
    clinic.deliver()
    about = f"{clinic.key} {rung} {status}, variant {variant}: {clinic.summary}"
    (first,) = clinic.filings
    is_visible = [one.id for one in clinic.shown] == [first.id] and first.state is FilingState.REFUSED
    tally.check(is_visible and first.reason == "content", "dropped", about)
    tally.counts["visible"] += is_visible
    clinic.go_on(2 * HOUR)
    tally.check(not clinic.ledger.taken, "auto_resent", about)
    (clinic.amend if chance.random() < 0.3 else clinic.again)()
    clinic.go_on(2 * HOUR)
    is_filed = clinic.summary.state is FilingState.FILED and not clinic.shown
    tally.counts["retried"] += is_filed
    tally.check(is_filed, "never_filed", about)
    tally.judge(clinic)
    tally.injected += clinic.line.happened
