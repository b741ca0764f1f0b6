"""Encryption at rest: nothing readable in the file, and no secret opens anywhere but in its own place (T11)."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from service.journal.entries import Answer
from service.store import drafts, entries, sessions
from service.store.deeds import (
    BeginLaunch,
    Deed,
    KeepSummary,
    OpenVisit,
    QueueFiling,
    SaveDraft,
    SaveEntryVersion,
)
from service.store.engine import Store, open_store
from service.store.migrating import upgrade
from service.store.sealing import Place, Seal, Sealed, Unopened
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store.builders import NOW, context, draft, entry, filing, launch, seal, visit

PLACE = Place("marigold", "drafts.answers", ("ada", "key-1", 1))
OLD, NEW = b"o" * 32, b"n" * 32


def test_a_secret_comes_back_from_its_place() -> None:
    for plain in (b"", b"words", bytes(100_000)):
        assert seal().open(PLACE, seal().seal(PLACE, plain)) == plain


def test_the_same_words_never_look_the_same() -> None:
    assert seal().seal(PLACE, b"words").blob != seal().seal(PLACE, b"words").blob


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, clinic="fern"),
        replace(PLACE, column="entry_versions.answers"),
        replace(PLACE, row=("bo", "key-1", 1)),
        replace(PLACE, row=("ada", "key-1", 2)),
        replace(PLACE, row=("ada", "key-1", "1")),
        replace(PLACE, row=('ada","key-1', 1)),
    ],
)
def test_a_secret_opens_in_its_place_only(elsewhere: Place) -> None:
    sealed = seal().seal(PLACE, b"words")
    with pytest.raises(Unopened):
        seal().open(elsewhere, sealed)


def test_every_byte_counts() -> None:
    blob = seal().seal(PLACE, b"words").blob
    for at in range(len(blob)):
        changed = blob[:at] + bytes((blob[at] ^ 1,)) + blob[at + 1 :]
        with pytest.raises(Unopened):
            seal().open(PLACE, Sealed(changed))
    for length in range(len(blob)):
        with pytest.raises(Unopened):
            seal().open(PLACE, Sealed(blob[:length]))


def test_keys_rotate_and_old_secrets_still_open() -> None:
    before, after = Seal({"old": OLD}, "old"), Seal({"old": OLD, "new": NEW}, "new")
    assert after.open(PLACE, before.seal(PLACE, b"words")) == b"words"
    with pytest.raises(Unopened):
        before.open(PLACE, after.seal(PLACE, b"words"))


@pytest.mark.parametrize(("keys", "current"), [({}, "a"), ({"a": b"short"}, "a"), ({"a": OLD}, "b")])
def test_keys_that_cannot_serve_are_refused(keys: dict[str, bytes], current: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Seal(keys, current)


def test_a_secret_shows_itself_nowhere() -> None:
    assert "words" not in repr(SaveDraft(draft(words=(Answer("q", "words"),))))
    assert "a-token" not in repr(visit())
    assert "a-code-verifier" not in repr(launch())


MARKERS = tuple(f"marker-{number:04}-of-the-heart" for number in range(1_000))


def test_no_word_or_token_stands_readable_in_the_files(tmp_path: Path) -> None:
    """What an administrator or a backup reader finds in the database, its WAL and its index."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    upgrade(url)
    store = open_store(url, seal())
    writer = Writer(store)
    writer.start()
    words = tuple(Answer(f"q{number}", marker) for number, marker in enumerate(MARKERS))
    pdf = MARKERS[0].encode()
    secret = visit(token=MARKERS[1])
    named = replace(
        secret.contents, patient_name=MARKERS[2], person_name=MARKERS[3], refresh_token=MARKERS[4]
    )
    writer.perform(
        Deed(
            "marigold",
            changes=(
                SaveDraft(draft(words=words)),
                SaveEntryVersion(replace(entry(words=words, shared=MARKERS[5].encode()), because=MARKERS[6])),
                QueueFiling(filing()),
                KeepSummary("filing-1", pdf, sha256(pdf).hexdigest()),
                OpenVisit(replace(secret, contents=named)),
                BeginLaunch(replace(launch(), contents={"verifier": MARKERS[6]})),
            ),
        )
    )
    files = [file.read_bytes() for file in tmp_path.iterdir()]
    assert b"entry-1" in b"".join(files)  # the scan sees what is not sealed
    hits = [marker for marker in MARKERS for file in files if marker.encode() in file]
    assert hits == []
    writer.stop()
    store.close()
    modes = {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize("column", ["answers", "shared", "because"])
def test_words_swapped_between_entries_are_found(
    store: Store, writer: Writer, clinic: str, column: str
) -> None:
    """Two rows whose ciphertexts an insider exchanged: reading raises rather than show another's words."""
    own = replace(entry("own"), because="mine")
    other = replace(entry("other", patient="bo"), because="theirs")
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(own), SaveEntryVersion(other))))
    _swap(writer, "entry_versions", column, clinic, "entry_id", ("own", "other"))
    with pytest.raises(Unopened):
        entries.by_id(store, context(clinic=clinic), "own")


def test_an_older_draft_put_back_is_found(store: Store, writer: Writer, clinic: str) -> None:
    writer.perform(Deed(clinic, changes=(SaveDraft(draft()),)))
    this = {"clinic": clinic}
    old = writer.run_alone(
        lambda connection: connection.scalar(text("SELECT answers FROM drafts WHERE clinic = :clinic"), this)
    )
    writer.perform(Deed(clinic, changes=(SaveDraft(draft(revision=2)),)))
    writer.run_alone(
        lambda connection: connection.execute(
            text("UPDATE drafts SET answers = :old WHERE clinic = :clinic"), this | {"old": old}
        )
    )
    with pytest.raises(Unopened):
        drafts.draft(store, context(clinic=clinic), "key-1")


def test_sessions_swapped_are_found(store: Store, writer: Writer, clinic: str) -> None:
    handles = (f"{clinic}-a", f"{clinic}-b")
    writer.perform(Deed(clinic, changes=tuple(OpenVisit(visit(handle, clinic)) for handle in handles)))
    _swap(writer, "visits", "contents", clinic, "handle", handles)
    with pytest.raises(Unopened):
        sessions.visit(store, handles[0])


def _swap(writer: Writer, table: str, column: str, clinic: str, key: str, names: tuple[str, str]) -> None:
    read = text(f"SELECT {column} FROM {table} WHERE clinic = :clinic AND {key} = :name")
    put = text(f"UPDATE {table} SET {column} = :secret WHERE clinic = :clinic AND {key} = :name")

    def swap(connection: Connection) -> None:
        secrets = [connection.scalar(read, {"clinic": clinic, "name": name}) for name in names]
        for name, secret in zip(names, reversed(secrets), strict=True):
            connection.execute(put, {"clinic": clinic, "name": name, "secret": secret})

    writer.run_alone(swap)


def test_an_instant_needs_a_zone(writer: Writer, clinic: str) -> None:
    with pytest.raises(NotWritten):
        writer.perform(Deed(clinic, changes=(SaveDraft(draft(started_at=NOW.replace(tzinfo=None))),)))
