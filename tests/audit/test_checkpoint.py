"""Checkpoints to the byte as C2SP says (D-10 to D-16), readable by others and refused when anything is off."""

import base64
import string

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from service.audit import merkle
from service.audit.checkpoint import (
    Checkpoint,
    Doubtful,
    Inconsistent,
    sign,
    signed_text,
    verifier_key,
    verify,
)

ORIGIN = "clinic.example/audit/2026"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
LEAVES = [merkle.leaf_hash(bytes((number,))) for number in range(20)]
ROOT = merkle.root_of(LEAVES)

# The example of the specification (signed-note): text, key and signature were made by others.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def note(size: int = 20, root: bytes = ROOT, origin: str = ORIGIN) -> str:
    return sign(origin, size, root, KEY)


def test_the_specifications_own_example_verifies() -> None:
    assert signed_text(EXAMPLE_NOTE, EXAMPLE_KEY) == "This is an example message.\n"
    with pytest.raises(Doubtful):
        verify(EXAMPLE_NOTE, EXAMPLE_KEY)  # signed, and yet no checkpoint


def test_a_signed_checkpoint_is_read_back() -> None:
    assert verify(note(), verifier_key(ORIGIN, KEY)) == Checkpoint(ORIGIN, 20, ROOT)


def test_the_bytes_of_a_checkpoint() -> None:
    lines = note().split("\n")
    assert lines[:4] == [ORIGIN, "20", base64.b64encode(ROOT).decode(), ""]
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    assert lines[5:] == [""]
    signature = base64.b64decode(lines[4].rpartition(" ")[2])
    assert len(signature) == 4 + 64
    assert signature[:4].hex() == verifier_key(ORIGIN, KEY).split("+")[1]
    # D-13: over the text with its final newline, without the blank line.
    KEY.public_key().verify(signature[4:], "\n".join(lines[:3]).encode() + b"\n")


def test_other_signatures_are_passed_over() -> None:
    """D-15: unknown keys are ignored, our own has to verify, at least sixteen are taken."""
    witness = sign(ORIGIN, 20, ROOT, OTHER).rpartition("\n\n")[2]
    unknown = "\u2014 witness.example/w " + base64.b64encode(b"\x07" * 80).decode() + "\n"
    cosigned = note() + witness + unknown * 14
    assert verify(cosigned, verifier_key(ORIGIN, KEY)).size == 20
    assert verify(cosigned, verifier_key(ORIGIN, OTHER)).size == 20


def test_a_spoilt_signature_of_a_known_key_spoils_the_note() -> None:
    first = note()
    text, _, line = first.rpartition("\n\n")
    name, raw = line[2:].split()[0], bytearray(base64.b64decode(line.split()[2]))
    raw[10] ^= 1
    spoilt = f"{first}\u2014 {name} {base64.b64encode(bytes(raw)).decode()}\n"
    assert text in spoilt
    with pytest.raises(Doubtful):
        verify(spoilt, verifier_key(ORIGIN, KEY))


@given(st.integers(0, len(note()) - 1), st.characters(codec="utf-8"))
def test_no_other_note_verifies(at: int, character: str) -> None:
    """Any one character changed: the note is refused (the unused bits of base64 included)."""
    changed = note()[:at] + character + note()[at + 1 :]
    if changed != note():
        with pytest.raises(Doubtful):
            verify(changed, verifier_key(ORIGIN, KEY))


def test_a_signature_has_one_spelling() -> None:
    """Base64 leaves bits unused at its end; a note spelt with other ones is another note."""
    at = note().rindex("=") - 1
    alphabet = string.ascii_letters + string.digits + "+/"
    same = {letter for letter in alphabet if decoded_alike(note()[at], letter)}
    assert len(same) == 4
    for character in same - {note()[at]}:
        with pytest.raises(Doubtful):
            verify(note()[:at] + character + note()[at + 1 :], verifier_key(ORIGIN, KEY))


def decoded_alike(one: str, other: str) -> bool:
    return base64.b64decode(f"AA{one}=") == base64.b64decode(f"AA{other}=")


@given(st.text(max_size=200))
def test_any_text_is_refused_politely(text: str) -> None:
    with pytest.raises(Doubtful):
        verify(text, verifier_key(ORIGIN, KEY))
    with pytest.raises(Doubtful):
        verify(note(), text)


