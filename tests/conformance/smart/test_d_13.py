"""The worker checks that what was granted covers what filing needs, by meaning and not by spelling; what is missing is
named to the operator. [Our rule; SMART App Launch 2.2, Backend Services, Scopes]
"""

import pytest

from service.smart.problems import ScopeMissing
from tests.conformance.smart.working import SCOPE, record_system, worker


@pytest.mark.parametrize(
    "granted",
    [
        SCOPE,
        "system/DocumentReference.c system/DocumentReference.rs system/Encounter.read",
        "system/DocumentReference.* system/Encounter.*",
        "system/*.cruds",
    ],
)
def test_enough_is_enough_in_any_spelling(granted: str) -> None:
    assert worker(record_system(scope=granted)).token() == "t-1"


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("system/DocumentReference.rs system/Encounter.rs", {"system/DocumentReference.c"}),
        ("system/DocumentReference.crs", {"system/Encounter.r", "system/Encounter.s"}),
        ("user/DocumentReference.crs user/Encounter.rs", {"system/DocumentReference.c"}),
    ],
)
def test_what_is_missing_is_named(granted: str, missing: set[str]) -> None:
    with pytest.raises(ScopeMissing) as caught:
        worker(record_system(scope=granted)).token()

    assert missing <= set(caught.value.missing)
