"""A scope with a limit that we do not evaluate is refused as a whole; the limit is never passed over. [Our rule; SMART
App Launch 2.2, scopes, Finer-grained resource constraints]
"""

import pytest

from service.smart.scopes import parse
from tests.web.systems import System

SUPPORTED = {"AuditEvent": frozenset({"type"})}


@pytest.mark.parametrize("query", ["unknown=a", "type=a&unknown=b", "type", "type=", "&type=a", "Type=a"])
def test_it_grants_nothing(query: str) -> None:
    assert parse("system/AuditEvent.rs?type=a", SUPPORTED).scopes
    assert not parse(f"system/AuditEvent.rs?{query}", SUPPORTED).scopes


def test_our_token_endpoint_refuses_it(siem: System) -> None:
    """There we evaluate none."""
    answer = siem.ask_token(scope="system/AuditEvent.rs?type=rest")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
