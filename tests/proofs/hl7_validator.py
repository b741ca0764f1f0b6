"""HL7's validator finds no error in what we publish and in every FHIR resource that the service emits under test.

The tests run in a process of their own and what the service emits is kept (tests/emitted.py): a part of them where n is
1, all but browsers and proofs where it is more. Copies with one planted fault each show that the validator looks.

No terminology server and no foreign package is asked. What R4's core does not define is named in `FOREIGN`; a code
system, profile or extension that is unknown and not named there counts as strange, and nothing may be strange.
An excerpt (_elements, _summary) says by its tag that it is no whole resource, and is counted but not judged.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.emitted import VARIABLE, read
from tests.proofs.figures import Figures, at_least, exactly
from tests.validator.asked import Issue, issues_of
from tests.validator.spoiling import SPOILERS, Spoiled, spoiled

DEFAULT_N = 2
CI_N = 1
NEEDS = ("java",)

ROOT = Path(__file__).parents[2]
FHIR = ROOT / "fhir"

# Where the addresses begin of what others define and R4's core lacks: their packages are not to be had as files.
FOREIGN = (
    "http://hl7.org/fhir/uv/sdc/",  # Structured Data Capture
    "http://hl7.org/fhir/us/core/",  # US Core
    "https://profiles.ihe.net/ITI/BALP/",  # Basic Audit Log Patterns
    "http://ihe.net/fhir/ihe.formatcode.fhir/",
    "http://loinc.org",  # licensed, and too large to carry along
    "http://hl7.org/fhir/5.0/",  # elements of R5, as extensions
    "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm",  # of the extension pack, newer than R4
    "http://hl7.org/fhir/version-algorithm",
    "http://maplegrove.example/",  # the invented clinic's own codes
    "https://clinic.example/",  # another invented one's
    "http://app.example/",  # what a patient's app adds to a response, which we keep as it is
    "https://x.example/",  # and another app
)

_PART = (
    "tests/web/test_fhir_api.py",
    "tests/web/test_fhir_provenance.py",
    "tests/web/test_fhir_tasks.py",
    "tests/workflow/test_audit.py",
    "tests/workflow/test_delivery.py",
)
# What these tests hand about are placeholders, no resources of ours.
_PLACEHOLDERS = ("--ignore=tests/ehr/test_client.py", "--ignore=tests/validator")
_WHOLE = ("tests", "--ignore=tests/proofs", *_PLACEHOLDERS, "-m", "not browser")
_EXCERPT = '"SUBSETTED"'
_LEAST = {True: 100, False: 1000}  # resources, of the part and of the whole
_KINDS = 9  # resource types that the service emits
_SECONDS = 3000
_UNKNOWN = re.compile(
    r"(?:CodeSystem is unknown and can't be validated: |Profile reference '|retrieve profile with url=)([^\s']+)"
)
_VARYING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.\d+)?")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Run the tests, validate what came out of them, what we publish, and the planted copies."""
    with tempfile.TemporaryDirectory(prefix="emitted-") as name:
        _run_tests(Path(name), _PART if n == 1 else _WHOLE, seed, report)
        everything = read(Path(name))
    emitted = [one for one in everything if _EXCERPT not in one.body]
    published = [path.read_text("utf-8") for path in sorted(FHIR.rglob("*.json"))]
    planted = list(spoiled([*published, *(one.body for one in emitted)]))
    bodies = [*published, *(one.body for one in emitted), *(one.body for one in planted)]
    said = issues_of(bodies, FHIR, FOREIGN)
    sources = [*("published" for _ in published), *(f"{one.way} in {one.test}" for one in emitted)]
    ours = [
        (source, [issue for issue in issues if not _is_known(issue, body)])
        for source, issues, body in zip(sources, said, bodies, strict=False)
    ]
    kinds = Counter(json.loads(one.body)["resourceType"] for one in emitted)
    report(f"emitted: {', '.join(f'{kind} {count}' for kind, count in kinds.most_common())}")
    errors = sum(_tell(severity, ours, report) for severity in ("fatal", "error"))
    counted = {
        "resources": len(emitted),
        "excerpts": len(everything) - len(emitted),
        "artifacts": len(published),
        "kinds": len(kinds),
        "errors": errors,
        "warnings": _tell("warning", ours, report),
        "strange": _strange(said[: len(ours)], report),
        "planted": len(planted),
        "planted_found": _found(planted, said[len(ours) :], report),
    }
    bars = {
        "resources": at_least(_LEAST[n == 1]),
        "artifacts": at_least(1),
        "kinds": at_least(_KINDS),
        "errors": exactly(0),
        "strange": exactly(0),
        "planted_found": exactly(len(SPOILERS)),
    }
    return Figures(planned=len(SPOILERS), injected=len(planted), counted=counted, bars=bars)


def _is_known(issue: Issue, body: str) -> bool:
    """Whether the validator is known to be wrong here: it knows no translations of item texts, and no R5 packages."""
    if issue.message.startswith("If text exists, it must match the questionnaire definition"):
        return '"language":"es"' in body.replace(" ", "")
    return issue.message.startswith("Extension url 'http://hl7.org/fhir/5.0/")


def _run_tests(folder: Path, which: Sequence[str], seed: int, report: Callable[[str], None]) -> None:
    # This may itself run within a test: nothing of that run is to reach the one in it.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept.pop("REQUIRE", None)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--randomly-seed={seed}", *which]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=kept | {VARIABLE: str(folder)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    *before, last = ran.stdout.strip().splitlines() or [""]
    for line in (*(one for one in before if one.startswith(("FAILED", "ERROR"))), last):
        report(f"tests: {line}")
    # A red test is that test's to tell; what it emitted before counts like all else.
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"the tests could not be run: {last or ran.stderr[-500:]}")


def _tell(severity: str, said: Sequence[tuple[str, Sequence[Issue]]], report: Callable[[str], None]) -> int:
    """How many issues are of this severity; each distinct one is told with its count and one place it was seen at."""
    counted, seen_at = Counter[str](), dict[str, str]()
    for source, issues in said:
        for issue in issues:
            if issue.severity == severity:
                message = _VARYING.sub("…", issue.message)
                counted[message] += 1
                seen_at.setdefault(message, f"{issue.location} ({source})")
    for message, count in counted.most_common():
        report(f"{severity} {count} x {message} First at {seen_at[message]}")
    return counted.total()


def _strange(said: Sequence[Sequence[Issue]], report: Callable[[str], None]) -> int:
    """How many addresses the validator did not know that are not named in FOREIGN."""
    strange = {address for address in _unknown(said) if not address.startswith(FOREIGN)}
    for address in sorted(strange):
        report(f"strange: {address}")
    return len(strange)


def _unknown(said: Sequence[Sequence[Issue]]) -> Iterator[str]:
    for issues in said:
        for issue in issues:
            if found := _UNKNOWN.search(issue.message):
                yield found[1]


def _found(planted: Sequence[Spoiled], said: Sequence[Sequence[Issue]], report: Callable[[str], None]) -> int:
    """How many planted faults the validator named as an error, in the words they are known by."""
    found = 0
    for one, issues in zip(planted, said, strict=True):
        named = any(
            issue.is_error and one.known_by in f"{issue.id} {issue.location} {issue.message}"
            for issue in issues
        )
        found += named
        if not named:
            report(f"not found: {one.known_by}: {[issue.message for issue in issues if issue.is_error]}")
    return found
