"""What `check-clinic` tries on the clinic's test patient: documents that are sent and struck, or a rehearsal.

Apart from what it reads off statements and files: only this touches a record, and only that one.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import click

from service.cli.database import why_unready
from service.cli.proof_words import objection, words_of
from service.cli.rehearsal_words import words_of_rehearsal, wrong_with
from service.clinic import Clinic
from service.ehr.outcome import Rung
from service.ehr.profile import is_decided
from service.filing_table import FilingTable
from service.wiring import Wiring
from service.workflow.probe_clinic import prove
from service.workflow.rehearse_filing import rehearse

_NOBODY = (
    "Nothing can be tried without filing.test_patient: rung D holds until the clinic names one, or decides."
)


@dataclass(frozen=True, slots=True)
class Trying:
    """One clinic's test patient, and what may be tried there. What each way answers is why it ends with an error."""

    wiring: Wiring
    key: str
    clinic: Clinic
    table: FilingTable
    tries: frozenset[Rung]

    def proof(self) -> str | None:
        """Send twice, strike again, print what was seen, and why the clinic's rung cannot be kept, if so."""
        unready = self._unready()
        if unready is not None:
            return unready
        seen = prove(self.wiring.desk, self.key, self._patient, time.sleep, self.tries)
        self._print("Tried on", words_of(seen, self.table))
        return objection(seen, self.table)

    def rehearsal(self) -> str | None:
        """Print what would be sent, request by request, and what is wrong with it, if anything; nothing is written."""
        unready = self._unready()
        if unready is not None:
            return unready
        seen = rehearse(self.wiring.desk, self.key, self._patient)
        self._print("What would be sent for", words_of_rehearsal(seen))
        return wrong_with(seen)

    def nothing(self) -> str | None:
        """Says that nothing was proven, and how it could be; never an error."""
        if is_decided(self.clinic.filing) and self.table.rung != "D":
            how = "run check-clinic --prove" if self._patient else "name a filing.test_patient for that"
            click.echo(
                f"Rung {self.table.rung} is the clinic's word, and nothing here has proven it ({how})."
            )
        return None

    @property
    def _patient(self) -> str:
        return (self.clinic.filing.test_patient or "").removeprefix("Patient/")

    def _unready(self) -> str | None:
        """What stands in the way; where nothing does, the log can be written."""
        if not self._patient:
            return _NOBODY
        unready = why_unready(self.wiring.desk.store)
        if unready is None:
            self.wiring.desk.writer.start()
        return unready

    def _print(self, what: str, lines: Iterable[str]) -> None:
        click.echo(f"{what} Patient/{self._patient}:")
        for words in lines:
            click.echo(f"  {words}")
