"""Claims about how verdicts are heard: what a driver does not tell did not hold, and nothing is taken twice."""

import json

import pytest

from tests.strangers.clients import CLIENTS, Client, understood
from tests.strangers.modules import HERE


def line(check: str, held: object = True, why: str = "") -> str:
    return json.dumps({"check": check, "held": held, "why": why})


def test_what_is_told_is_heard() -> None:
    found = understood(["create", "read"], f"{line('read')}\n{line('create', False, 'status 500')}\n", "")
    assert [(one.check, one.held, one.why) for one in found] == [
        ("create", False, "status 500"),
        ("read", True, ""),
    ]


def test_a_driver_that_falls_silent_has_failed_every_check_it_did_not_tell_of() -> None:
    found = understood(["create", "read"], line("create"), "it crashed")
    assert [(one.held, one.why) for one in found] == [(True, ""), (False, "never told: it crashed")]


@pytest.mark.parametrize("held", ["true", 1, None])
def test_only_a_plain_yes_is_one(held: object) -> None:
    assert not understood(["read"], line("read", held), "")[0].held


@pytest.mark.parametrize("told", [line("other"), f"{line('read')}\n{line('read')}"])
def test_a_line_that_nobody_asked_for_is_no_verdict(told: str) -> None:
    with pytest.raises(ValueError, match="nobody asked"):
        understood(["read"], told, "")


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.patient)
def test_every_client_has_a_driver_and_its_page(client: Client) -> None:
    driver = client.driver if client.driver.endswith(".mjs") else f"{client.driver}.py"
    assert (HERE / "drivers" / driver).is_file()
    assert (HERE / "pages" / client.page).exists()


def test_two_renderers_and_three_clients_come() -> None:
    assert sum(client.driver == "renderer" for client in CLIENTS) == 2
    assert len(CLIENTS) == 5
