"""The self link names the parameters that were used. [FHIR R4 search, Server Conformance]"""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.conformance.rest.asking import CLINICAL, NAME, Day, below, by_form, links, names

QUERIES = [f"patient=Patient%2F{NAME}", "_count=1", f"patient={NAME}&_total=accurate", "_id=x,y"]


@pytest.mark.parametrize("kind", CLINICAL)
@pytest.mark.parametrize("query", QUERIES)
def test_the_self_link_says_what_was_asked(day: Day, kind: str, query: str) -> None:
    for answer in (day.app.get(f"{kind}?{query}"), by_form(day.app, kind, query)):
        own = links(answer)["self"]
        assert own.startswith(f"{day.world.base}/{kind}?")
        assert parse_qsl(urlsplit(own).query) == parse_qsl(query)
        assert names(day.app.get(below(day.world, own))) == names(answer)
