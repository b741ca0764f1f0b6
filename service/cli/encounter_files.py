"""FHIR resources in an operator's files: a folder, an NDJSON file as bulk exports write it, a Bundle, one by one.

Nothing is held but the resource in hand, so a file may be as long as it likes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from service.cli.json_stream import resources
from service.smart.strict_json import NotStrict, read_object

_LINES = (".ndjson", ".jsonl")
_LONGEST = 16 * 1024 * 1024  # bytes of one line


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON object and the place where it stands: a file's name, and a line or a position in it."""

    place: str
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A place where nothing can be read, and why; never what stands there."""

    place: str
    reason: str


def read_path(path: Path) -> Iterator[Found | Malformed]:
    """Everything in this file, or in the .json, .ndjson and .jsonl files of this folder in the order of their names.

    A .json file is one resource or one Bundle; every other file has one resource a line.
    """
    if not path.is_dir():
        yield from _file(path, path.name)
        return
    for file in sorted(path.rglob("*")):
        if file.suffix in (".json", *_LINES) and file.is_file():
            yield from _file(file, file.relative_to(path).as_posix())


def _file(path: Path, name: str) -> Iterator[Found | Malformed]:
    try:
        if path.suffix == ".json":
            yield from _document(path, name)
        else:
            with path.open("rb") as lines:
                yield from _lines(lines, name)
    except OSError as error:
        yield Malformed(name, f"cannot be opened ({error.strerror})")


def _document(path: Path, name: str) -> Iterator[Found | Malformed]:
    number = 0
    with path.open(encoding="utf-8-sig") as file:
        try:
            for number, resource in enumerate(resources(file), start=1):
                yield Found(f"{name}, resource {number}", resource)
        except NotStrict:
            after = f"after resource {number}" if number else "from its beginning"
            yield Malformed(name, f"is not one JSON object {after} (one resource a line? name it .ndjson)")


def _lines(lines: BinaryIO, name: str) -> Iterator[Found | Malformed]:
    number = 0
    while raw := lines.readline(_LONGEST):
        number += 1
        place = f"{name}, line {number}"
        if len(raw) == _LONGEST and not raw.endswith(b"\n"):
            _pass_over_the_rest(lines)
            yield Malformed(place, "is too long")
            continue
        written = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if written.strip():
            yield _line(place, written)


def _line(place: str, written: bytes) -> Found | Malformed:
    try:
        return Found(place, read_object(written))
    except NotStrict:
        return Malformed(place, "is not a JSON object")


def _pass_over_the_rest(lines: BinaryIO) -> None:
    while (raw := lines.readline(_LONGEST)) and not raw.endswith(b"\n"):
        pass
