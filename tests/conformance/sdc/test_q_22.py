"""The visible number stands in the prefix, and the text is the prompt without it.
[FHIR R4 questionnaire, item.prefix]
"""

import re

from tests.conformance.sdc.published import each_set, of_type, questionnaire


@each_set
def test_each_prompt_has_its_number_apart(name: str) -> None:
    prompts = of_type(questionnaire(name), "text")

    assert [one["prefix"] for one in prompts] == [f"{n}." for n in range(1, len(prompts) + 1)]
    assert not any(re.match(r"\W*\d", one["text"]) for one in prompts)
