"""A JSON file read a piece at a time: what a Bundle holds, resource by resource, however long it is."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from service.smart.strict_json import NotStrict, read_strictly

_PIECE = 65_536
_AFTER_A_VALUE = frozenset(",:]} \t\r\n")
_LONGEST = 64 * 1024 * 1024  # characters of one value


def resources(file: TextIO) -> Iterator[dict[str, Any]]:
    """The resources of the Bundle in this file, or the one resource that it is; NotStrict where the text goes wrong.

    What stands before the fault has been given by then. Members of other names are read and left.
    """
    text = _Text(file)
    members: dict[str, Any] = {}
    text.expect("{")
    for name in _names(text):
        if name in members:
            raise NotStrict
        if name == "entry" and text.peek() == "[":
            members[name] = None
            yield from _entries(text)
        else:
            members[name] = text.value()
    if text.peek():
        raise NotStrict
    if members.get("resourceType") != "Bundle":
        yield members


def _names(text: "_Text") -> Iterator[str]:
    """The names of an object's members, each with the text standing at its value, up to the closing brace."""
    while text.peek() != "}":
        name = text.value()
        text.expect(":")
        yield name
        text.next_or_end("}")
    text.expect("}")


def _entries(text: "_Text") -> Iterator[dict[str, Any]]:
    text.expect("[")
    while text.peek() != "]":
        entry = text.value()
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            yield resource
        text.next_or_end("]")
    text.expect("]")


class _Text:
    """The file's text from where it has been read to, never more of it than one value needs."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._held = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def expect(self, wanted: str) -> None:
        """Step over this character; NotStrict for any other."""
        if self.peek() != wanted:
            raise NotStrict
        self._at += 1

    def next_or_end(self, end: str) -> None:
        """Step over the comma before a further member, or stand at the end; NotStrict for anything else."""
        if self.peek() != end:
            self.expect(",")
            if self.peek() == end:
                raise NotStrict

    def value(self) -> Any:
        """Step over one value and give it; NotStrict where there is none."""
        self.peek()
        while True:
            try:
                _, end = self._decoder.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    raise NotStrict from error
                continue
            # A number may go on in the next piece: "1.5" or "1.5e" is held, and "1.5e+16" is meant.
            if self._held[end : end + 1] not in _AFTER_A_VALUE and self._more():
                continue
            found = read_strictly(self._held[self._at : end])
            self._at = end
            return found

    def _more(self) -> bool:
        """Hold twice as much as before, so that a long value is not begun again at every piece."""
        self._held = self._held[self._at :]
        self._at = 0
        if len(self._held) > _LONGEST:
            raise NotStrict
        try:
            piece = self._file.read(max(_PIECE, len(self._held)))
        except ValueError as error:
            raise NotStrict from error
        self._held += piece
        return bool(piece)
