"""The file's ETag is made of its bytes, and a part of them may be asked for. [RFC 9110, 8.8.3 and 14; ours]"""

import hashlib

from tests.conformance.rest.asking import Day


def test_the_tag_is_that_of_the_bytes(day: Day) -> None:
    answer = day.app.get(day.place("Binary"))

    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'


def test_a_part_is_a_part_of_them(day: Day) -> None:
    whole = day.app.get(day.place("Binary")).content
    part = day.app.get(day.place("Binary"), Range="bytes=5-14")

    assert (part.status_code, part.content) == (206, whole[5:15])
    assert part.headers["content-range"] == f"bytes 5-14/{len(whole)}"
