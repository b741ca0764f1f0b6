"""Windows beside each other: a Node.js process that runs the page's own saving module, told line by line what to do."""

import json
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from service import paths
from tests.loopback import Quiet
from tests.people import Patient
from tests.world import World

_DRIVER = Path(__file__).with_name("windows.mjs")
_SAVING = Path(paths.__file__).parent / "web" / "static" / "saving.js"
_CHOICES = ("both", "both", "mine", "theirs")
LINKS = tuple(f"ai1.{number}" for number in range(1, 6))


@dataclass
class Played:
    """What became of one case: the words typed and given up, requests, lost replies and conflicts that were told."""

    typed: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    lost: int = 0
    conflicts: int = 0


class Windows:
    """Cases on one patient's draft, one after the other."""

    def __init__(self, process: "subprocess.Popen[str]", sitting: dict[str, str]) -> None:
        self._process, self._sitting = process, sitting

    def play(self, windows: int, steps: list[list[Any]], chance: random.Random) -> Played:
        """Let so many windows do these steps, and come to rest; RuntimeError where they do not."""
        choices = [chance.choice(_CHOICES) for _ in range(20)]
        case = {"sitting": self._sitting, "windows": windows, "steps": steps, "choices": choices}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        if "failed" in told:
            raise RuntimeError(f"{told['failed']} in {steps}")
        return Played(set(told["typed"]), set(told["givenUp"]), told["lost"], told["conflicts"])


@contextmanager
def windows_of(world: World, person: Patient, key: str) -> Iterator[Windows]:
    """This person's windows on the draft of this key, over a real socket to the world's app."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    entry = f"/journal/{person.handle}/entry/{key}"
    cookie = "; ".join(f"{one.name}={one.value}" for one in person.browser.jar)
    sitting = {"cookie": cookie, "csrf": person.csrf, "entry": entry, "url": f"{entry}/draft"}
    command = ["node", str(_DRIVER), _SAVING.as_uri(), base]
    try:
        # Its input is closed first, and then its end is waited for.
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield Windows(process, sitting)
    finally:
        server.shutdown()
        server.server_close()
