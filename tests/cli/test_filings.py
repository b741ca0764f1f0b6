"""`filings`: what is owed is listed, and what waits for one reason is sent on its way together."""

from click.testing import CliRunner

from service.cli import commands
from service.cli.demo_clinic import CLINIC
from tests.cli.conftest import Place


def test_where_nothing_waits_for_the_reason_it_says_so(place: Place) -> None:
    listed = CliRunner().invoke(commands, ["filings", "list", CLINIC])
    resumed = CliRunner().invoke(commands, ["filings", "resume", CLINIC, "--reason", "scope"])

    assert (listed.exit_code, resumed.exit_code) == (0, 0), listed.output + resumed.output
    assert "0 owed." in listed.output
    assert "0 due again." in resumed.output
