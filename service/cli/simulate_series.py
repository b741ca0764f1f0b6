"""`simulate-series`: what a clinic's rules would have assigned over past encounters, before anybody relies on them."""

import sys
from datetime import datetime
from pathlib import Path

import click

from service.cli.database import why_unready
from service.cli.exported_visits import Faults, Progress, patients_in
from service.cli.series_report import FORMS, Report
from service.clinic import Clinic, read_clinics
from service.ehr.problems import RecordSystemProblem
from service.journal.overview import ClinicRules
from service.journal.problems import Problem
from service.settings import Settings, read_settings
from service.smart.problems import SmartProblem
from service.wiring import clinic_rules, library, now, wire
from service.workflow.simulate_series import simulate, visits_there


@click.command("simulate-series")
@click.option("--clinic", required=True)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Show what began on this day or later; all counts."
)
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="table", show_default=True)
@click.option(
    "--encounters",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="Exported encounters (a folder, NDJSON, a Bundle) instead of the record system.",
)
@click.option("--strict", is_flag=True, help="End with an error where anything could not be read.")
@click.option("--progress", "at_once", is_flag=True, help="Say how far it is, not only when it takes long.")
def simulate_series(
    clinic: str, since: datetime | None, form: str, path: Path | None, strict: bool, at_once: bool
) -> None:
    """Run the clinic's rules over past encounters: per patient, what would have been assigned and why.

    Nothing is written anywhere but the log's word that the record system was read. What clinicians decided and
    patients wrote plays no part.
    """
    settings = read_settings()
    found = known_clinic(read_clinics(settings.clinics_file), clinic)
    from_day = since.replace(tzinfo=found.time_zone) if since else None
    report = FORMS[form](sys.stdout, sys.stderr, found.time_zone, now())
    progress = Progress(at_once=at_once)
    if path is not None:
        faults = _over_files(path, clinic_rules(found), from_day, report, progress)
    else:
        faults = _over_the_record_system(settings, clinic, from_day, report, progress)
    if report.totals.encounters == 0:
        raise click.ClickException("There is not one encounter of a patient to be read there.")
    if strict and faults:
        raise click.ClickException(f"{faults} could not be read, as named above.")


def known_clinic(clinics: dict[str, Clinic], name: str) -> Clinic:
    """The clinic of this name, or a usage error that names those there are."""
    if name not in clinics:
        there_are = ", ".join(sorted(clinics))
        raise click.BadParameter(f"no such clinic; there are: {there_are}", param_hint="--clinic")
    return clinics[name]


def _over_files(
    path: Path, rules: ClinicRules, since: datetime | None, report: Report, progress: Progress
) -> int:
    """Report every patient of these files; how many places could not be read."""
    sets, faults = library(), Faults()
    report.begin()
    for patient_id, seen in patients_in(path, rules, faults, progress):
        report.take(simulate(patient_id, seen, rules, sets, report.now, since))
    report.end()
    return faults.count


def _over_the_record_system(
    settings: Settings, clinic: str, since: datetime | None, report: Report, progress: Progress
) -> int:
    """Report every patient of the record system; how many could not be read."""
    wiring = wire(settings)
    desk, home = wiring.desk, wiring.desk.clinic(clinic)
    try:
        unready = why_unready(desk.store)
        if unready is not None:
            raise click.ClickException(unready)
        desk.writer.start()
        report.begin()
        for one in visits_there(desk, clinic, since, lambda words: click.echo(words, err=True)):
            progress.step("patients")
            if one.seen is None:
                report.unread(one.patient_id, one.problem or "")
            else:
                report.take(simulate(one.patient_id, one.seen, home.rules, home.library, report.now, since))
        report.end()
    except (RecordSystemProblem, SmartProblem, Problem) as problem:
        raise click.ClickException(str(problem)) from None
    finally:
        wiring.stop()
    return report.totals.unread
