"""`simulate-series` as an operator calls it: over exported files, and over a record system that answers."""

import csv
import io
import json
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli import commands
from service.cli.demo_clinic import CLINIC
from tests.cli.conftest import Place, log
from tests.cli.exports import Json, at, bundle, ndjson, visit


def simulated(*words: str) -> Result:
    return CliRunner().invoke(commands, ["simulate-series", "--clinic", CLINIC, *words])


def rows(*words: str) -> list[dict[str, Any]]:
    result = simulated("--format", "json", *words)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def infusions(*words: str) -> list[tuple[str, int, str, list[str]]]:
    return [
        (one["patient"], one["ordinal"], one["series"], one["encounters"])
        for one in rows(*words)
        if one["what"] == "infusion"
    ]


SIX_AND_MORE = [visit(f"v{day}", at(day * 3)) for day in range(1, 9)]
MIXED: list[Json] = [
    visit("a2", at(9)),
    visit("intake", at(1), code="intake"),
    visit("b1", at(2), patient="p2"),
    visit("gone", at(5), status="cancelled"),
    visit("a1", at(3)),
    visit("a1-more", at(3), partOf={"reference": "Encounter/a1"}),
    visit("when", None, patient="p2"),
]


# --- over files ------------------------------------------------------------------------------------------------


def test_each_infusion_has_its_ordinal_its_set_and_the_reason_why(place: Place, tmp_path: Path) -> None:
    file = ndjson(tmp_path / "x.ndjson", *SIX_AND_MORE)

    found = [one for one in rows("--encounters", str(file)) if one["what"] == "infusion"]

    assert [one["ordinal"] for one in found] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [one["because"] for one in found] == ["ordinal"] * 6 + ["beyond-the-last-set"] * 2
    assert len({one["set"] for one in found[:6]}) == 6
    assert found[6]["set"] == found[7]["set"] != found[5]["set"]
    assert found[0]["start"] == "2026-06-03T12:00-07:00"


def test_the_order_of_the_lines_and_a_line_that_stands_twice_change_nothing(
    place: Place, tmp_path: Path
) -> None:
    one = ndjson(tmp_path / "1.ndjson", *MIXED)
    other = ndjson(tmp_path / "2.ndjson", *reversed(MIXED), MIXED[0])

    assert rows("--encounters", str(one)) == rows("--encounters", str(other))


def test_what_is_doubtful_and_what_is_left_out_stands_there_with_its_reason(
    place: Place, tmp_path: Path
) -> None:
    found = rows("--encounters", str(ndjson(tmp_path / "x.ndjson", *MIXED)))

    assert [(one["patient"], one["what"], one["because"], one.get("count")) for one in found[:-1]] == [
        ("p1", "infusion", "ordinal", None),
        ("p1", "infusion", "ordinal", None),
        ("p1", "left-out", "status", 1),
        ("p1", "left-out", "type", 1),
        ("p2", "infusion", "ordinal", None),
        ("p2", "doubt", "no-start", None),
    ]
    assert found[0]["encounters"] == ["a1", "a1-more"]
    assert found[0]["ties"]
    assert found[5]["encounters"] == ["when"]
    totals = found[-1]
    assert (totals["patients"], totals["encounters"], totals["infusions"], totals["doubtful"]) == (2, 7, 3, 1)
    assert totals["left_out"] == {"status": 1, "type": 1}


@pytest.mark.parametrize("form", ["folder", "bundle", "ndjson"])
def test_a_folder_a_bundle_and_lines_say_the_same(place: Place, tmp_path: Path, form: str) -> None:
    path = tmp_path / "export"
    if form == "folder":
        path.mkdir()
        for number, one in enumerate(MIXED):
            (path / f"{number}.json").write_text(json.dumps(one))
    elif form == "bundle":
        path = tmp_path / "export.json"
        path.write_text(json.dumps(bundle(*MIXED), indent=1))
    else:
        ndjson(path, *MIXED)

    assert infusions("--encounters", str(path)) == [
        ("p1", 1, "first-match:1", ["a1", "a1-more"]),
        ("p1", 2, "first-match:1", ["a2"]),
        ("p2", 1, "first-match:1", ["b1"]),
    ]


def test_infusions_before_the_day_count_and_are_not_shown(place: Place, tmp_path: Path) -> None:
    file = str(ndjson(tmp_path / "x.ndjson", *SIX_AND_MORE, visit("old", at(1), code="intake")))

    found = rows("--encounters", file, "--since", "2026-06-15")

    assert [one["ordinal"] for one in found[:-1]] == [5, 6, 7, 8]
    assert found[-1]["earlier"] == 4
    told = simulated("--encounters", file, "--since", "2026-06-15")
    assert "4 infusions before that day count in the ordinals and are not shown." in told.stdout


