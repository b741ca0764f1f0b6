"""What one access token allows: the value that the authorization server hands to the FHIR server.

It stands apart so that the two halves of the sandbox share a value and no machinery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.sandbox.scopes import Letter, Level, resource_scopes

__all__ = ["Grant", "Letter", "Level"]

WIDEST_FIRST: tuple[Level, ...] = ("system", "user", "patient")


@dataclass(frozen=True, slots=True)
class Grant:
    """A checked access token: for which client and person, in which context, until when.

    `patient` and `encounter` are bare ids, `fhir_user` is a relative reference such as `Patient/p-1`,
    `audience` is the base URL the token was made for. A backend client has neither user nor context.
    """

    client_id: str
    scopes: frozenset[str]
    patient: str | None
    encounter: str | None
    fhir_user: str | None
    subject: str | None
    audience: str
    expires: datetime

    def allows(self, resource_type: str, letter: Letter) -> bool:
        """Whether some scope allows the interaction on the type; the compartment is a question of its own."""
        return self.level_for(resource_type, letter) is not None

    def level_for(self, resource_type: str, letter: Letter) -> Level | None:
        """The widest level that allows the interaction on the type, or None.

        A `patient/` scope counts only with a patient in context: the server "SHALL establish a patient in
        context" (SMART scopes). The answer `patient` means: within the compartment of `self.patient` only.
        With `fhirUser` the user's own kind can be read, as far as that user reaches (SMART, identity data).
        """
        levels = {
            scope.level for scope in resource_scopes(self.scopes) if scope.covers(resource_type, letter)
        }
        if self.patient is None:
            levels.discard("patient")
        if letter == "r" and "fhirUser" in self.scopes and self._is_user(resource_type):
            levels.add("user")
        return next((level for level in WIDEST_FIRST if level in levels), None)

    def _is_user(self, resource_type: str) -> bool:
        return self.fhir_user is not None and self.fhir_user.startswith(f"{resource_type}/")
