"""The worker never works with a refresh token: one that comes is not used, the next token is asked for anew. [SMART App
Launch 2.2, Backend Services, Obtain access token]
"""

from urllib.parse import parse_qs

from tests.conformance.smart.working import record_system, worker
from tests.smart.people import Clock


def test_every_token_comes_by_the_clients_own_proof() -> None:
    server, clock = record_system(refresh_token="refresh-1"), Clock()
    tokens = worker(server, clock)
    for _ in range(3):
        tokens.token()
        clock.pass_time(minutes=5)

    forms = [parse_qs(body.decode()) for _, path, _, body in server.asked if path == "/token"]
    assert [form["grant_type"] for form in forms] == [["client_credentials"]] * 3
    assert not any("refresh_token" in form for form in forms)
