"""A draft, and one that is put off, may be incomplete: what only a completed response must keep is mentioned, no more.
[SDC 4.0 validation]
"""

import pytest

from tests.conformance.sdc.asking import AS_NEW, ITEM, QR, VALIDATE, answered, mine, put, taken, told
from tests.r4.answered import item
from tests.world import World


def unfinished() -> dict[str, object]:
    value = answered(lambda v: item(v, "score").update(answer=[{"valueInteger": 99}]), status="in-progress")
    item(value, "free")["answer"] = [{"valueString": "x" * 21}]
    item(value, "needed")["text"] = "Wanted?"
    return value


SOFT = [
    ("too-long", f"{ITEM}[2].answer[0].value", "information"),
    ("value", f"{ITEM}[3].text", "information"),
    ("value", f"{ITEM}[7].answer[0].value", "information"),
]


def test_a_draft_is_kept_and_told(clinic: World) -> None:
    assert told(mine(clinic).post(AS_NEW, unfinished())) == SOFT
    taken(clinic, unfinished())


@pytest.mark.parametrize("status", ["stopped", "completed"])
def test_it_may_be_put_off_and_not_completed(clinic: World, status: str) -> None:
    kept = taken(clinic, unfinished()) | {"status": status}
    tried = mine(clinic).post(f"{QR}/{kept['id']}/{VALIDATE.rpartition('/')[2]}?mode=update", kept)

    assert {one[2] for one in told(tried)} == {"information" if status == "stopped" else "error"}
    assert put(clinic, kept).status_code == (200 if status == "stopped" else 422)