def test_a_table_fits_in_a_hundred_columns_and_says_what_was_counted(place: Place, tmp_path: Path) -> None:
    long = [visit("x" * 60 + str(n), at(3), patient="p" * 64) for n in range(4)]
    result = simulated("--encounters", str(ndjson(tmp_path / "x.ndjson", *MIXED, *long, *SIX_AND_MORE)))

    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "Patient p2" in result.stdout
    assert "for a person, no-start: when" in result.stdout
    assert "left out: 1 status, 1 type" in result.stdout
    assert "tied by overlap" in result.stdout or "tied by part-of" in result.stdout
    assert "19 encounters of 3 patients" in result.stdout
    assert "nobody prints" not in result.output


def test_csv_has_a_row_each_and_its_totals_beside_it(place: Place, tmp_path: Path) -> None:
    result = simulated("--format", "csv", "--encounters", str(ndjson(tmp_path / "x.ndjson", *MIXED)))

    read = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [one["what"] for one in read] == [
        "infusion",
        "infusion",
        "left-out",
        "left-out",
        "infusion",
        "doubt",
    ]
    assert read[0] | {"ties": ""} == {
        "patient": "p1",
        "what": "infusion",
        "series": "first-match:1",
        "ordinal": "1",
        "set": read[0]["set"],
        "start": "2026-06-03T12:00-07:00",
        "encounters": "a1 a1-more",
        "ties": "",
        "because": "ordinal",
        "ready": "yes",
        "count": "",
    }
    assert "7 encounters of 2 patients" in result.stderr


def test_a_name_of_the_record_system_moves_neither_a_terminal_nor_a_spreadsheet(
    place: Place, tmp_path: Path
) -> None:
    place.change("episodes = false", "episodes = true")
    wild = visit("-1", at(1), patient="-2", episodeOfCare=[{"reference": "EpisodeOfCare/\x1b[2J=1+1"}])
    file = str(ndjson(tmp_path / "x.ndjson", wild))

    assert "\x1b" not in simulated("--encounters", file).stdout
    (row,) = csv.DictReader(io.StringIO(simulated("--format", "csv", "--encounters", file).stdout))
    assert (row["patient"], row["encounters"]) == ("'-2", "'-1")


BAD = {
    "no object": "7",
    "no resource": "{}",
    "nobody's": json.dumps({"resourceType": "Encounter", "id": "x", "status": "finished"}),
    "an id that is none": json.dumps(visit("a b", at(1))),
    "a patient that is none": json.dumps(visit("a", at(1), patient="a b")),
    "a resource type that is none": '{"resourceType": 7}',
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_named_and_the_rest_is_not_lost(
    place: Place, tmp_path: Path, name: str
) -> None:
    file = str(ndjson(tmp_path / "x.ndjson", *SIX_AND_MORE, BAD[name]))

    lenient, strict = simulated("--encounters", file), simulated("--encounters", file, "--strict")

    assert lenient.exit_code == 0
    assert "x.ndjson, line 9 " in lenient.stderr
    assert strict.exit_code == 1
    assert "1 could not be read" in strict.stderr
    assert "8 infusions" in lenient.stdout
    assert "8 infusions" in strict.stdout


def test_many_faults_are_counted_and_a_few_named(place: Place, tmp_path: Path) -> None:
    result = simulated("--encounters", str(ndjson(tmp_path / "x.ndjson", *SIX_AND_MORE, *["7"] * 50)))

    assert result.stderr.count(" is not a JSON object") == 20
    assert "and 30 more that could not be read" in result.stderr


def test_where_nothing_can_be_read_the_command_fails(place: Place, tmp_path: Path) -> None:
    others = ndjson(tmp_path / "x.ndjson", {"resourceType": "Patient", "id": "p1"})
    (tmp_path / "empty").mkdir()

    for path in (others, tmp_path / "empty"):
        result = simulated("--encounters", str(path))
        assert result.exit_code == 1
        assert "not one encounter" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("--encounters", "nowhere"), ("--since", "yesterday"), ("--format", "xml"), ("--clinic", "none")],
)
def test_a_word_that_is_none_is_a_usage_error(place: Place, words: tuple[str, ...]) -> None:
    assert simulated(*words).exit_code == 2


def test_progress_is_told_where_it_is_asked_for(place: Place, tmp_path: Path) -> None:
    file = str(ndjson(tmp_path / "x.ndjson", *SIX_AND_MORE))

    assert simulated("--encounters", file).stderr == ""
    assert "resources read" in simulated("--encounters", file, "--progress").stderr


def test_files_open_no_store_and_leave_nothing_behind(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    real = tempfile.TemporaryDirectory

    def noting(*args: Any, **kwargs: Any) -> Any:
        folder = real(*args, dir=tmp_path / "temporary", **kwargs)
        made.append(stat.S_IMODE(Path(folder.name).stat().st_mode))
        return folder

    (tmp_path / "temporary").mkdir()
    (tmp_path / "journal.sqlite").unlink()
    monkeypatch.setattr("service.cli.exported_visits.tempfile.TemporaryDirectory", noting)

    simulated("--encounters", str(ndjson(tmp_path / "x.ndjson", *MIXED)))

    assert made == [0o700]
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "journal.sqlite").exists()


