"""PDF/A-2a and PDF/UA-1, as veraPDF sees it; and the colour profile that it stands on."""

import pytest

from service.summary.archival import srgb
from service.summary.renditions import Rendition
from service.summary.renditions import render as rendered
from tests.proofs.renditions_texts import texts
from tests.summary.archival_reading import STANDARDS, broken
from tests.summary.courses import course, entry, infusion
from tests.summary.samples import answered, render

NOTHING: dict[str, list[str]] = {standard: [] for standard in STANDARDS}


@pytest.mark.java
def test_a_validator_of_others_finds_nothing_to_say() -> None:
    """Every hostile text of the proof, each form of document, and planted faults that it does find."""
    hostile = list(texts(120, 7))
    sound = [
        *(render(answered(*hostile[at : at + 20])) for at in range(0, len(hostile), 20)),
        render(
            answered("Bien.", None, language="es-US", set_title="Título\n\u202e <b>", replaces="urn:uuid:x")
        ),
        rendered(course(infusion(1, entry(1, "שלום", "q" * 9000)), infusion(2, None)), Rendition.PDF),
    ]
    spoiled = [
        sound[0].replace(b"/Marked true", b"/Marked fals", 1),
        sound[0].replace(b"/DisplayDocTitle true", b"/DisplayDocTitlf true", 1),
        sound[0].replace(b"<pdfaid:part>2", b"<pdfaid:part>1", 1),
        sound[0].replace(b"/H1", b"/H3", 1),
    ]
    said = broken([*sound, *spoiled])
    assert said[: len(sound)] == [NOTHING] * len(sound)
    assert [one for one in said[len(sound) :] if one == NOTHING] == []


def test_the_colour_profile_is_as_long_as_it_says_and_names_its_parts() -> None:
    made = srgb()
    assert int.from_bytes(made[:4], "big") == len(made)
    assert made[36:40] == b"acsp"
    parts = int.from_bytes(made[128:132], "big")
    entries = [made[at : at + 12] for at in range(132, 132 + 12 * parts, 12)]
    assert {entry[:4] for entry in entries} >= {b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"wtpt", b"desc", b"cprt"}
    for one in entries:
        start, size = int.from_bytes(one[4:8], "big"), int.from_bytes(one[8:12], "big")
        assert start % 4 == 0
        assert start + size <= len(made)
