"""One schedule again, gate by gate: python -m tests.delivery <seed> <number>."""

import sys
import tempfile
from pathlib import Path

from tests.delivery.house import house, make_template
from tests.delivery.schedule import Schedule


def main(seed: int, number: int) -> int:
    """Show the way the schedule went and what was wrong; 1 where anything was."""
    with tempfile.TemporaryDirectory(prefix="schedule-") as name:
        template = Path(name) / "template"
        template.mkdir()
        make_template(template)
        with house(template, Path(name) / "house") as home:
            ended = Schedule(home, seed, number).run()
    print(*ended.trace, *ended.verdict.said, sep="\n")
    return 1 if ended.verdict.wrongs else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
