"""The discovery document is kept for an hour, and read anew after a token endpoint failed. [Our rule]"""

from service.smart.discovery import Configurations
from tests.conformance.smart.discovering import PATH, serving
from tests.smart.people import ISS, Clock


def test_once_an_hour_and_after_a_failure() -> None:
    server, clock = serving(), Clock()
    known = Configurations(server.client(), clock, loopback_allowed=False)
    for _ in range(3):
        known.of(ISS)
        clock.pass_time(minutes=29)
    assert server.count(PATH) == 1
    known.of(ISS)
    assert server.count(PATH) == 2

    known.forget(ISS)
    known.of(ISS)
    assert server.count(PATH) == 3
