"""The worker's token answer needs token, type, length of life and scope. The token is renewed after four fifths of its
life, and once after a 401. [SMART App Launch 2.2, Backend Services, Obtain access token; the renewal is ours]
"""

import pytest

from service.ehr.client import RecordSystem
from service.smart.problems import TokenRefused
from tests.conformance.smart.working import json_of, record_system, worker
from tests.smart.people import ISS, Clock


@pytest.mark.parametrize("name", ["access_token", "token_type", "expires_in", "scope"])
def test_without_one_of_them_there_is_no_token(name: str) -> None:
    with pytest.raises(TokenRefused):
        worker(record_system(**{name: ...})).token()


def test_it_is_renewed_before_it_ends() -> None:
    server, clock = record_system(), Clock()
    tokens = worker(server, clock)
    assert tokens.token() == "t-1"
    clock.pass_time(seconds=239)
    assert tokens.token() == "t-1"
    clock.pass_time(seconds=1)
    assert tokens.token() == "t-2"


def test_after_a_401_the_call_is_tried_once_more_with_a_fresh_one() -> None:
    server = record_system()
    tokens, shown = worker(server), []

    def refuse(headers: dict[str, str], _: bytes) -> tuple[int, dict[str, str], bytes]:
        shown.append(headers["HTTP_AUTHORIZATION"])
        return json_of({"resourceType": "Patient", "id": "p"}, 401 if len(shown) == 1 else 200)

    server.answers["/fhir/Patient/p"] = refuse
    found = RecordSystem(ISS, server.client(), tokens.token, renew=tokens.forget).read("Patient", "p")

    assert found is not None
    assert shown == ["Bearer t-1", "Bearer t-2"]
