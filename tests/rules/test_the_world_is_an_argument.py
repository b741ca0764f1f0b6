"""Nothing but the wiring and the doors' edge reads a clock, chance or the environment: all else takes them."""

import re

from tests.rules.sources import names_used, python_files

WORLD = re.compile(
    r"time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|process_time|localtime|gmtime)"
    r"|datetime\.(datetime\.(now|utcnow|today)|date\.today)"
    r"|uuid\.uuid[14]|secrets(\..+)?|random(\..+)?"
    r"|os\.(environ|environb|getenv|putenv|urandom|getrandom)(\..+)?"
)

# Whole rooms first, then single files, each with the reason why the world may be touched there.
MAY = {
    "service/wiring.py": "makes the live parts out of the settings, clock and chance among them",
    "service/cli/": "is the edge to the person at the terminal",
    "service/settings.py": "reads the environment, which is what it is for",
    "service/store/sealing.py": "draws its nonces itself: one handed in could be handed in twice",
    "service/keyring.py": "makes the service's own keys, once, when a person says so",
    "service/sandbox/": "is a stranger to the house: a record system with clocks of its own",
}


def offences(path: str, source: str) -> list[str]:
    if any(path == place or (place.endswith("/") and path.startswith(place)) for place in MAY):
        return []
    return [f"{path}:{line} {name}" for name, line in names_used(source) if WORLD.fullmatch(name)]


def test_the_world_is_an_argument() -> None:
    found = [offence for path, source in python_files().items() for offence in offences(path, source)]
    assert found == []


def test_every_exception_is_still_needed_or_planned() -> None:
    """A file that is gone takes its exception with it."""
    paths = python_files()
    gone = [place for place in MAY if not any(path.startswith(place) for path in paths)]
    assert gone == []


def test_this_rule_can_fail() -> None:
    planted = """
import os, time as clock, secrets
from datetime import datetime as when
from uuid import uuid4
def now(): return clock.monotonic(), when.now(), uuid4(), secrets.token_hex(4), os.environ["HOME"]
def later(read=clock.time): return read()
"""
    assert len(offences("service/journal/entries.py", planted)) == 6
    assert offences("service/wiring.py", planted) == []
    assert (
        offences("service/journal/x.py", "import time\ntime.sleep(1)\ndef f(now): return now.monotonic()")
        == []
    )
