"""Who may reach how far in the database: what an asker's context comes to, and the few places that reach further."""

import re
from pathlib import Path

from sqlalchemy import event, text

from service.access.context import Role
from service.store.engine import open_store
from service.store.row_security import NOTHING, Reach, known_by, whole_clinic, within
from tests.rules.sources import python_files
from tests.store.builders import NOW, context, seal

ADA = frozenset({"ada"})

# --- rules of the house -------------------------------------------------------------------------------------------

# Upkeep that belongs to no clinic: what is over, what another process left, which logs there are, and migrations.
REACH_THE_HOUSE = {
    "service/store/audit_trail.py": {"clinics"},
    "service/store/filings.py": {"free_every_lane"},
    "service/store/finding.py": {"end_every_lease"},
    "service/store/migrating.py": {"_upgrade_once"},
    "service/store/sessions.py": {"forget_expired"},
}
REACH_A_CLINIC = {
    "assigned": {"claim_standing", "claim_unwritten", "writing_of"},
    "audit_trail": {"_append_to", "_checkpoint", "_reach", "has", "head", "leaves"},
    "client_tokens": {"spend", "token"},
    "course_filings": {"identifiers", "is_followed", "predecessor"},
    "courses": {"_patients"},
    "entries": {"for_delivery", "released_by", "whole"},
    "filings": {
        "claim_next",
        "held_lanes",
        "key_of",
        "of_one_entry",
        "open_filings",
        "predecessor",
        "response_there",
        "summary_of",
    },
    "filing_looks": {"take_looks"},
    "finding": {"claim_finding", "finding_of", "take_notices"},
    "generations": {"generation"},
    "log_search": {"count", "find"},
    "merges": {"directly_into", "merged_into", "survivor"},
    "read_marks": {"not_read"},
    "submitted": {"_page"},
    "writer": {"_make_true"},
}
# What needs no row of ours: the version of the tables, and the database's own word on its roles.
ASK_UNTOLD = {"service/cli/database.py", "service/store/engine.py", "service/store/serving_role.py"}


def functions_with(source: str, words: str) -> set[str]:
    """The functions in which these words stand."""
    parts = re.split(r"^(?:    )?def (\w+)", source, flags=re.MULTILINE)
    return {name for name, body in zip(parts[1::2], parts[2::2], strict=True) if words in body}


def test_only_these_reach_every_clinic_at_once() -> None:
    sources = {path: text for path, text in python_files().items() if path.startswith("service/")}
    found = {
        path: functions_with(source, "whole_house()")
        for path, source in sources.items()
        if path != "service/store/row_security.py" and "whole_house()" in source
    }
    assert found == REACH_THE_HOUSE


def test_only_these_reach_a_whole_clinic() -> None:
    """The service itself: what its worker, finder, writer and log ask about every patient of one clinic."""
    found = {
        path.removeprefix("service/store/").removesuffix(".py"): functions_with(source, "whole_clinic(")
        for path, source in python_files().items()
        if path.startswith("service/")
        and path != "service/store/row_security.py"
        and "whole_clinic(" in source
    }
    assert found == REACH_A_CLINIC


def test_this_rule_can_fail() -> None:
    planted = "def one():\n    ask(whole_house())\n\n\nclass It:\n    def two(self):\n        whole_house()\n"
    assert functions_with(planted, "whole_house()") == {"one", "two"}
    assert functions_with(planted, "whole_clinic(") == set()


def test_every_question_says_how_far_it_reaches() -> None:
    found = {
        path for path, source in python_files().items() if re.search(r"\breader\s*\.\s*connect\b", source)
    }
    assert {path for path in found if path.startswith("service/")} == ASK_UNTOLD


def test_what_is_told_is_told_by_the_store_alone() -> None:
    words = re.compile(r"row_security|journal\.(reach|clinic|patients|mark)'")
    found = {path for path, source in python_files().items() if words.search(source)}
    assert {
        path for path in found if path.startswith("service/") and not path.startswith("service/store/")
    } == set()


# --- without PostgreSQL -------------------------------------------------------------------------------------------


def test_who_reaches_how_far() -> None:
    assert within(context(Role.PATIENT, ADA)) == Reach("patients", "marigold", ADA, drafts=True, held=True)
    assert within(context(Role.WORKER, ADA)) == Reach("patients", "marigold", ADA, held=True)
    assert within(context(Role.CLINICIAN, ADA, at=NOW)) == Reach("patients", "marigold", ADA, at=NOW)
    assert within(context(Role.CLINICIAN, ADA)) == Reach("patients", "marigold", ADA)
    assert within(context(Role.CLIENT, None)) == Reach("clinic", "marigold")
    assert within(context(Role.NOBODY, None)) == within(context(Role.NOBODY, ADA)) == NOTHING


def test_no_handle_is_shown_by_chance() -> None:
    assert "a-handle" not in repr(known_by("a-handle"))


def test_sqlite_is_told_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'journal.db'}", seal())
    said: list[str] = []
    event.listen(
        store.reader, "before_cursor_execute", lambda _c, _u, statement, *_rest: said.append(statement)
    )
    with store.asking(whole_clinic("heron")) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    store.close()
    assert [one for one in said if "set_config" in one] == []
