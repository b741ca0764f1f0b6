"""What veraPDF, a validator by others, says of PDFs against the standards for keeping them and for everyone."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.validator.jars import classpath

HERE = Path(__file__).parent / "verapdf"
STANDARDS = ("2a", "ua1")  # PDF/A-2, level A; PDF/UA-1
_SECONDS = 600
_JAVA = ("java", "-Xmx1g", "-XX:ActiveProcessorCount=2", "-Dfile.encoding=UTF-8")


def broken(pdfs: Sequence[bytes]) -> list[Mapping[str, list[str]]]:
    """For each PDF the rules it breaks, by standard; RuntimeError where veraPDF did not answer, JarsMissing."""
    with tempfile.TemporaryDirectory(prefix="verapdf-") as name:
        paths = [Path(name) / f"{number}.pdf" for number in range(len(pdfs))]
        for path, pdf in zip(paths, pdfs, strict=True):
            path.write_bytes(pdf)
        command = [*_JAVA, f"-Duser.home={name}", "-cp", classpath(asked_by=HERE), str(HERE / "Verify.java")]
        ran = subprocess.run(
            [*command, *STANDARDS],
            input="".join(f"{path}\n" for path in paths),
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    answers = ran.stdout.splitlines()
    if ran.returncode != 0 or len(answers) != len(pdfs):
        raise RuntimeError(f"veraPDF ended with {ran.returncode}: {ran.stderr[-2000:]}")
    return [json.loads(answer) for answer in answers]
