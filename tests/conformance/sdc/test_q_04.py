"""Another wording, type or choice of questions is another version; what was published under a version never changes.
[SDC 4.0 validation, Questionnaire versioning]
"""

import hashlib

from tests.conformance.sdc.published import PUBLISHED, items
from tests.r4.published import files, translated
from tests.r4.test_prompt_sets import PUBLISHED as DIGESTS


def test_every_published_version_is_what_it_was() -> None:
    raw = files("Questionnaire") | translated("es")
    digests = {
        f"{name.removesuffix('.json')}|{PUBLISHED[name]['version']}": hashlib.sha256(one).hexdigest()
        for name, one in raw.items()
    }
    assert digests == DIGESTS


def test_no_version_is_published_twice() -> None:
    canonicals = [f"{one['url']}|{one['version']}" for one in PUBLISHED.values()]
    assert len(set(canonicals)) == len(canonicals)


def test_a_version_under_the_same_url_asks_the_same_questions() -> None:
    """A change that broke comparison would need another url."""
    shapes: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for value in PUBLISHED.values():
        shape = tuple((one["linkId"], one["type"]) for one in items(value))
        shapes.setdefault(value["url"], set()).add(shape)
    assert {len(found) for found in shapes.values()} == {1}
