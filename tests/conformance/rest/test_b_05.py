"""The file is one to keep and not to open here: nosniff, attachment, and a policy under which nothing runs.
[FHIR R4 binary, Security Considerations; ours]
"""

from tests.conformance.rest.asking import Day


def test_no_browser_opens_it_by_itself(day: Day) -> None:
    told = day.app.get(day.place("Binary")).headers

    assert told["x-content-type-options"] == "nosniff"
    assert told["content-disposition"].startswith("attachment")
    policy = {one.strip() for one in told["content-security-policy"].split(";")}
    assert policy >= {"default-src 'none'", "sandbox", "frame-ancestors 'none'"}
    assert "six-done" not in told["content-disposition"]
