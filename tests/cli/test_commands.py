"""The commands as an operator calls them: what they say, how they end, and that a mistake is one sentence."""

import fcntl
import json
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.audit.checkpoint import verify as verify_note
from service.cli import commands
from service.cli.demo_clinic import CLINIC, clinics_file
from service.cli.demo_stack import ANY_PORT, Stack, running
from service.keyring import make_keyring
from service.settings import PREFIX
from service.store.engine import open_store
from service.store.migrating import upgrade
from service.store.sealing import Seal
from service.store.serving_role import weaknesses
from tests.store.plain_role import address_of, plain_role

SECOND_START_WITHIN = 5.0


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder with everything in it, named by the environment."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    (tmp_path / "clinics.toml").write_text(clinics_file("http://127.0.0.1:9"))
    make_keyring(tmp_path / "secrets")
    upgrade(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    said = {
        "PUBLIC_URL": "https://journal.example",
        "FOLDER": tmp_path,
        "CLINICS_FILE": tmp_path / "clinics.toml",
        "SECRETS_DIR": tmp_path / "secrets",
    }
    for name, value in said.items():
        monkeypatch.setenv(PREFIX + name, str(value))
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(commands, words)


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as it is really called."""
    command = [sys.executable, "-m", "service.cli", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=os.environ | environment
    )


# --- preparing a clinic ----------------------------------------------------------------------------------------


def test_check_config_says_what_is_there(house: Path) -> None:
    result = call("check-config")

    assert result.exit_code == 0
    assert "Maple Grove Ketamine Clinic" in result.output
    assert "https://journal.example/maple-grove/fhir" in result.output
    assert "nothing wrong" in result.output


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLIC_URL", "journal", "INFUSION_JOURNAL_PUBLIC_URL"),
        ("CLINICS_FILE", "/nowhere/clinics.toml", "/nowhere/clinics.toml"),
        ("SECRETS_DIR", "/nowhere", "make-keys"),
        ("PUBLIC_URI", "https://journal.example", "INFUSION_JOURNAL_PUBLIC_URI"),
    ],
)
def test_a_mistake_is_one_sentence_without_a_traceback(
    house: Path, name: str, value: str, words: str
) -> None:
    result = run("check-config", **{PREFIX + name: value})

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("infusion-journal: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_keys_are_made_once_and_for_this_account_alone(house: Path) -> None:
    folder = house / "new"
    first = run("make-keys", **{f"{PREFIX}SECRETS_DIR": str(folder)})
    made = {one.name: one.read_bytes() for one in folder.iterdir()}
    second = run("make-keys", **{f"{PREFIX}SECRETS_DIR": str(folder)})

    assert first.returncode == second.returncode == 0
    assert set(made) == {"seal.json", "signing.jwk", "checkpoint.pem"}
    assert made == {one.name: one.read_bytes() for one in folder.iterdir()}
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for secret in (json.loads(made["signing.jwk"])["d"], json.loads(made["seal.json"])["keys"]["1"]):
        assert secret not in first.stdout + first.stderr


@pytest.mark.parametrize("content", [b"", b"{}", b"x", b'{"keys": {"1": "!"}, "current": "1"}'])
def test_a_broken_key_file_is_named(house: Path, content: bytes) -> None:
    (house / "secrets" / "seal.json").write_bytes(content)

    result = run("check-config")

    assert result.returncode == 1
    assert "seal.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_registration_sheet_has_what_a_record_systems_form_asks_for(house: Path) -> None:
    result = call("registration-sheet", CLINIC)

    assert result.exit_code == 0
    for words in (
        "https://journal.example/.well-known/jwks.json",
        "https://journal.example/launch/callback",
        "https://journal.example/launch/patient",
        "https://journal.example/launch/clinician",
        "https://journal.example/launch/officer",
        "https://journal.example/maple-grove/fhir",
        "system/DocumentReference.crus",
        "journal-worker",
    ):
        assert words in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("registration-sheet", "nowhere"),
        ("audit", "verify", "--clinic", "nowhere"),
        ("simulate-series", "--clinic", "nowhere"),
        ("check-clinic", "--clinic", "nowhere"),
        ("audit", "export", "--clinic", "nowhere", "--out", "x"),
        ("audit", "checkpoint", "--clinic", "nowhere"),
    ],
)
def test_a_clinic_that_is_none_is_refused_and_the_others_are_named(
    house: Path, words: tuple[str, ...]
) -> None:
    """The log of a clinic misspelt must not pass for an empty log that holds."""
    result = call(*words)

    assert result.exit_code == 2
    assert CLINIC in result.output


def test_every_command_explains_itself(house: Path) -> None:
    for name in ("--help", *(f"{one} --help" for one in commands.commands)):
        result = call(*name.split())
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_a_worker_of_its_own_needs_postgresql(house: Path) -> None:
    result = call("worker")

    assert result.exit_code == 1
    assert "PostgreSQL" in result.output


# --- the log ---------------------------------------------------------------------------------------------------


def test_the_log_is_exported_signed_and_checked_at_the_database_and_offline(house: Path) -> None:
    out = house / "log.ndjson"
    exports = [call("audit", "export", "--clinic", CLINIC, "--out", str(out)) for _ in range(3)]
    signed = call("audit", "checkpoint", "--clinic", CLINIC)
    key = signed.stderr.removeprefix("Verifier key: ").strip()

    assert [one.exit_code for one in exports] == [0, 0, 0]
    assert "3 records" in exports[-1].output
    assert verify_note((house / "log.ndjson.checkpoint").read_text(), key).size == 3
    against = ("--checkpoint", f"{out}.checkpoint", "--verifier-key", key)
    for words in (("--clinic", CLINIC), (), ("--export", str(out)), ("--export", str(out), *against)):
        result = call("audit", "verify", *words)
        assert result.exit_code == 0, result.output
        assert "3 records" in result.output
    assert "anchored 3" in call("audit", "verify", "--clinic", CLINIC, *against).output


def test_a_log_that_was_changed_ends_the_command_with_an_error(house: Path) -> None:
    for _ in range(3):
        call("audit", "export", "--clinic", CLINIC, "--out", str(house / "log.ndjson"))
    with sqlite3.connect(house / "journal.sqlite") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(
            "UPDATE audit_records SET record = replace(record, 'export', 'verify') WHERE leaf_index = 1"
        )
    database.close()

    result = call("audit", "verify")

    assert result.exit_code == 1
    assert "record-altered at 1" in result.output


@pytest.mark.parametrize(
    "content", [b"x\n", b"{}\n", b"[]\n", b'{"resourceType":"AuditEvent"}\n', b"\xff\n", b"\n"]
)
def test_a_file_that_is_no_export_is_refused_in_one_sentence(house: Path, content: bytes) -> None:
    file = house / "other.ndjson"
    file.write_bytes(content)

    result = run("audit", "verify", "--export", str(file))

    assert result.returncode == 2
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("note", ["", "x", "a\n1\nAAAA\n\n— a AAAA\n"])
def test_a_note_that_nobody_signed_is_refused_in_one_sentence(house: Path, note: str) -> None:
    signed = call("audit", "checkpoint", "--clinic", CLINIC)
    key = signed.stderr.removeprefix("Verifier key: ").strip()
    (house / "note").write_text(note)

    result = run("audit", "verify", "--checkpoint", str(house / "note"), "--verifier-key", key)

    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert call("audit", "verify", "--checkpoint", str(house / "note")).exit_code == 2


# --- migrating -------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_migrating_says_who_may_not_serve(postgres_url: str) -> None:
    named = {"INFUSION_JOURNAL_DATABASE_URL": postgres_url}

    result = run("migrate", "--serving-role", "nobody-of-that-name", **named)

    assert (result.returncode, "there is no such role" in result.stderr) == (2, True)


@pytest.mark.postgres
def test_migrating_lets_a_role_serve(postgres_url: str) -> None:
    with plain_role(postgres_url) as role:
        named = {"INFUSION_JOURNAL_DATABASE_URL": postgres_url}
        assert run("migrate", "--serving-role", role, **named).returncode == 0
        store = open_store(address_of(postgres_url, role), Seal({"k": b"k" * 32}, "k"))
        assert weaknesses(store) == []
        store.close()


def test_sqlite_knows_no_role_that_serves(house: Path) -> None:
    result = call("migrate", "--serving-role", "anybody")

    assert (result.exit_code, "SQLite knows no roles" in result.output) == (2, True)


# --- serving ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("stack"), ANY_PORT, ANY_PORT) as running_stack:
        yield running_stack


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("migrate",)])
def test_a_second_server_in_the_same_folder_says_so_in_one_sentence_and_ends(
    stack: Stack, words: tuple[str, ...]
) -> None:
    named = {name: value for name, value in stack.environment.items() if name.startswith(PREFIX)}

    result = run(*words, **named)

    assert result.returncode == 1
    assert "Another server works in this folder already" in result.stderr
    assert result.stderr.count("\n") == 1
    assert stack.service.poll() is None


def test_a_second_demo_in_the_same_folder_says_so_too(stack: Stack) -> None:
    result = run("demo", "--folder", str(stack.folder))

    assert result.returncode == 1
    assert "Another server works in this folder already" in result.stderr


def test_the_log_can_be_checked_while_the_service_runs(stack: Stack) -> None:
    named = {name: value for name, value in stack.environment.items() if name.startswith(PREFIX)}

    result = run("audit", "verify", "--clinic", CLINIC, **named)

    assert result.returncode == 0, result.stderr


def test_a_port_that_is_taken_is_named(stack: Stack, tmp_path: Path) -> None:
    port = stack.service_url.rpartition(":")[2]

    result = run("demo", "--folder", str(tmp_path / "other"), "--port", port)

    assert result.returncode == 1
    assert f"Port {port} is taken" in result.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    result = run("demo", "--folder", str(tmp_path / "file" / "demo"))

    assert result.returncode == 1
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr


def cpu_seconds() -> float:
    """What this process and its ended children worked: on a busy machine the clock on the wall says little."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def started(folder: Path) -> tuple[subprocess.Popen[str], list[str], float]:
    """A demo until it has told all it tells: the process, its lines, the seconds it took."""
    command = [sys.executable, "-m", "service.cli", "demo", "--folder", str(folder)]
    command += ["--port", "0", "--sandbox-port", "0"]
    began = time.monotonic()
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    assert demo.stdout is not None
    for line in demo.stdout:
        lines.append(line)
        if line.startswith("Stop with"):
            break
    return demo, lines, time.monotonic() - began


def test_the_demo_tells_its_way_in_ten_lines_and_starts_again_at_once(
    tmp_path: Path, record_property: object
) -> None:
    demo, lines, first = started(tmp_path / "demo")
    demo.send_signal(signal.SIGTERM)
    rest, errors = demo.communicate(timeout=60)

    assert 5 <= len(lines) <= 10
    assert "Stopped" in rest
    assert (demo.returncode, errors) == (0, "")

    before = cpu_seconds()
    again, _, second = started(tmp_path / "demo")
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=60)
    worked = cpu_seconds() - before
    print(f"demo start: first {first:.2f} s, second {second:.2f} s, of these {worked:.2f} s of work")
    assert again.returncode == 0
    assert worked < SECOND_START_WITHIN