@pytest.mark.parametrize(
    "text",
    ["o\n020\n{root}\n", "o\n20\n", "o\n-1\n{root}\n", "o\n٢\n{root}\n", "\n20\n{root}\n", "o\n20\nAA==\n"],
)
def test_what_is_signed_has_to_be_a_checkpoint(text: str) -> None:
    whole = text.format(root=base64.b64encode(ROOT).decode())
    key_id = bytes.fromhex(verifier_key(ORIGIN, KEY).split("+")[1])
    signature = base64.b64encode(key_id + KEY.sign(whole.encode())).decode()
    signed = f"{whole}\n\u2014 {ORIGIN} {signature}\n"
    with pytest.raises(Doubtful):
        verify(signed, verifier_key(ORIGIN, KEY))


def test_the_wrong_verifier_does_not_verify() -> None:
    for key in (verifier_key(ORIGIN, OTHER), verifier_key("another.example", KEY)):
        with pytest.raises(Doubtful):
            verify(note(), key)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x07"])
def test_an_origin_that_is_no_name_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="name"):
        sign(origin, 20, ROOT, KEY)


@pytest.mark.parametrize(("size", "root"), [(-1, ROOT), (20, b"short")])
def test_what_no_log_has_is_not_signed(size: int, root: bytes) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        sign(ORIGIN, size, root, KEY)


@pytest.mark.parametrize("earlier", range(21))
def test_a_log_that_grew_is_signed_again(earlier: int) -> None:
    before = Checkpoint(ORIGIN, earlier, merkle.root_of(LEAVES[:earlier]))
    proof = merkle.consistency_proof(LEAVES, earlier, 20)
    assert verify(sign(ORIGIN, 20, ROOT, KEY, before, proof), verifier_key(ORIGIN, KEY)).size == 20


@pytest.mark.parametrize(
    "before",
    [
        Checkpoint(ORIGIN, 21, ROOT),
        Checkpoint(ORIGIN, 20, merkle.leaf_hash(b"fork")),
        Checkpoint(ORIGIN, 8, merkle.leaf_hash(b"fork")),
        Checkpoint("another.example", 8, merkle.root_of(LEAVES[:8])),
    ],
    ids=["rolled back", "fork at the same size", "rewritten", "another log"],
)
def test_what_contradicts_an_earlier_checkpoint_is_never_signed(before: Checkpoint) -> None:
    """D-16: a log must not sign a checkpoint that is inconsistent with an earlier one."""
    proof = merkle.consistency_proof(LEAVES, min(before.size, 20), 20)
    with pytest.raises(Inconsistent):
        sign(ORIGIN, 20, ROOT, KEY, before, proof)


@pytest.mark.parametrize("size", range(21))
def test_a_log_is_signed_although_a_later_state_of_it_was_signed_already(size: int) -> None:
    """Two exports at once: the one that began first may end last (F58)."""
    known, proof = Checkpoint(ORIGIN, 20, ROOT), merkle.consistency_proof(LEAVES, size, 20)
    note = sign(ORIGIN, size, merkle.root_of(LEAVES[:size]), KEY, known, proof)
    assert verify(note, verifier_key(ORIGIN, KEY)).size == size


@pytest.mark.parametrize("size", [1, 8, 13, 20])
def test_what_a_later_checkpoint_contradicts_is_never_signed(size: int) -> None:
    forked = merkle.root_of([*LEAVES[: size - 1], merkle.leaf_hash(b"fork")])
    proof = merkle.consistency_proof(LEAVES, size, 20)
    with pytest.raises(Inconsistent):
        sign(ORIGIN, size, forked, KEY, Checkpoint(ORIGIN, 20, ROOT), proof)


def test_restores_stand_in_a_line_of_their_own_and_only_where_there_were_some() -> None:
    key = Ed25519PrivateKey.generate()
    for restores, lines in ((0, 3), (2, 4)):
        note = sign("clinic.example/audit", 7, bytes(32), key, restores=restores)
        assert len(note.partition("\n\n")[0].splitlines()) == lines
        assert verify(note, verifier_key("clinic.example/audit", key)).restores == restores
