"""How the record system says no: one exception and the OperationOutcome it becomes.

It stands apart because the store raises it and the doors translate it, and neither should know the other.
"""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]


class Refused(Exception):
    """A request that is not carried out: the HTTP status, an IssueType code of R4, and one sentence.

    The sentence names elements, parameters and codes, never what a patient wrote (fhir-rest H-10).
    """

    def __init__(
        self,
        status: int,
        code: str,
        diagnostics: str,
        expression: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.expression = expression
        self.headers = headers or {}

    def outcome(self) -> Resource:
        """The OperationOutcome that stands in the body of the answer (R4 http, Managing Return Content)."""
        return operation_outcome("error", self.code, self.diagnostics, self.expression)


def operation_outcome(severity: str, code: str, diagnostics: str, expression: str | None = None) -> Resource:
    """An OperationOutcome with one issue."""
    issue: Resource = {"severity": severity, "code": code, "diagnostics": diagnostics}
    if expression is not None:
        issue["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}
