"""No requirement that binds us is without its test, and the page says what the files say."""

from tests.conformance.sheets import sheets
from tests.conformance.table import PAGE, page


def test_every_must_is_tested_or_left_out_for_a_reason() -> None:
    assert [
        one for sheet in sheets() for one in sheet.requirements if one.is_missing and one.level == "must"
    ] == []


def test_the_page_is_up_to_date() -> None:
    """`python -m tests.conformance` writes it anew."""
    found = sheets()
    passed = {one.file: "passed" for sheet in found for one in sheet.requirements if one.file}
    assert PAGE.read_text("utf-8") == page(found, passed)
