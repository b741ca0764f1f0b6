"""The child that renders: what it may not do to the service, and that it comes back (threat T36, fault matrix F5)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.summary.content import CannotRender
from service.summary.problems import Cause
from service.summary.rendering import Limits, RenderingChild
from tests.summary.samples import answered, render

PLENTY = 60.0
ENDLESS = answered("a" * 600_000)
WORDS = answered("Calm.")


@pytest.fixture
def child() -> Iterator[RenderingChild]:
    one = RenderingChild(Limits(pages=2000))
    yield one
    one.close()


def small_child(**limits: int) -> RenderingChild:
    return RenderingChild(Limits(**limits))


def cause_of(child: RenderingChild, timeout_seconds: float = PLENTY) -> Cause:
    with pytest.raises(CannotRender) as refused:
        child.render(ENDLESS, timeout_seconds)
    return refused.value.cause


def proc(child: RenderingChild, file: str) -> str:
    return Path(f"/proc/{child.process_id}/{file}").read_text("utf-8")


def processor_seconds(child: RenderingChild) -> float:
    used = proc(child, "stat").rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def gone(process_id: int) -> bool:
    """Whether no such process runs; one that is dead and not yet collected does not."""
    try:
        return ") Z " in Path(f"/proc/{process_id}/stat").read_text("utf-8")
    except FileNotFoundError:
        return True


def test_it_starts_at_the_first_summary_and_stays(child: RenderingChild) -> None:
    assert child.process_id is None
    assert child.render(WORDS, PLENTY) == render(WORDS)
    first = child.process_id
    assert first not in (None, os.getpid())
    child.render(WORDS, PLENTY)
    assert child.process_id == first


def test_it_is_spawned_with_nothing_of_ours_in_its_memory(child: RenderingChild) -> None:
    """A forked child would show our own command line; a spawned one is a fresh interpreter."""
    child.render(WORDS, PLENTY)
    assert "multiprocessing.spawn" in proc(child, "cmdline")


def test_it_may_write_no_file_and_leave_no_core(child: RenderingChild) -> None:
    child.render(WORDS, PLENTY)
    limits = {line[:26].strip(): line[26:].split()[:2] for line in proc(child, "limits").splitlines()}
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max address space"] == [str(Limits().memory_bytes)] * 2


def test_a_late_one_is_given_up_and_the_next_works(child: RenderingChild) -> None:
    child.render(WORDS, PLENTY)
    late = child.process_id
    assert late is not None
    assert cause_of(child, timeout_seconds=0.2) is Cause.TIMED_OUT
    assert gone(late)
    assert child.render(WORDS, PLENTY) == render(WORDS)


def test_a_summary_it_never_takes_in_is_given_up_too(child: RenderingChild) -> None:
    """More than the pipe holds, to a child that stands still: the sending side would wait for ever."""
    child.render(WORDS, PLENTY)
    assert child.process_id is not None
    os.kill(child.process_id, signal.SIGSTOP)
    assert cause_of(child, timeout_seconds=0.1) is Cause.TIMED_OUT
    assert child.render(WORDS, PLENTY) == render(WORDS)


def test_killed_while_idle_it_is_replaced_unnoticed(child: RenderingChild) -> None:
    child.render(WORDS, PLENTY)
    assert child.process_id is not None
    os.kill(child.process_id, signal.SIGKILL)
    until = time.monotonic() + PLENTY
    while not gone(child.process_id) and time.monotonic() < until:
        time.sleep(0.01)
    assert child.render(WORDS, PLENTY) == render(WORDS)


def test_killed_at_work_the_summary_fails_and_the_next_works(child: RenderingChild) -> None:
    child.render(WORDS, PLENTY)
    assert child.process_id is not None
    killing = threading.Timer(0.2, os.kill, (child.process_id, signal.SIGKILL))
    killing.start()
    assert cause_of(child) is Cause.CRASHED
    killing.join()
    assert child.render(WORDS, PLENTY) == render(WORDS)


def test_memory_has_an_end() -> None:
    child = small_child(memory_bytes=96 * 1024 * 1024, pages=2000)
    try:
        with pytest.raises(CannotRender) as refused:
            child.render(answered("e\u0301" * 700_000), PLENTY)
        assert refused.value.cause is Cause.OUT_OF_MEMORY
        assert child.process_id is None
        assert child.render(WORDS, PLENTY) == render(WORDS)
    finally:
        child.close()


def test_processor_time_has_an_end() -> None:
    """The kernel ends it, whatever Python is doing."""
    child = small_child(cpu_seconds=0, pages=2000)
    try:
        assert cause_of(child) is Cause.CRASHED
        assert child.render(WORDS, PLENTY) == render(WORDS)
    finally:
        child.close()


def test_processor_time_counts_for_each_summary_anew() -> None:
    """A child that has long outlived its share of one summary still renders the next."""
    child = small_child(cpu_seconds=1)
    try:
        child.render(WORDS, PLENTY)
        first = child.process_id
        while processor_seconds(child) < 2.2:
            child.render(answered("a" * 100_000), PLENTY)
        assert child.process_id == first
    finally:
        child.close()


def test_pages_have_an_end() -> None:
    child = small_child(pages=3)
    try:
        assert cause_of(child) is Cause.TOO_MANY_PAGES
        assert child.render(WORDS, PLENTY) == render(WORDS)
    finally:
        child.close()


def test_size_has_an_end() -> None:
    child = small_child(pdf_bytes=1000)
    try:
        with pytest.raises(CannotRender) as refused:
            child.render(WORDS, PLENTY)
        assert refused.value.cause is Cause.TOO_LARGE
    finally:
        child.close()


def test_what_fails_in_it_says_no_word_of_the_answer(
    child: RenderingChild, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CannotRender) as refused:
        child.render(answered("secret words", zone="Nowhere/secret"), PLENTY)
    assert refused.value.cause is Cause.REFUSED
    assert "secret" not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert "secret" not in "".join(capfd.readouterr())


def test_threads_take_turns_and_each_gets_its_own(child: RenderingChild) -> None:
    made: dict[int, bytes] = {}

    def ask(number: int) -> None:
        made[number] = child.render(answered(f"Answer {number}"), PLENTY)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == {number: render(answered(f"Answer {number}")) for number in range(8)}


def test_who_waits_too_long_for_a_turn_is_told(child: RenderingChild) -> None:
    child.render(WORDS, PLENTY)
    busy = threading.Thread(target=child.render, args=(ENDLESS, PLENTY))
    busy.start()
    time.sleep(0.1)
    with pytest.raises(CannotRender) as refused:
        child.render(WORDS, 0.05)
    assert refused.value.cause is Cause.BUSY
    busy.join()


def test_closed_it_leaves_no_process(child: RenderingChild) -> None:
    child.render(WORDS, PLENTY)
    process_id = child.process_id
    assert process_id is not None
    child.close()
    assert child.process_id is None
    assert gone(process_id)
    child.close()


def test_it_does_not_outlive_a_service_that_is_killed() -> None:
    """The pipe closes with the service, and the child ends of itself."""
    program = (
        "import os, signal\n"
        "from service.summary.rendering import Limits, RenderingChild\n"
        "from tests.summary.samples import answered\n"
        "if __name__ == '__main__':\n"
        "    child = RenderingChild(Limits())\n"
        "    child.render(answered('Calm.'), 60)\n"
        "    print(child.process_id, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False)
    assert done.returncode == -signal.SIGKILL
    until = time.monotonic() + PLENTY
    while not gone(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.02)
    assert gone(int(done.stdout))
