"""A look-back is an extension of a question, with one label and one FHIR query, run for the patient who writes.
[SDC 4.0 sdc-questionnaire-contextExpression]
"""

import re

from tests.conformance.sdc.published import PUBLISHED, SDC, extensions, items

URL = f"{SDC}/sdc-questionnaire-contextExpression"


def test_each_look_back_has_a_label_and_a_query() -> None:
    found = [one for value in PUBLISHED.values() for item in items(value) for one in extensions(item, URL)]
    assert found
    for one in found:
        parts = [part["url"] for part in one["extension"]]
        assert sorted(parts) == ["expression", "label"]
        said = {part["url"]: part for part in one["extension"]}
        assert said["label"]["valueString"]
        expression = said["expression"]["valueExpression"]
        assert expression["language"] == "application/x-fhir-query"
        assert re.match(r"QuestionnaireResponse\?patient=\{\{%patient\.id\}\}&", expression["expression"])


def test_it_stands_on_questions_alone() -> None:
    assert not any(extensions(value, URL) for value in PUBLISHED.values())
    assert not any(
        extensions(item, URL)
        for value in PUBLISHED.values()
        for item in items(value)
        if item["type"] != "text"
    )
