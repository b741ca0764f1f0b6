"""An export in a process of its own, which can be told to die at a step of the exchange of its two files."""

import os
import resource
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from service.cli.audit import audit
from service.cli.export_file import ExportUnderWay

REFUSED = 3
# Each names the event that Python's audit hooks tell of before the deed, and the file that it is done to.
STEPS = {
    "the part is opened": ("open", ".part"),
    "the old note goes": ("os.remove", ".checkpoint"),
    "the file takes its place": ("os.rename", ".part"),
    "the note takes its place": ("os.rename", ".checkpoint.part"),
    "the names are made durable": ("open", ""),
}


def export(said: Mapping[str, str], clinic: str, out: Path, step: str | None, told: Connection) -> None:
    """Export to this file under these settings, and tell how many KiB the process held at the most.

    With a step the process is killed directly before it. It ends with REFUSED where another export is under way.
    """
    os.environ.update(said)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - it ends with the process
    if step is not None:
        sys.addaudithook(_Death(out, *STEPS[step]))
    try:
        audit(["export", "--clinic", clinic, "--out", str(out)], standalone_mode=False)
    except ExportUnderWay:
        sys.exit(REFUSED)
    told.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


class _Death:
    def __init__(self, out: Path, event: str, ending: str) -> None:
        self._event = event
        self._path = f"{out}{ending}" if ending else str(out.parent)

    def __call__(self, event: str, given: tuple[object, ...]) -> None:
        if event == self._event and str(given[0]) == self._path:
            os.kill(os.getpid(), signal.SIGKILL)
