"""What stands in an operator's files is read one by one, and what cannot be read is named by its place alone."""

import io
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cli import json_stream
from service.cli.encounter_files import Found, Malformed, read_path
from service.cli.json_stream import resources
from service.cli.sorted_runs import SortedRuns
from service.smart.strict_json import NotStrict
from tests.cli.exports import at, bundle, ndjson, visit

HUSH = "words of somebody"


def ids(path: Path) -> list[str]:
    return [one.resource["id"] for one in read_path(path) if isinstance(one, Found)]


def faults(path: Path) -> list[Malformed]:
    return [one for one in read_path(path) if isinstance(one, Malformed)]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    ndjson(tmp_path / "b.ndjson", visit("b1", at(1)), visit("b2", at(2)))
    ndjson(tmp_path / "deeper" / "c.jsonl", visit("c1", at(3)))
    (tmp_path / "a.json").write_text(json.dumps(visit("a1", at(4))))
    (tmp_path / "d.json").write_text(json.dumps(bundle(visit("d1", at(5)), visit("d2", at(6)))))
    (tmp_path / "notes.txt").write_text("no export")

    assert ids(tmp_path) == ["a1", "b1", "b2", "d1", "d2", "c1"]
    assert faults(tmp_path) == []


def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "x.ndjson"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(visit("a", at(1))).encode() + b"\r\n\r\n  \n")
    document = tmp_path / "x.json"
    document.write_bytes(b"\xef\xbb\xbf" + json.dumps(visit("b", at(1)), indent=2).encode())

    assert (ids(file), faults(file)) == (["a"], [])
    assert (ids(document), faults(document)) == (["b"], [])


@pytest.mark.parametrize(
    "line",
    [
        f'"{HUSH}"',
        "[]",
        "{",
        f'{{"resourceType": "{HUSH}"',
        '{"id": "1", "id": "2"}',
        '{"id": NaN}',
        '{"id": "\\ud800"}',
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_object_is_named_and_the_next_one_read(tmp_path: Path, line: str) -> None:
    file = ndjson(tmp_path / "x.ndjson", visit("a", at(1)), line, visit("b", at(2)))

    assert ids(file) == ["a", "b"]
    (fault,) = faults(file)
    assert fault.place == "x.ndjson, line 2"
    assert HUSH not in fault.reason


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.ndjson").write_bytes(b'{"id": "\xff"}\n')
    (tmp_path / "x.json").write_bytes(b'{"id": "\xff"}\n')

    assert [one.place for one in faults(tmp_path)] == ["x.json", "x.ndjson, line 1"]


def test_a_line_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.cli.encounter_files._LONGEST", 400)
    file = ndjson(tmp_path / "x.ndjson", visit("a", at(1), text="x" * 2000), visit("b", at(2)))

    assert ids(file) == ["b"]
    assert [one.place for one in faults(file)] == ["x.ndjson, line 1"]


def test_what_stands_before_the_fault_of_a_bundle_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text(json.dumps(bundle(visit("a", at(1)), visit("b", at(2))))[:-40])

    assert ids(file) == ["a"]
    (fault,) = faults(file)
    assert (fault.place, "after resource 1" in fault.reason) == ("cut.json", True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "[]",
        "7",
        "{} {}",
        '{"a": 1,}',
        '{"a": 1 "b": 2}',
        '{"a"}',
        '{"a": 1, "a": 2}',
        '{"entry": [{},]}',
        '{"entry": [{} {}]}',
        '{"entry": [], "entry": []}',
        "{'a': 1}",
        '{"a": 1',
        '{"a": Infinity}',
    ],
)
def test_text_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(NotStrict):
        list(resources(io.StringIO(text)))


def test_a_value_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_LONGEST", 1000)

    with pytest.raises(NotStrict):
        list(resources(io.StringIO('{"a": "' + "x" * 1_000_000)))


def test_an_entry_that_holds_no_resource_is_passed_over() -> None:
    text = '{"resourceType": "Bundle", "entry": [{}, 7, {"resource": []}, {"resource": {"id": "a"}}]}'

    assert list(resources(io.StringIO(text))) == [{"id": "a"}]


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    plain | st.text('aé🌊"\\{}[],: \n'),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab🌊"', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "x"]), values, max_size=2), max_size=5),
    st.dictionaries(st.sampled_from(["total", "link", "meta"]), values, max_size=3),
    st.integers(1, 40),
    st.sampled_from([None, 2]),
)
def test_a_bundle_is_read_alike_however_it_comes_in_pieces(
    inside: list[dict[str, object]], beside: dict[str, object], piece: int, indent: int | None
) -> None:
    written = beside | {"resourceType": "Bundle", "entry": [{"resource": one} for one in inside]} | beside
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_PIECE", piece)
        assert list(resources(io.StringIO(json.dumps(written, indent=indent)))) == inside


@given(
    st.lists(
        st.tuples(st.text("abc.-1", min_size=1, max_size=3), st.text("xyz 🌊", max_size=6)), max_size=60
    ),
    st.integers(1, 60),
    st.integers(2, 4),
)
def test_what_belongs_together_meets_however_little_is_held(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], in_memory: int, open_at_once: int
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    runs = SortedRuns(folder, in_memory, open_at_once)
    for key, text in pairs:
        runs.add(key, text)

    found = list(runs.by_key())

    assert {key: sorted(texts) for key, texts in found} == {
        key: sorted(text for one, text in pairs if one == key) for key, _ in pairs
    }
    assert all(one < other for (one, _), (other, _) in pairwise((f"{key}\t", 0) for key, _ in found))
    assert len(list(folder.iterdir())) <= open_at_once


@pytest.mark.parametrize("piece", range(1, 40))
def test_a_number_is_whole_wherever_a_piece_ends(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """Half a number is often a number: 1.5 of 1.5e+16."""
    monkeypatch.setattr(json_stream, "_PIECE", piece)

    assert list(resources(io.StringIO('{"a": -12.5e+16, "b": [10, 1e2], "c": 7}'))) == [
        {"a": -12.5e16, "b": [10, 100.0], "c": 7}
    ]
