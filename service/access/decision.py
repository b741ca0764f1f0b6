"""One question, one answer: may this context pass this policy?"""

from dataclasses import dataclass

from service.access.context import AccessContext, Permission, Role
from service.access.policies import Policy

# Which levels of scope serve which role; the first is named when one is missing.
LEVELS = {
    Role.PATIENT: ("patient",),
    Role.CLINICIAN: ("user", "patient"),
    Role.OFFICER: ("user",),
    Role.CLIENT: ("system",),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and why; `missing_scope` names what a token would have needed (RFC 6750 section 3.1)."""

    allowed: bool
    reason: str = ""
    missing_scope: str | None = None


def decide(policy: Policy, context: AccessContext | None) -> Decision:
    """Whether who asks may pass; a missing context passes nothing but public doors."""
    if policy.public:
        return Decision(True)
    if context is None or context.role is Role.NOBODY:
        return Decision(False, "nobody-signed-in")
    if context.role not in policy.roles:
        return Decision(False, "role-not-allowed")
    if policy.resource_type is None:
        return Decision(True)
    return _decide_scope(policy.resource_type, policy.letter or "", context)


def _decide_scope(resource_type: str, letter: str, context: AccessContext) -> Decision:
    levels = LEVELS[context.role]
    if any(Permission(level, resource_type, letter) in context.permissions for level in levels):
        return Decision(True)
    return Decision(False, "scope-missing", f"{levels[0]}/{resource_type}.{letter}")
