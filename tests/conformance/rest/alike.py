"""What a search parameter finds, held against what the resources themselves say."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from tests.conformance.rest.asking import Value, found_in
from tests.people import App

Told = Callable[[Value], str]


def by(path: str) -> Told:
    """What stands at this path ("code.coding.code"), the first of a list; "" where nothing stands there."""

    def told(one: Value) -> str:
        found: object = one
        for step in path.split("."):
            found = found[0] if isinstance(found, list) and found else found
            found = found.get(step) if isinstance(found, dict) else None
        return str(found or "")

    return told


def day_of(path: str) -> Told:
    """The day, in UTC, of the instant at this path: what lasts a while lies in its day, and in no instant."""
    return lambda one: datetime.fromisoformat(by(path)(one)).astimezone(UTC).date().isoformat()


def coded(path: str) -> Told:
    """The coding at this path as system|code."""
    return lambda one: f"{by(path + '.system')(one)}|{by(path + '.code')(one)}"


def identified(path: str) -> Told:
    """The identifier at this path as system|value."""
    return lambda one: f"{by(path + '.system')(one)}|{by(path + '.value')(one)}"


def everything(app: App, kind: str) -> list[Value]:
    """All that is within reach, which has to be more than one."""
    found = found_in(app.get(f"{kind}?_count=200"))
    assert len(found) > 1
    return found


def finds_alike(app: App, kind: str, parameter: str, told: Told) -> None:
    """Asked for what one resource says, a search finds those that say the same, and no other."""
    there = everything(app, kind)
    values = {told(one) for one in there} - {"", "|"}
    assert values
    for value in values:
        wanted = {one["id"] for one in there if told(one) == value}
        found = {one["id"] for one in found_in(app.get(f"{kind}?{parameter}={quote(value)}&_count=200"))}
        assert found & {one["id"] for one in there} == wanted, (parameter, value)


def finds_in_time(app: App, kind: str, parameter: str, told: Told) -> None:
    """Asked for from an instant on, up to it, before and behind it, a search finds what lies there."""
    there = [one for one in everything(app, kind) if told(one)]
    assert there
    for one in there[:3]:
        at = quote(told(one))
        found = found_in(app.get(f"{kind}?{parameter}=ge{at}&{parameter}=le{at}&_count=200"))
        assert one["id"] in {each["id"] for each in found}
        assert all(told(each) for each in found)
    assert found_in(app.get(f"{kind}?{parameter}=lt2000&_count=200")) == []
    assert len(found_in(app.get(f"{kind}?{parameter}=gt2000&_count=200"))) >= len(there)
