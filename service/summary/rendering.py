"""The child that makes the PDFs: one long-lived process with limits of memory, time and pages (threat T36).

Whatever a text does to the layout, it does in there: the service loses one rendering, never itself. The child is
spawned, not forked, so it holds none of the service's memory: no keys, no other patient's words. Towards the child
go our own values; back come only bytes, which nobody unpickles.
"""

import resource
import signal
import threading
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from service.summary import pdf
from service.summary.content import CannotRender, Summary
from service.summary.course_content import CourseSummary
from service.summary.problems import Cause
from service.summary.renditions import Rendition, in_words, render

_GRACE_SECONDS = 5.0
_PDF, _PROBLEM = b"P", b"!"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one rendering may use. Memory is the child's whole address space; CPU seconds count per summary."""

    memory_bytes: int = 512 * 1024 * 1024
    cpu_seconds: int = 20
    pages: int = 400
    pdf_bytes: int = 20 * 1024 * 1024


class RenderingChild:
    """Renders summaries one after another in a child that starts at the first one and again after it was lost.

    Safe to share between threads: they take turns.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turn = threading.Lock()
        self._running: tuple[SpawnProcess, Connection] | None = None

    @property
    def process_id(self) -> int | None:
        """The child's process id while there is one."""
        return self._running[0].pid if self._running else None

    def render(
        self, summary: Summary | CourseSummary, timeout_seconds: float, rendition: Rendition = Rendition.PDF
    ) -> bytes:
        """The summary in this form; CannotRender with its cause where the child says no, is lost or is late.

        A wait for one's turn longer than `timeout_seconds` ends as busy; after it the child has as long again. Only
        PDFs need the child: the text forms are made here, and so they can be had when no PDF can (fault matrix F5).
        """
        if rendition is not Rendition.PDF:
            return _in_text(summary, rendition)
        if not self._turn.acquire(timeout=timeout_seconds):
            raise CannotRender(Cause.BUSY)
        try:
            return self._ask(summary, timeout_seconds)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the child, if there is one. The next render would start another."""
        with self._turn:
            self._end()

    def _ask(self, summary: Summary | CourseSummary, timeout_seconds: float) -> bytes:
        process, connection = self._connected()
        watch = _Watch(process, timeout_seconds)
        try:
            answer = _exchange(connection, summary, self._limits)
        except (EOFError, OSError):
            answer = None
        finally:
            watch.stop()
        if watch.was_late or answer is None:
            self._end()
            raise CannotRender(Cause.TIMED_OUT if watch.was_late else Cause.CRASHED)
        return self._read(answer)

    def _read(self, answer: bytes) -> bytes:
        if answer[:1] == _PDF:
            return answer[1:]
        cause = Cause(answer[1:].decode("ascii"))
        if cause is Cause.OUT_OF_MEMORY:
            self._end()  # nothing is certain in a process that ran out of memory once
        raise CannotRender(cause)

    def _connected(self) -> tuple[SpawnProcess, Connection]:
        if self._running is None or not self._running[0].is_alive():
            self._end()
            self._running = _start(self._limits)
        return self._running

    def _end(self) -> None:
        if self._running is None:
            return
        process, connection = self._running
        self._running = None
        connection.close()
        process.kill()
        process.join(_GRACE_SECONDS)
        if process.exitcode is not None:
            process.close()


class _Watch:
    """Kills a process that is late, which ends whatever its other side waits for: sending to it as well as hearing."""

    def __init__(self, process: SpawnProcess, timeout_seconds: float) -> None:
        self.was_late = False
        self._process = process
        self._timer = threading.Timer(timeout_seconds, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Watch no longer; after this nothing is killed any more."""
        self._timer.cancel()
        self._timer.join()

    def _give_up(self) -> None:
        self.was_late = True
        self._process.kill()


def _in_text(summary: Summary | CourseSummary, rendition: Rendition) -> bytes:
    try:
        return render(summary, rendition)
    except Exception:  # its text could quote the answer
        raise CannotRender(Cause.REFUSED) from None


def _exchange(connection: Connection, summary: Summary | CourseSummary, limits: Limits) -> bytes:
    connection.send(summary)
    return connection.recv_bytes(limits.pdf_bytes + 1)


def _start(limits: Limits) -> tuple[SpawnProcess, Connection]:
    spawning = get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(theirs, limits), name="summary", daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _serve(connection: Connection, limits: Limits) -> None:
    """The child's life: one summary in, one answer out, until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pdf.load_fonts()
    _limit_process(limits)
    while True:
        try:
            summary = connection.recv()
        except EOFError:
            return
        _limit_next_rendering(limits)
        answer = _answer(summary, limits)
        connection.send_bytes(answer)


def _answer(summary: Summary | CourseSummary, limits: Limits) -> bytes:
    """What to send back: the PDF, or the cause why there is none."""
    try:
        made = pdf.draw(in_words(summary), limits.pages)
    except CannotRender as problem:
        return _PROBLEM + problem.cause.encode("ascii")
    except MemoryError:
        return _PROBLEM + Cause.OUT_OF_MEMORY.encode("ascii")
    except Exception:  # whatever it was: its text could quote the answer, so only that it happened goes back
        return _PROBLEM + Cause.REFUSED.encode("ascii")
    return _PDF + made if len(made) <= limits.pdf_bytes else _PROBLEM + Cause.TOO_LARGE.encode("ascii")


def _limit_process(limits: Limits) -> None:
    """Memory, and neither files nor core dumps: either would be patients' words on a disk."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_next_rendering(limits: Limits) -> None:
    """The kernel counts a process's CPU seconds from its start, so the limit moves on with each summary."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + limits.cpu_seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
