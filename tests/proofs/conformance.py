"""Every requirement of the standards that binds us has its test, and every one of those tests passes.

The tests run in a process of their own: all of them where n is not below their number, else n of them by the seed. Two
faults are planted in a private copy, a test that fails and a requirement without one, and both must be told.
"""

import random
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from tests.conformance.running import outcomes
from tests.conformance.sheets import HERE, Requirement, sheets
from tests.proofs.figures import Figures, at_least, exactly

DEFAULT_N = 1000
CI_N = 6
ROOT = HERE.parents[1]
_LEAST = 120
_RED = "\n\ndef test_planted() -> None:\n    assert False, 'planted'  # noqa: B011, PT015\n"


@dataclass(frozen=True, slots=True)
class _Said:
    must: int
    passed: int
    failed: int
    missing: int


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Run the requirements' tests, then those of a copy that is spoiled on purpose."""
    every = [one for sheet in sheets() for one in sheet.requirements]
    chosen = _chosen([one for one in every if one.file], n, seed)
    said = _judge(ROOT, every, chosen, seed, report)
    with tempfile.TemporaryDirectory(prefix="conformance-planted-") as name:
        spoiled = random.Random(seed).sample([one for one in every if one.file and one.level == "must"], 2)
        planted = _planted(Path(name), spoiled)
    tested = sum(one.file is not None and one.level == "must" for one in every)
    counted = {
        "must": said.must,
        "beyond": sum(one.file is not None and one.level != "must" for one in every),
        "left_out": sum(bool(one.why) for one in every),
        "ran": len(chosen),
        "passed": said.passed,
        "failed": said.failed,
        "missing": said.missing,
        "planted_found": planted.failed + planted.missing,
    }
    bars = {
        "must": at_least(max(_LEAST, tested)),
        "passed": exactly(len(chosen)),
        "failed": exactly(0),
        "missing": exactly(0),
        "planted_found": exactly(2),
    }
    return Figures(planned=2, injected=2, counted=counted, bars=bars)


def _chosen(tested: list[Requirement], n: int, seed: int) -> list[Requirement]:
    return tested if n >= len(tested) else random.Random(seed).sample(tested, n)


def _judge(
    root: Path,
    every: Iterable[Requirement],
    chosen: list[Requirement],
    seed: int,
    report: Callable[[str], None],
) -> _Said:
    musts = [one for one in every if one.level == "must" and not one.why]
    ran = outcomes(root, [one.file for one in chosen if one.file], seed)
    failed = [file for file, outcome in ran.items() if outcome != "passed"]
    missing = [one for one in musts if one.is_missing]
    for words in (*(f"failed: {file.name}" for file in failed), *(f"missing: {one.id}" for one in missing)):
        report(words)
    return _Said(len(musts), len(ran) - len(failed), len(failed), len(missing))


def _planted(root: Path, spoiled: list[Requirement]) -> _Said:
    """What is said of a copy in which one requirement's test fails and another's is gone."""
    for name in ("service", "fhir", "templates", "pyproject.toml", "docs"):
        (root / name).symlink_to(ROOT / name)
    (root / "tests").mkdir()
    for path in (ROOT / "tests").iterdir():
        if path != HERE:
            (root / "tests" / path.name).symlink_to(path)
    here = root / "tests" / HERE.name
    copytree(HERE, here)
    red, gone = (here / one.sheet / one.file.name for one in spoiled if one.file)
    red.write_text(red.read_text("utf-8") + _RED, "utf-8")
    gone.unlink()
    every = [one for sheet in sheets(here) for one in sheet.requirements]
    kept = [one for one in every if one.file == red]
    return _judge(root, every, kept, 1, lambda _: None)