# --- what stands beside the visits -----------------------------------------------------------------------------


def test_episodes_procedures_and_appointments_are_looked_at_where_the_rule_asks(
    place: Place, tmp_path: Path
) -> None:
    place.change("episodes = false", "episodes = true")
    place.change(
        'version = "1"',
        'version = "1"\nproof = "Procedure"\nappointment_types = [{ system = "urn:x", code = "infusion" }]',
    )
    episode = {"episodeOfCare": [{"reference": "EpisodeOfCare/e1"}]}
    file = ndjson(
        tmp_path / "x.ndjson",
        _booked("given", at(1), **episode),
        _booked("unproved", at(4)),
        visit("unbooked", at(7)),
        _booked("not-done", at(10)),
        _booked("after-its-end", at(20), **episode),
        _procedure("given", "completed"),
        _procedure("not-done", "not-done"),
        _procedure("after-its-end", "completed"),
        *(_appointment(of) for of in ("given", "unproved", "not-done", "after-its-end")),
        {
            "resourceType": "EpisodeOfCare",
            "id": "e1",
            "status": "finished",
            "patient": {"reference": "Patient/p1"},
            "period": {"start": "2026-06-01", "end": "2026-06-15"},
        },
    )

    found = rows("--encounters", str(file), "--strict")

    assert [(one["encounters"], one["series"]) for one in found if one["what"] == "infusion"] == [
        (["given"], "episode:e1"),
        (["after-its-end"], "first-match:1"),
    ]
    assert found[-1]["left_out"] == {"no-proof": 1, "appointment-type": 1, "not-done": 1}
    assert [one["encounters"] for one in found if one["what"] == "doubt"] == [["unproved"]]


def _booked(id_: str, start: str, **more: Any) -> Json:
    return visit(id_, start, appointment=[{"reference": f"Appointment/app-{id_}"}], **more)


def _appointment(encounter: str) -> Json:
    return {
        "resourceType": "Appointment",
        "id": f"app-{encounter}",
        "status": "fulfilled",
        "appointmentType": {"coding": [{"system": "urn:x", "code": "infusion"}]},
        "participant": [{"actor": {"reference": "Patient/p1"}}, {"actor": {"reference": "Location/l"}}],
    }


def _procedure(encounter: str, status: str) -> Json:
    return {
        "resourceType": "Procedure",
        "id": f"proc-{encounter}",
        "status": status,
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": f"Encounter/{encounter}"},
    }


# --- over a record system --------------------------------------------------------------------------------------


def test_the_record_system_is_run_over_and_each_look_at_a_patient_remembered(place: Place) -> None:
    found = rows()

    six = [one for one in found[:-1] if one["patient"] == "patient-six-done"]
    assert [one["ordinal"] for one in six if one["what"] == "infusion"] == [1, 2, 3, 4, 5, 6]
    assert found[-1]["unread"] == 0
    remembered = log(CLINIC)
    seen = {one.get("patient") for one in found[:-1]}
    assert seen <= {one.patient for one in remembered if one.deed.value == "read"}
    assert [one.deed.value for one in remembered].count("search") == 1
    assert all(one.agent.role == "operator" for one in remembered)


def test_a_day_narrows_what_the_record_system_is_asked_and_leaves_the_ordinals(place: Place) -> None:
    everything = {(one["encounters"][0], one["ordinal"]) for one in rows() if one["what"] == "infusion"}
    latest = max(one["start"][:10] for one in rows() if one["what"] == "infusion" and one["ordinal"] > 3)

    found = {
        (one["encounters"][0], one["ordinal"]) for one in rows("--since", latest) if one["what"] == "infusion"
    }

    assert found
    assert found < everything


def test_a_record_system_without_a_search_over_all_is_asked_about_those_known(place: Place) -> None:
    place.change("system/Encounter.rs", "system/Encounter.r")

    result = simulated()

    assert result.exit_code == 1
    assert "asking about those known here" in result.stderr


@pytest.mark.parametrize(
    ("before", "instead"),
    [('iss = "http://localhost:', 'iss = "http://127.0.0.1:9/'), ('"journal-worker"', '"nobody"')],
)
def test_a_record_system_that_cannot_be_asked_is_one_sentence(
    place: Place, before: str, instead: str
) -> None:
    place.change(before, instead)

    result = simulated()

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.stderr.startswith("Error: ")


def test_where_no_look_could_be_remembered_nobody_is_looked_at(place: Place) -> None:
    (place.folder / "journal.sqlite").unlink()

    result = simulated()

    assert (result.exit_code, result.stdout) == (1, "")
    assert "infusion-journal migrate" in result.stderr
