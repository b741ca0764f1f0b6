"""The program of a version, today's or an earlier one out of its archive: its commands and server, as processes."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service import paths

TODAY = Path(paths.__file__).parent.parent
_ARCHIVES = Path(__file__).parent
_ENDS_WITHIN = 40.0


@dataclass(frozen=True, slots=True)
class Program:
    """The program in this folder, with the settings that it gets from its environment."""

    folder: Path
    settings: Mapping[str, str]

    def runs(self, *arguments: str) -> None:
        """Run Python with these arguments to its end; RuntimeError where it fails."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments} of {self.folder.name}: {done.stderr.decode()[-2000:]}")

    @contextmanager
    def starts(self, *arguments: str) -> Iterator[None]:
        """Python with these arguments, told to end afterwards; RuntimeError where it ends otherwise."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.terminate()
            ended = process.wait(_ENDS_WITHIN)
        if ended:
            raise RuntimeError(f"{arguments} of {self.folder.name} ended with {ended}")

    def serves(self, port: int) -> tuple[str, ...]:
        """The arguments of its server at this port of 127.0.0.1."""
        bind = f"127.0.0.1:{port}"
        return (
            "-m", "gunicorn", "service.app:from_environment()", "--bind", bind,
            "--workers", "1", "--threads", "8", "--no-control-socket", "--log-level", "warning",
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.settings, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}


def unpacked(version: str, into: Path) -> Path:
    """The program of this version in a folder of its own, with today's fonts."""
    folder = into / version
    with zipfile.ZipFile(_ARCHIVES / f"{version}.zip") as archive:
        archive.extractall(folder)
    shutil.copytree(
        TODAY / "service" / "summary" / "fonts", folder / "service" / "summary" / "fonts", dirs_exist_ok=True
    )
    return folder
