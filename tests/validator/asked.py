"""What the validator says about resources: every issue, in the order of the resources."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.validator.jars import HERE, classpath

_SECONDS = 1500
# Two threads, to leave room for others on a small machine.
_JAVA = ("java", "-Xmx2g", "-XX:ActiveProcessorCount=2", "-Dfile.encoding=UTF-8")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing the validator said: severity as R4 has it, its own id for the message, a FHIRPath, the sentence."""

    severity: str
    id: str
    location: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether this makes the resource invalid."""
        return self.severity in ("error", "fatal")


def issues_of(
    bodies: Iterable[str], definitions: Path, foreign_extensions: Sequence[str] = ()
) -> list[list[Issue]]:
    """The issues of each resource, given as JSON; RuntimeError where the validator did not answer, JarsMissing.

    `definitions` is the folder with our own conformance resources. Extensions whose address begins like one of
    `foreign_extensions` may be unknown; any other unknown one is an error.
    """
    # A line break in JSON is a blank; everything else reaches the validator as it is.
    lines = [body.replace("\n", " ").replace("\r", " ") for body in bodies]
    with tempfile.TemporaryDirectory(prefix="validator-home-") as home:
        command = [*_JAVA, f"-Duser.home={home}", "-cp", classpath(), str(HERE / "Validate.java")]
        ran = subprocess.run(
            [*command, str(definitions), *foreign_extensions],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    answers = ran.stdout.split("\n")[:-1]
    if ran.returncode != 0 or len(answers) != len(lines):
        raise RuntimeError(f"the validator ended with {ran.returncode}: {ran.stderr[-2000:]}")
    return [[_issue(one) for one in json.loads(answer)] for answer in answers]


def _issue(said: dict[str, str]) -> Issue:
    return Issue(said["severity"], said.get("id", ""), said.get("location", ""), said["message"])
