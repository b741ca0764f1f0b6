"""Nothing but the writer commits: a deed, its audit record and what must be sent are one transaction or none."""

import ast

from tests.rules.sources import python_files

# A migration is its own transaction and the sandbox its own house.
MAY = ("service/store/writer.py", "service/store/migrations/", "service/sandbox/")

ENDS_A_TRANSACTION = {"commit"}


def offences(path: str, source: str) -> list[str]:
    if path.startswith(MAY):
        return []
    return [f"{path}:{line} {what}" for what, line in (*_calls(source), *_spelled_out(source))]


def _calls(source: str) -> list[tuple[str, int]]:
    return [
        (f".{node.attr}", node.lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in ENDS_A_TRANSACTION
    ]


def _spelled_out(source: str) -> list[tuple[str, int]]:
    """SQL text that ends a transaction by itself."""
    return [
        (repr(node.value), node.lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.strip(" ;\n").upper() in ("COMMIT", "END TRANSACTION", "COMMIT TRANSACTION")
    ]


def test_only_the_writer_commits() -> None:
    found = [offence for path, source in python_files().items() for offence in offences(path, source)]
    assert found == []


def test_this_rule_can_fail() -> None:
    planted = (
        "def save(session):\n    session.commit()\n    session.execute('COMMIT')\n    return session.commit\n"
    )
    assert len(offences("service/workflow/save.py", planted)) == 3
    assert offences("service/store/writer.py", planted) == []
