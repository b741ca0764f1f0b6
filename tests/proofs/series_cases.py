"""Answer every situation of the clinic's table as the clinic does, with everything arriving in n different orders.

The table is tests/journal/situations.toml. A situation fails if one of its orders does; every point of rules 7 to 12
must have a situation.
"""

import random
from collections.abc import Callable

from tests.journal.situations import POINTS, Situation, differences, situations
from tests.proofs.figures import Figures, at_least, exactly

DEFAULT_N = 50
CI_N = 3


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n orders of arrival for each situation."""
    table = situations()
    failed, ran = 0, 0
    for situation in table:
        told = _in_every_order(situation, n, seed)
        ran += 1
        failed += bool(told)
        for line in told:
            report(f"{situation.name}: {line}")
    points = {point for situation in table for point in situation.points}
    return Figures(
        planned=len(table),
        injected=ran,
        counted={"situations": len(table), "rules": len(points), "orders": n, "failed": failed},
        bars={"situations": at_least(75), "rules": exactly(len(POINTS)), "failed": exactly(0)},
    )


def _in_every_order(situation: Situation, n: int, seed: int) -> list[str]:
    """What differs from the clinic's answer in any order, each difference once."""
    chance = random.Random(f"{seed} {situation.name}")
    told = [line for _ in range(n) for line in differences(situation, chance)]
    return list(dict.fromkeys(told))
