"""The command that serves the application: apart from the commands, so that the demo starts it without reading them."""

import sys
from pathlib import Path

# Heartbeat files on a disk can stall a worker (gunicorn's own advice); this folder is memory on Linux.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes its files there unguessable and private


def gunicorn(host: str, port: int, threads: int, patience: int = 20) -> list[str]:
    """One process, for SQLite has one writer, and threads for its requests; ready to be executed.

    When it ends, requests that are still coming in or under way get `patience` seconds.
    """
    return [
        sys.executable, "-m", "gunicorn", "service.app:from_environment()",
        "--bind", f"{host}:{port}", "--workers", "1", "--threads", str(threads),
        "--no-control-socket", "--graceful-timeout", str(patience), "--log-level", "warning",
        *(["--worker-tmp-dir", str(_IN_MEMORY)] if _IN_MEMORY.is_dir() else []),
    ]  # fmt: skip
