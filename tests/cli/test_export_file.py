"""An export and its note appear together, whichever way the writing ends and whoever else writes (fault F58)."""

import os
import threading
from pathlib import Path
from typing import IO

import pytest

from service.cli.export_file import ExportUnderWay, write_pair
from service.cli.trouble import sentence


def writing(number: int, out: Path) -> None:
    """Write a pair that shows which it is."""

    def write(file: IO[bytes]) -> str:
        file.write(b"file %d" % number)
        return f"note {number}"

    write_pair(out, write)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def pair(out: Path) -> tuple[str, str]:
    return out.read_text("utf-8"), Path(f"{out}.checkpoint").read_text("utf-8")


def test_the_file_and_its_note_stand_beside_each_other_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    for number in (1, 2):
        writing(number, out)
        assert pair(out) == (f"file {number}", f"note {number}")
        assert names(tmp_path) == ["log.ndjson", "log.ndjson.checkpoint"]


def test_a_second_export_to_the_name_is_refused_and_the_first_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"

    def write(file: IO[bytes]) -> str:
        file.write(b"the ")
        with pytest.raises(ExportUnderWay) as refused:
            writing(2, out)
        assert sentence(refused.value) == f"{out}: {ExportUnderWay.__doc__}"
        writing(3, tmp_path / "another.ndjson")
        file.write(b"first")
        return "its note"

    write_pair(out, write)
    assert pair(out) == ("the first", "its note")
    assert pair(tmp_path / "another.ndjson") == ("file 3", "note 3")


def test_what_fails_half_way_leaves_the_pair_that_stood_there_and_no_part(tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    writing(1, out)

    def write(file: IO[bytes]) -> str:
        file.write(b"half a line")
        raise OSError("no space is left")

    with pytest.raises(OSError, match="no space"):
        write_pair(out, write)
    assert pair(out) == ("file 1", "note 1")
    assert names(tmp_path) == ["log.ndjson", "log.ndjson.checkpoint"]
    writing(2, out)
    assert pair(out) == ("file 2", "note 2")


def test_what_a_kill_left_is_written_over(tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    for left in (Path(f"{out}.part"), Path(f"{out}.checkpoint.part")):
        left.write_text("much more than the next export will write", "utf-8")
    writing(1, out)
    assert pair(out) == ("file 1", "note 1")
    assert names(tmp_path) == ["log.ndjson", "log.ndjson.checkpoint"]


@pytest.mark.parametrize("step", ["unlink", "replace"])
def test_while_the_pair_is_exchanged_nobody_else_may_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Between the end of the old note and the place of the new one: there two could be mixed up."""
    out = tmp_path / "log.ndjson"
    refused: list[str] = []
    writing(1, out)
    really = getattr(os, step)

    def and_then_another_comes(*given: object) -> None:
        really(*given)
        if not refused:
            refused.append(step)
            with pytest.raises(ExportUnderWay):
                writing(3, out)

    monkeypatch.setattr(os, step, and_then_another_comes)
    writing(2, out)
    assert refused == [step]
    assert pair(out) == ("file 2", "note 2")


def test_many_at_once_leave_one_pair(tmp_path: Path) -> None:
    """Each is refused or whole, and in the end the file and the note are one export's."""
    out = tmp_path / "log.ndjson"
    ends: list[str] = []

    def export(number: int) -> None:
        for again in range(20):
            try:
                writing(100 * number + again, out)
                ends.append("whole")
            except ExportUnderWay:
                ends.append("refused")

    threads = [threading.Thread(target=export, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 160
    assert ends.count("whole") > 0
    file, note = pair(out)
    assert file.removeprefix("file ") == note.removeprefix("note ")
    assert names(tmp_path) == ["log.ndjson", "log.ndjson.checkpoint"]
