"""What a search of responses or forms found, by id."""

from typing import Any
from urllib.parse import urlencode

from tests.conformance.sdc.asking import QR
from tests.people import FORM, App

Value = dict[str, Any]


def found(app: App, kind: str = QR, **asked: str) -> list[str]:
    """The ids of the matches, by the address; a form finds the same responses."""
    query = urlencode(asked)
    by_address = app.get(f"{kind}?{query}")
    assert by_address.status_code == 200, by_address.text
    if kind == QR:
        by_form = app.ask("POST", f"{kind}/_search", content=query.encode(), headers=FORM)
        assert ids(by_form.json()) == ids(by_address.json())
    return ids(by_address.json())


def ids(bundle: Value) -> list[str]:
    """The ids of what was matched."""
    return [one["resource"]["id"] for one in bundle.get("entry", ()) if one["search"]["mode"] == "match"]
