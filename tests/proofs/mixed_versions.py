"""Replicas of 0.1.0 and of this version serve one database at once, and every request meets either of them.

Fault matrix F36. 0.1.0's own program makes the secrets, the clinic's file and the tables and serves; today's upgrades
them, and its web process and worker come beside the old ones, which end when half of all is written. On PostgreSQL:
with SQLite there is one process, ever.
"""

import base64
import io
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from pypdf import PdfReader
from werkzeug.serving import make_server

from service.cli.demo_clinic import CLINIC, registered_apps
from service.sandbox.app import create_sandbox
from service.sandbox.config import SandboxConfig
from service.settings import PREFIX
from tests.killing.databases import a_database, a_server
from tests.killing.newest_words import documents_in, judge_words
from tests.killing.proxy import Proxy
from tests.killing.stage import fill
from tests.loopback import Quiet, free_port
from tests.proofs.figures import Figures, at_least, exactly
from tests.releases.program import TODAY, Program, unpacked
from tests.releases.stories import EitherVersion, Stories
from tests.strangers.patients import INFUSIONS, Stranger

DEFAULT_N = 300
CI_N = 12
NEEDS = ("postgres",)

_OLD = "0.1.0"
_WRITERS, _A_FEW = 4, 50
_STARTS_WITHIN, _FILED_WITHIN = 60.0, 90.0
_MAKE_FILES = (
    "import sys; from pathlib import Path; from service.keyring import make_keyring;"
    " from service.cli.demo_clinic import clinics_file; folder = Path(sys.argv[1]);"
    " make_keyring(folder / 'secrets'); (folder / 'clinics.toml').write_text(clinics_file(sys.argv[2]))"
)
_WORKER = ("-m", "service.cli", "worker")


@dataclass(frozen=True, slots=True)
class House:
    """Both programs over one folder and database, with the ports that the old and the new one listen on.

    `front` is what the world knows of them: who calls there is passed on to the old one while it serves.
    """

    old: Program
    new: Program
    folder: Path
    database: str
    sandbox_url: str
    front: Proxy
    old_port: int
    new_port: int


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n entries; each is kept, shown and filed once, whichever version answers and files."""
    chance = random.Random(seed)
    patients = tuple(Stranger(f"patient-m-{number}") for number in range(-(-n // INFUSIONS)))
    with ExitStack() as ending:
        house = ending.enter_context(_house(patients))
        stories = Stories(house.sandbox_url)
        house.old.runs("-m", "service.cli", "migrate")
        with ExitStack() as old:
            old.enter_context(house.old.starts(*house.old.serves(house.old_port)))
            old.enter_context(house.old.starts(*_WORKER))
            _until_ready(house.old_port)
            house.new.runs("-m", "service.cli", "migrate")
            ending.enter_context(house.new.starts(*house.new.serves(house.new_port)))
            ending.enter_context(house.new.starts(*_WORKER))
            _until_ready(house.new_port)
            both = (house.old_port, house.new_port)
            half = len(patients) // 2 or 1
            _all(house, stories, patients[:half], both, n, chance)
        house.front.upstream = house.new_port
        _all(house, stories, patients[half:], (house.new_port,), n - half * INFUSIONS, chance)
        found, filed_by_old = _judged(house, stories), _filed_by_old(house)
    report(f"{dict(found)}, {stories.failures[:10]}")
    return Figures(
        planned=n,
        injected=len(stories.entries),
        counted={
            "mixed_requests": stories.served.total(),
            "by_the_old": stories.served[house.old_port],
            "by_the_new": stories.served[house.new_port],
            "acknowledged": len(stories.entries),
            "filed_by_the_old": filed_by_old,
            "filed_by_the_new": len(stories.entries) - filed_by_old,
            "failures": len(stories.failures),
            **{name: found[name] for name in ("lost", "duplicates", "misfiled", "listed")},
        },
        bars={
            "by_the_old": at_least(n),
            "by_the_new": at_least(n),
            # Of a few either worker may be the quicker one each time.
            "filed_by_the_old": at_least(min(n // _A_FEW, 1)),
            "filed_by_the_new": at_least(min(n // _A_FEW, 1)),
            **{name: exactly(0) for name in ("failures", "lost", "duplicates", "misfiled", "listed")},
        },
    )


def _all(
    house: House,
    stories: Stories,
    patients: tuple[Stranger, ...],
    ports: tuple[int, ...],
    most: int,
    chance: random.Random,
) -> None:
    told: list[Future[None]] = []
    with ThreadPoolExecutor(_WRITERS) as pool:
        for number, patient in enumerate(patients):
            ordinals = range(1, min(INFUSIONS, most - number * INFUSIONS) + 1)
            way = EitherVersion(house.front.port, ports, random.Random(chance.random()))
            told.append(pool.submit(stories.tell, patient, ordinals, way))
    for one in told:
        one.result()


def _judged(house: House, stories: Stories) -> dict[str, int]:
    """Wait until all is filed, and count what is not."""
    until = time.monotonic() + _FILED_WITHIN
    while (found := judge_words(house.folder, house.database, stories.entries))["lost"]:
        if time.monotonic() > until:
            break
        time.sleep(1.0)
    return found


def _filed_by_old(house: House) -> int:
    """How many documents the old worker filed: its papers are not tagged yet."""
    papers = [
        PdfReader(io.BytesIO(base64.b64decode(one["content"][0]["attachment"]["data"])))
        for one in documents_in(house.folder)
    ]
    return sum("/StructTreeRoot" not in one.root_object for one in papers)


@contextmanager
def _house(patients: tuple[Stranger, ...]) -> Iterator[House]:
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="mixed-")))
        server = ending.enter_context(a_server())
        database, _ = ending.enter_context(a_database("postgresql", server, folder))
        old_port, new_port, sandbox_port = free_port(), free_port(), free_port()
        front = Proxy(old_port)
        ending.callback(front.close)
        public, sandbox_url = f"http://127.0.0.1:{front.port}", f"http://localhost:{sandbox_port}"
        said = {
            "PUBLIC_URL": public,
            "FOLDER": str(folder),
            "CLINICS_FILE": str(folder / "clinics.toml"),
            "SECRETS_DIR": str(folder / "secrets"),
            "DATABASE_URL": database,
            "MODE": "demo",
            "WORKER": "separate",
        }
        settings = {PREFIX + name: value for name, value in said.items()}
        old, new = Program(unpacked(_OLD, folder), settings), Program(TODAY, settings)
        old.runs("-c", _MAKE_FILES, str(folder), sandbox_url)
        ending.enter_context(_record_system(folder, sandbox_port, public, patients))
        yield House(old, new, folder, database, sandbox_url, front, old_port, new_port)


@contextmanager
def _record_system(folder: Path, port: int, public: str, patients: tuple[Stranger, ...]) -> Iterator[None]:
    (folder / "sandbox").mkdir()
    fill(folder / "sandbox", patients)
    config = SandboxConfig(
        folder=folder / "sandbox",
        base_url=f"http://localhost:{port}",
        apps=registered_apps(public, folder),
        audiences=(f"{public}/{CLINIC}/fhir",),
    )
    app = create_sandbox(config)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def _until_ready(port: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < until:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing is ready at {port}")
