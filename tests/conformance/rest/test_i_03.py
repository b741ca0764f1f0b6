"""Who names the version that is kept in If-None-Match is told 304 and sent nothing again.
[FHIR R4 http, conditional read]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, SET, Day


@pytest.mark.parametrize("kind", [*CLINICAL, "Binary"])
def test_a_version_that_one_has_is_not_sent_again(day: Day, kind: str) -> None:
    place = day.place(kind)
    tag = day.app.get(place).headers["etag"]
    again, another = (day.app.get(place, **{"If-None-Match": one}) for one in (tag, 'W/"another"'))

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert another.status_code == 200


def test_nor_is_a_published_set(day: Day) -> None:
    tag = day.app.get(SET).headers["etag"]

    assert day.app.get(SET, **{"If-None-Match": tag}).status_code == 304
