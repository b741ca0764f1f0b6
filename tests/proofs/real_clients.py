"""Clients and form renderers of other makers work with our API as they are, and are refused what is not theirs.

npm fhirclient (SMART JS) launches in Chromium both ways at our FHIR base, whose discovery names the sandbox's
authorization server; fhirpy and npm fhir-kit-client create, read and search; npm lforms and Smart Forms render all
six sets, and what they make of what is typed is accepted. The n rounds have patients of their own.
"""

from collections.abc import Callable

from tests.proofs.figures import Figures, at_least, exactly
from tests.strangers.clients import CLIENTS, REFUSED
from tests.strangers.visiting import visits

DEFAULT_N = 1
CI_N = 1
NEEDS = ("node", "browser")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Let every client come n times; every check of every one must hold."""
    came = list(visits(n, report))
    found = [verdict for visit in came for verdict in visit.verdicts]
    told = [verdict for verdict in found if not verdict.why.startswith("never told")]
    refusals = [verdict for verdict in found if verdict.check.startswith(REFUSED)]
    counted = {
        "clients": len({visit.client.package for visit in came}),
        "checks": len(found),
        "refused": sum(verdict.held for verdict in refusals),
        "kept": sum(visit.kept for visit in came),
        "failed": sum(not verdict.held for verdict in found),
    }
    bars = {
        "clients": exactly(len(CLIENTS)),
        "refused": at_least(max(3, len(refusals))),
        "kept": exactly(n * sum(client.writes for client in CLIENTS)),
        "failed": exactly(0),
    }
    planned = n * sum(len(client.checks) for client in CLIENTS)
    return Figures(planned=planned, injected=len(told), counted=counted, bars=bars)
