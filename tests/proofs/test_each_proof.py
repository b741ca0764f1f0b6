"""Every proof holds, run small; its figures stand in the last lines of the run."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.proofs.harness import Proof, load, proofs, run


def _marked(found: Proof) -> Any:
    """The proof as a parameter that its real parts mark, so that it is left out where one is absent."""
    return pytest.param(found, id=found.name, marks=[getattr(pytest.mark, part) for part in found.needs])


@pytest.mark.proof
@pytest.mark.parametrize("found", [_marked(found) for found in proofs()])
def test_it_holds(found: Proof, record_property: Callable[[str, object], None]) -> None:
    said: list[str] = []
    figures = run(found, None, 1, said.append, small=True)
    record_property("figures", figures.line(found.name))
    assert figures.faults() == (), "\n".join(said[-20:])


@pytest.mark.parametrize("found", proofs(), ids=lambda found: found.name)
def test_it_says_what_it_proves_and_how_often(found: Proof) -> None:
    module = load(found)
    assert found.says.endswith(".")
    assert 0 < module.CI_N <= module.DEFAULT_N
