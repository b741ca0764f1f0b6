"""What the PDF holds and what it never holds (W-01, W-05, U-08, threat T36)."""

import ast
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

import service.summary
from service.summary.content import AnsweredPrompt, CannotRender, PatientHeader, Summary
from service.summary.problems import Cause
from tests.summary.reading import active_in, with_pypdf
from tests.summary.samples import answered, render

HOSTILE = (
    '<a href="javascript:alert(1)">x</a> <img src="/etc/passwd"/> <link href="http://example.org"/>',
    ") Tj ET /JS (app.alert) /Launch /URI (http://example.org) /EmbeddedFile endstream",
    "https://example.org/ mailto:a@example.org file:///etc/passwd",
)


def flat(pdf: bytes) -> str:
    return " ".join(with_pypdf(pdf).split())


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Each font's name and whether it is embedded."""
    found = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].get_object().values():
            described = font.get_object()
            found[described["/BaseFont"]] = "/FontFile2" in described.get("/FontDescriptor", {})
    return found


def test_the_same_summary_gives_the_same_bytes() -> None:
    summary = answered("Привет 😀 שלום", None, "word " * 900)
    assert render(summary) == render(replace(summary))
    assert render(summary) != render(answered("Another."))


def test_every_font_is_embedded() -> None:
    fonts = fonts_of(render(answered("Ő Ж Ω ệ 😀 我 שלום " + "".join(map(chr, range(0x100, 0x400))))))
    assert all(fonts.values())
    assert {name.partition("+")[2].partition("-")[0] for name in fonts} == {"DejaVuSans", "NotoEmoji"}


def test_nothing_in_it_is_active_or_foreign() -> None:
    """Words that look like mark-up, links or PDF commands stay letters."""
    hostile = " ".join(HOSTILE)
    summary = replace(
        answered(*HOSTILE),
        set_title=hostile,
        clinic_name=hostile,
        patient=PatientHeader(hostile, None, hostile),
        notice=hostile,
        language="en",
    )
    assert active_in(render(summary)) == set()


def test_no_paragraph_reads_mark_up_because_none_is_used() -> None:
    """ReportLab's mini mark-up lives in platypus; the room never imports it."""
    sources = Path(service.summary.__file__).parent.glob("*.py")
    imported = {
        name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    }
    assert any(name.startswith("reportlab.pdfgen") for name in imported)
    assert not [name for name in imported if "platypus" in name or "Paragraph" in name]


def test_every_page_says_whose_it_is_and_who_wrote_it() -> None:
    pages = PdfReader(io.BytesIO(render(answered("word " * 3000)))).pages
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert "Written by the patient" in text
        assert "Maribel Okonkwo-Lindqvist · born 4 March 1985 · identifier MRN 40021" in text
        assert "Marigold Ketamine Clinic" in text
        assert f"Page {number} of {len(pages)}" in text


def test_it_says_when_in_the_clinics_zone_and_which_version() -> None:
    text = flat(render(answered("Calm.")))
    assert "Infusion 3 · Friday, 20 November 2026, 10:30 Pacific Standard Time" in text
    assert "Written Friday, 20 November 2026, 15:41 Pacific Standard Time" in text
    assert "urn:uuid:7d0b5f9e-8f0c-4a44-9b0e-52a1a3f0c001" in text
    assert "https://example.org/fhir/Questionnaire/after-infusion-3|1.0.0" in text
    assert "call or text 988" in text
    assert "Nobody at the clinic watches" in text


def test_an_entry_without_an_infusion_says_so() -> None:
    assert "Not linked to an infusion yet" in flat(
        render(answered("Calm.", infusion_start=None, ordinal=None))
    )


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        render(answered("x", written_at=datetime(2026, 11, 20, 12, 0)))  # noqa: DTZ001 # the point of it


@pytest.mark.parametrize("nothing", [None, "", " \n\t"])
def test_a_prompt_without_a_shared_answer_says_no_answer_shared(nothing: str | None) -> None:
    text = flat(render(answered("One.", nothing)))
    assert text.count("No answer shared") == 1
    assert "2. Did any insights" in text


def test_a_replacing_version_names_the_replaced_one_in_its_first_line() -> None:
    """A server may leave out what relatesTo says (U-08)."""
    first = with_pypdf(render(answered("x", replaces="urn:uuid:earlier"))).split("After Infusion 3")[0]
    assert "replaces the earlier version urn:uuid:earlier" in " ".join(first.split())


def test_a_private_answer_is_marked_and_only_in_the_patients_own_copy() -> None:
    private = AnsweredPrompt("1.", "How was it?", "Only mine.", kept_private=True)
    text = flat(render(answered(prompts=(private,), private_copy=True)))
    assert "the patient’s own copy" in text
    assert "Kept in my journal only Only mine." in text
    with pytest.raises(ValueError, match="own copy"):
        answered(prompts=(private,))


def test_spanish_words_stand_around_a_spanish_entry() -> None:
    text = flat(render(answered("Bien.", None, language="es-US")))
    assert "Escrito por el paciente" in text
    assert "viernes, 20 de noviembre de 2026, 10:30 hora estándar del Pacífico" in text
    assert "Sin respuesta compartida" in text


def test_its_language_and_title_are_set_and_its_author_is_the_product() -> None:
    reader = PdfReader(io.BytesIO(render(answered("x", language="es"))))
    assert reader.trailer["/Root"]["/Lang"] == "es"
    assert reader.metadata is not None
    assert "Escrito por el paciente" in str(reader.metadata.title)
    assert reader.metadata.author == "Infusion Journal"
    assert "Maribel" not in str(dict(reader.metadata))


def test_names_too_long_for_the_page_header_are_whole_on_the_last_page() -> None:
    name = " ".join(f"Name{number}" for number in range(60))
    patient = PatientHeader(name, date(1985, 3, 4), "MRN 40021")
    text = flat(render(answered("x", patient=patient)))
    assert "…" in text
    assert name in text


def test_too_many_pages_are_refused_without_a_word_of_the_answer() -> None:
    with pytest.raises(CannotRender) as refused:
        render(answered("secret\n" * 5000), most_pages=20)
    assert refused.value.cause is Cause.TOO_MANY_PAGES
    assert "secret" not in repr(refused.value)


def test_a_prompt_is_never_parted_from_its_answer() -> None:
    for lines in range(20, 36):
        pages = PdfReader(io.BytesIO(render(answered("line\n" * lines + "end", "Second.")))).pages
        asked = [page for page in pages if "Did any insights" in page.extract_text()]
        assert len(asked) == 1
        assert re.search(r"did you learn, if anything\?\s+Second\.", asked[0].extract_text())


def test_an_empty_summary_is_a_page_too() -> None:
    summary: Summary = answered(
        clinic_name="",
        set_title="",
        notice="",
        crisis_line="",
        infusion_start=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert len(PdfReader(io.BytesIO(render(summary))).pages) == 1
