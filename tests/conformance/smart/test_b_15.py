"""Modifiers, chains and `_filter` in a scope are experiments: a scope with one is not granted. [SMART App Launch 2.2,
scopes, Experimental features]
"""

import pytest

from service.smart.scopes import parse
from tests.conformance.smart.asking import QR, scoped
from tests.web.systems import System
from tests.world import World

QUERIES = ("status:not=completed", "subject.name=a", "_filter=status eq a", "_has:Task:focus:status=x")
SUPPORTED = {"AuditEvent": frozenset({"status", "subject"}), QR: frozenset({"status", "subject"})}


@pytest.mark.parametrize("query", QUERIES)
def test_it_is_not_granted(siem: System, query: str) -> None:
    answer = siem.ask_token(scope=f"system/AuditEvent.rs?{query}")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert not parse(f"system/AuditEvent.rs?{query}", SUPPORTED).scopes


@pytest.mark.parametrize("query", QUERIES)
def test_a_token_with_it_opens_nothing(house: World, query: str) -> None:
    assert scoped(house, f"patient/{QR}.rs?{query}").get(QR).status_code == 403
