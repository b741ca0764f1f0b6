"""Which scopes a token of ours carries: what was asked for and registered, in the asker's words where they fit."""

from itertools import product

import pytest

from service.smart.own_tokens import granted_scope
from service.smart.scopes import LETTERS, parse

SERVED = ("AuditEvent", "Task")
SUBSETS = [
    "".join(letter for letter, there in zip(LETTERS, one, strict=True) if there)
    for one in product((0, 1), repeat=5)
]


@pytest.mark.parametrize(
    ("asked", "registered", "granted"),
    [
        ("system/AuditEvent.rs", "system/AuditEvent.rs", "system/AuditEvent.rs"),
        ("system/AuditEvent.read", "system/AuditEvent.rs", "system/AuditEvent.read"),
        ("system/AuditEvent.rs", "system/AuditEvent.read", "system/AuditEvent.rs"),
        ("system/AuditEvent.*", "system/AuditEvent.rs", "system/AuditEvent.rs"),
        ("system/*.rs", "system/*.rs", "system/AuditEvent.rs system/Task.rs"),
        ("system/*.s", "system/AuditEvent.rs", "system/AuditEvent.s"),
        (
            "system/AuditEvent.r system/AuditEvent.s",
            "system/*.cruds",
            "system/AuditEvent.r system/AuditEvent.s",
        ),
        ("system/AuditEvent.r system/AuditEvent.r", "system/*.rs", "system/AuditEvent.r"),
        ("system/Patient.rs", "system/*.rs", ""),
        ("system/AuditEvent.rs", "system/Patient.rs", ""),
        ("patient/AuditEvent.rs", "system/AuditEvent.rs", ""),
        ("user/Task.rs system/AuditEvent.rs", "system/AuditEvent.rs", ""),
        ("openid system/AuditEvent.rs fhirUser", "system/AuditEvent.rs", "system/AuditEvent.rs"),
        ("system/AuditEvent.rs?type=rest", "system/AuditEvent.rs", ""),
        ("system/AuditEvent.rs", "system/AuditEvent.rs?type=rest", ""),
        ("system/auditevent.rs", "system/*.rs", ""),
        ("", "system/*.rs", ""),
    ],
)
def test_what_is_granted(asked: str, registered: str, granted: str) -> None:
    assert granted_scope(asked, registered, SERVED) == granted


@pytest.mark.parametrize("registered", [one for one in SUBSETS if one])
def test_every_grant_lies_within_what_was_asked_and_within_what_was_registered(registered: str) -> None:
    """All 32 subsets of letters against all others, for the type itself and for all types."""
    for letters, asked_type, known_type in product(SUBSETS[1:], ("AuditEvent", "*"), ("AuditEvent", "*")):
        asked, known = f"system/{asked_type}.{letters}", f"system/{known_type}.{registered}"
        given = parse(granted_scope(asked, known, ("AuditEvent",)))
        for letter in LETTERS:
            assert given.allows("system", "AuditEvent", letter) == (
                letter in letters and letter in registered
            )
        assert not given.allows("system", "Task", "r")
        assert given.not_granted == ()
