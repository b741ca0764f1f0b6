"""OperationOutcome: what is wrong, for a program and for a person, without any of the sender's words (H-10)."""

from collections.abc import Iterable

from service.journal.problems import Fault
from service.r4.elements import Json
from service.r4.raw_json import compact


def write(faults: Iterable[Fault]) -> bytes:
    """One issue per fault; without any fault, the one issue that R4 demands says that all is well."""
    issues = [_issue(fault) for fault in faults]
    well = {"severity": "information", "code": "informational", "details": {"text": "Nothing is wrong."}}
    return compact({"resourceType": "OperationOutcome", "issue": issues or [well]})


def _issue(fault: Fault) -> Json:
    issue: Json = {"severity": fault.severity, "code": fault.code, "details": {"text": fault.text}}
    return issue | {"expression": [fault.expression]} if fault.expression else issue


def read_codes(value: Json) -> tuple[str, ...]:
    """The issue codes of somebody else's OperationOutcome; its texts may hold anything and are left alone."""
    issues = value.get("issue") if value.get("resourceType") == "OperationOutcome" else None
    codes = (one.get("code") for one in issues or [] if isinstance(one, dict))
    return tuple(code for code in codes if isinstance(code, str))
