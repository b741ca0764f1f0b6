"""One clinic's record system fails or lets us wait for ever: another clinic's filings take no step more (F59)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from service.cli.demo_clinic import CLINIC, clinics_file
from service.ehr.client import RecordSystem
from service.ehr.problems import RecordSystemProblem
from service.keyring import make_keyring
from service.settings import Settings
from service.wiring import wire
from tests.factories import response
from tests.people import app_of
from tests.workflow.filing import Carry, fails, told
from tests.world import JOURNAL, OTHER, OTHER_EHR, World

PEOPLE = {"patient-six-done": "six-done", "patient-two-in": "two-in", "patient-eight-done": "eight-done"}
POISONS = {
    "not connected": fails(httpx2.ConnectError),
    "no answer": fails(httpx2.ReadTimeout),
    "a refusal": told(422),
    "an error": told(500),
}
CONNECTIONS = 25  # more than one way out has


def six_owed(world: World, clinic: str) -> None:
    for name, visits in PEOPLE.items():
        for number in (1, 2):
            answer = app_of(world, name, clinic).post(
                "QuestionnaireResponse", response(world, number, name, f"{visits}-{number}")
            )
            assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", POISONS)
def test_beside_a_poisoned_clinic_another_takes_no_step_more(world: World, name: str) -> None:
    six_owed(world, CLINIC)
    six_owed(world, OTHER)

    def poisoned(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        return POISONS[name](carry) if str(request.url).startswith(OTHER_EHR) else carry()

    world.net.meddler = poisoned
    for _ in range(3):
        world.deliver(OTHER)
        world.clock.pass_time(minutes=20)

    assert world.deliver(CLINIC) == 6
    assert len(world.records().search("DocumentReference", []).resources) == 6


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes every connection and never says a word, until the test is over."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as door:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(door.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
    for one in taken:
        one.close()


def test_a_record_system_that_lets_us_wait_takes_no_connection_from_other_clinics(
    tmp_path: Path, silent: int
) -> None:
    """As many calls hang as one way out has room for, and more; the other clinic's call is answered at once."""
    make_keyring(tmp_path / "secrets")
    quick = socket.create_server(("127.0.0.1", 0))
    first = clinics_file(f"http://127.0.0.1:{silent}")
    second = clinics_file(f"http://127.0.0.1:{quick.getsockname()[1]}")
    (tmp_path / "clinics.toml").write_text(
        first + second.replace(f"clinic.{CLINIC}", f"clinic.{OTHER}"), "utf-8"
    )
    wiring = wire(
        Settings(
            public_url=JOURNAL,
            folder=tmp_path,
            clinics_file=tmp_path / "clinics.toml",
            secrets_dir=tmp_path / "secrets",
        )
    )
    hanging = wiring.desk.clinics[CLINIC].record_system(lambda: "token")
    other = wiring.desk.clinics[OTHER].record_system(lambda: "token")
    waiting = [threading.Thread(target=_ask, args=(hanging,), daemon=True) for _ in range(CONNECTIONS)]
    for one in waiting:
        one.start()
    answering = threading.Thread(target=_answer_once, args=(quick,), daemon=True)
    answering.start()

    assert other.capabilities()["resourceType"] == "CapabilityStatement"

    assert all(one.is_alive() for one in waiting)
    quick.close()
    wiring.stop()


def _ask(record_system: RecordSystem) -> None:
    with suppress(RecordSystemProblem):
        record_system.capabilities()


def _answer_once(door: socket.socket) -> None:
    taken, _ = door.accept()
    with taken:
        taken.recv(65536)
        body = b'{"resourceType":"CapabilityStatement"}'
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        taken.sendall(head.encode() + body)
