"""Which clients there are, what each must show, and how its driver is started."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REFUSED = "refused-"
_SETS = tuple(f"set-{ordinal}" for ordinal in range(1, 7))
_API = ("read-questionnaires", "create", "read", "search")
_REFUSALS = (
    "refused-token-of-another-base",
    "refused-reading-another-patient",
    "refused-writing-for-another-patient",
)
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Client:
    """One client: its package, its checks, how many responses it leaves behind, and its driver.

    A driver that ends in .mjs is run by Node.js, another one is a module of tests.strangers.drivers. `page` is the
    page of ours that it opens in a browser.
    """

    package: str
    checks: tuple[str, ...]
    writes: int
    driver: str
    page: str = ""

    @property
    def patient(self) -> str:
        """What its patients are called: the package without its owner."""
        return self.package.rpartition("/")[2]


CLIENTS = (
    Client("fhir-kit-client", ("offer", *_API, *_REFUSALS), 3, "fhir_kit_client.mjs"),
    Client("fhirpy", (*_API, *_REFUSALS), 3, "fhirpy_client"),
    Client(
        "fhirclient",
        (
            *("standalone-launch", "standalone-writes", "standalone-reads"),
            *("ehr-launch", "ehr-writes", "ehr-reads"),
            *("refused-reading-another-patient", "refused-token-of-another-base", "refused-wrong-audience"),
            "refused-page-of-another-origin",
            "no-other-host",
        ),
        2,
        "smart_js",
        "smart-js.html",
    ),
    Client("lforms", (*_SETS, "no-other-host"), 6, "renderer", "lforms.html"),
    Client("@aehrc/smart-forms-renderer", (*_SETS, "no-other-host"), 6, "renderer", "smart-forms.html"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one check; `why` says why it did not hold, or is empty."""

    check: str
    held: bool
    why: str


def verdicts(client: Client, task: Mapping[str, object], built: Path) -> tuple[Verdict, ...]:
    """Run a client's driver on this task: one verdict for each of its checks that it told of, in their order.

    `built` is the folder with the drivers that run in Node.js, bundled.
    """
    node = client.driver.endswith(".mjs")
    module = f"tests.strangers.drivers.{client.driver}"
    command = ["node", str(built / client.driver)] if node else [sys.executable, "-m", module]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    try:
        ran = subprocess.run(
            command,
            input=json.dumps(task),
            env=kept | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"},
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        told = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        return understood(client.checks, told, "it took too long")
    return understood(client.checks, ran.stdout, ran.stderr[-500:])


def understood(checks: Sequence[str], told: str, trouble: str) -> tuple[Verdict, ...]:
    """The verdicts in a driver's lines; a check it never told of did not hold, with its trouble as the reason.

    ValueError for a line about a check that is none, or about one a second time.
    """
    found: dict[str, Verdict] = {}
    for line in told.splitlines():
        said = json.loads(line)
        if said["check"] not in checks or said["check"] in found:
            raise ValueError(f"nobody asked for {said['check']}")
        found[said["check"]] = Verdict(said["check"], said["held"] is True, said["why"])
    return tuple(found.get(check) or Verdict(check, False, f"never told: {trouble}") for check in checks)
