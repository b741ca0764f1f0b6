"""`python -m tests.conformance` runs every requirement's tests and writes docs/conformance.md."""

import sys

from tests.conformance.running import outcomes
from tests.conformance.sheets import HERE, sheets
from tests.conformance.table import PAGE, page


def main() -> int:
    """Write the page; 1 where a requirement is missing or not kept."""
    found = sheets()
    files = [one.file for sheet in found for one in sheet.requirements if one.file]
    ran = outcomes(HERE.parents[1], files)
    PAGE.write_text(page(found, ran), "utf-8")
    missing = [
        one.id for sheet in found for one in sheet.requirements if one.is_missing and one.level == "must"
    ]
    failed = [file.name for file, outcome in ran.items() if outcome != "passed"]
    print(f"{len(ran)} run, failed: {failed or 'none'}, missing: {missing or 'none'}")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