def test_the_stack_starts_again_with_what_was_there(tmp_path: Path) -> None:
    with running(tmp_path, ANY_PORT, ANY_PORT) as first:
        kept = (first.folder / "secrets" / "signing.jwk").read_bytes()
    before, began = cpu_seconds(), time.monotonic()
    with running(tmp_path, ANY_PORT, ANY_PORT) as second:
        took = time.monotonic() - began
        assert (second.folder / "secrets" / "signing.jwk").read_bytes() == kept
    worked = cpu_seconds() - before
    print(f"second start of the stack: {took:.2f} s, of these {worked:.2f} s of work")
    assert worked < SECOND_START_WITHIN


def test_restored_begins_a_generation_and_says_what_comes_next(house: Path) -> None:
    first, second = run("restored"), run("restored")

    assert f"{CLINIC}: generation 1 begins behind 0 records." in first.stdout
    assert f"{CLINIC}: generation 2 begins behind 1 records." in second.stdout
    assert "reconcile" in first.stdout
    assert "audit verify" in first.stdout
    assert call("audit", "verify").exit_code == 0


def test_restored_waits_until_nothing_serves_from_the_folder(house: Path) -> None:
    lock = os.open(house / "serving.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    result = run("restored")
    os.close(lock)

    assert result.returncode == 1
    assert "stop that one first" in result.stderr


def test_restored_asks_for_the_tables_of_this_version_first(house: Path) -> None:
    (house / "journal.sqlite").unlink()
    result = run("restored")

    assert result.returncode == 1
    assert "infusion-journal migrate" in result.stderr


def test_reconcile_compares_nothing_with_nothing(house: Path) -> None:
    """CSV and JSON say everything, the table what differs; 3 would say that something does."""
    for form in ("table", "csv", "json"):
        result = call("reconcile", CLINIC, "--format", form)
        assert result.exit_code == 0, result.output
        assert "0 submitted, 0 filed, 0 found; no difference." in result.output
    assert call("reconcile", "nowhere").exit_code != 0
