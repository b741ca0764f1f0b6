"""Replicas collide over the database, and its wires and locks fail them: nobody is told what is not so.

Fault matrix F29, F32, F34 and F37: each of its four counts is reached in the same proportion of n (out of 100,000
claims). PostgreSQL is a real one of the proof's own, SQLite a real file that another connection holds.
"""

from collections import Counter
from collections.abc import Callable

from tests.collisions.claims import claims
from tests.collisions.conflicts import conflicts
from tests.collisions.cuts import cuts
from tests.collisions.locks import LONGEST, locks
from tests.killing.databases import a_server
from tests.proofs.figures import Figures, at_least, exactly

DEFAULT_N = 100_000
CI_N = 1000
NEEDS = ("postgres",)

_CONFLICTS, _CUTS, _LOCKS = 1000, 500, 12
_FEWEST = {"conflicts": 10, "cuts": 16, "locks": 2}
_WRONGS = (
    "double_owned",
    "surfaced",
    "duplicates",
    "lost",
    "cut_duplicates",
    "cut_lost",
    "false_errors",
    "false_saved",
    "false_refused",
    "unhealed",
)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n claims, and the other three in proportion; none is owned twice, told wrongly, lost or doubled."""
    share = n / DEFAULT_N
    wanted = {
        "conflicts": max(round(_CONFLICTS * share), _FEWEST["conflicts"]),
        "cuts": max(round(_CUTS * share), _FEWEST["cuts"]),
        "locks": max(round(_LOCKS * share), _FEWEST["locks"]),
    }
    with a_server() as server:
        found = claims(server, n, seed, report)
        found += conflicts(server, wanted["conflicts"], seed, report)
        found += cuts(server, wanted["cuts"], seed, report)
    found += locks(wanted["locks"], min(LONGEST, LONGEST * share * 4), seed, report)
    return _figures(n, wanted, found)


def _figures(n: int, wanted: dict[str, int], found: Counter[str]) -> Figures:
    counted = {name: found[name] for name in (*sorted(set(found) - set(_WRONGS)), *_WRONGS)}
    return Figures(
        planned=wanted["cuts"] + wanted["locks"],
        injected=found["cuts"] + found["locks"],
        counted=counted,
        bars={
            "claims": at_least(n),
            "conflicts": at_least(wanted["conflicts"]),
            "dropped": at_least(1),
            "in_commits": at_least(wanted["cuts"] // 4),
            **{name: exactly(0) for name in _WRONGS},
        },
    )
