"""One schedule again, gate by gate, or many until one finds something wrong.

python -m tests.delivery <seed> <number>                    the way it went, and what was wrong
python -m tests.delivery <seed> <first> <count> <rungs>     of so many schedules those on these rungs ("BC")
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.delivery.house import House, house, make_template
from tests.delivery.schedule import Schedule, rung_of


def main(arguments: list[str]) -> int:
    """0 where nothing was wrong, 1 where something was; each wrong is a line of its own."""
    seed, first = int(arguments[0]), int(arguments[1])
    with _home() as home:
        if len(arguments) == 2:
            return _one(home, seed, first)
        return _many(home, seed, range(first, first + int(arguments[2])), arguments[3])


def _one(home: House, seed: int, number: int) -> int:
    ended = Schedule(home, seed, number).run()
    print(*ended.trace, *ended.verdict.said, sep="\n")
    return 1 if ended.verdict.wrongs else 0


def _many(home: House, seed: int, numbers: range, rungs: str) -> int:
    for number in (one for one in numbers if rung_of(one).value in rungs):
        wrong = Schedule(home, seed, number).run().verdict.said
        if wrong:
            print(f"SEED {seed} {number}: {wrong[0]}")
            return 1
    return 0


@contextmanager
def _home() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="schedule-") as name:
        template = Path(name) / "template"
        template.mkdir()
        make_template(template)
        with house(template, Path(name) / "house") as home:
            yield home


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
