"""Decimals, strings and codings are kept as they were given, to the last digit and letter.
[US Core 7.0, item.answer.value; SDC 4.0]
"""

import json
import re

from tests.conformance.sdc.asking import QR, answered, mine
from tests.people import FHIR_JSON
from tests.r4.answered import COLOURS, item
from tests.world import World


def test_each_comes_back_as_it_was_given(clinic: World) -> None:
    value = answered(lambda v: item(v, "free").update(answer=[{"valueString": "e\u0301 🐢 שלום <b>"}]))
    raw = re.sub(r'("valueDecimal": )1\.5', r"\g<1>1.50", json.dumps(value))
    app = mine(clinic)

    made = app.ask("POST", QR, content=raw.encode(), headers=FHIR_JSON)
    kept = app.get(f"{QR}/{made.json()['id']}")

    assert made.status_code == 201, made.text
    assert re.search(r'"valueDecimal":\s*1\.50\b', kept.text)
    assert item(kept.json(), "free")["answer"] == [{"valueString": "e\u0301 🐢 שלום <b>"}]
    assert item(kept.json(), "colour")["answer"] == [{"valueCoding": COLOURS}]
