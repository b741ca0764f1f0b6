"""What a driver is told and tells: a task as JSON on standard input, one line of JSON for each check."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

WORDS = "Calm, Привет, naïve café 🌊 <b>not bold</b>"

Checks = Mapping[str, Callable[[], None]]


def task() -> dict[str, Any]:
    """The task this process was started with."""
    told: dict[str, Any] = json.load(sys.stdin)
    return told


def run(checks: Checks) -> None:
    """Run the checks in order and tell of each; one that throws does not hold."""
    for check, does_hold in checks.items():
        try:
            does_hold()
        except Exception as error:  # whatever a client throws is what there is to tell
            tell(check, f"{type(error).__name__}: {error}"[:500])
        else:
            tell(check)


def tell(check: str, why: str = "") -> None:
    """Say that a check held, or why it did not."""
    print(json.dumps({"check": check, "held": not why, "why": why}), flush=True)


def same(got: object, wanted: object, what: str) -> None:
    """AssertionError unless both are equal."""
    assert got == wanted, f"{what}: {got!r} instead of {wanted!r}"
