"""HAPI's FHIR server in a process of its own, as tests/record_systems/Hapi.java puts it together."""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.validator.jars import classpath

HERE = Path(__file__).parent
_STARTS_WITHIN = 180.0
# It lives for minutes: quick to start counts for more than quick later. Two threads leave room on a small machine.
_JAVA = ("java", "-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=2")
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"


@contextmanager
def hapi() -> Iterator[str]:
    """The FHIR base of an empty server, "http://127.0.0.1:…/fhir", ended afterwards; JarsMissing.

    It also ends when this process does: then its standard input ends. RuntimeError where it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="hapi-home-") as home:
        command = [*_JAVA, _QUIET, f"-Duser.home={home}", "-cp", classpath(asked_by=HERE)]
        said = Path(home) / "said"
        with said.open("wb") as errors:
            process = subprocess.Popen(
                [*command, str(HERE / "Hapi.java")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            yield f"http://127.0.0.1:{_port(process, said)}/fhir"
        finally:
            _end(process)


def _port(process: subprocess.Popen[bytes], said: Path) -> int:
    """The port it says once it listens."""
    assert process.stdout is not None
    impatient = threading.Timer(_STARTS_WITHIN, process.kill)
    impatient.start()
    try:
        line = process.stdout.readline()
    finally:
        impatient.cancel()
    if not line.strip().isdigit():
        raise RuntimeError(f"HAPI did not start: {said.read_text('utf-8', 'replace')[-2000:]}")
    return int(line)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
