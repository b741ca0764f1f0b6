"""The tree hashes as RFC 9162 (and RFC 6962) says, and its proofs prove that and nothing else."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit import merkle
from service.audit.merkle import RightEdge

# The inputs and roots that implementations of Certificate Transparency share.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(entry) for entry in INPUTS]


def hexed(hashes: tuple[bytes, ...]) -> list[str]:
    return [one.hex() for one in hashes]


@pytest.mark.parametrize("size", range(9))
def test_the_known_roots(size: int) -> None:
    assert merkle.root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_known_inclusion_proofs() -> None:
    assert hexed(merkle.inclusion_proof(LEAVES, 0)) == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert hexed(merkle.inclusion_proof(LEAVES, 5)) == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize(
    ("older", "newer", "proof"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_known_consistency_proofs(older: int, newer: int, proof: list[str]) -> None:
    assert hexed(merkle.consistency_proof(LEAVES, older, newer)) == proof


def leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(size)]


@given(st.integers(0, 300), st.data())
def test_a_tree_that_grew_in_steps_is_the_same_tree(size: int, data: st.DataObject) -> None:
    """The edge taken out and read back between any two steps, as the database does."""
    all_leaves = leaves(size)
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=5)))
    edge = RightEdge()
    for start, end in pairwise([0, *cuts, size]):
        edge = edge.extend(all_leaves[start:end])
        edge = RightEdge.of_bytes(edge.size, edge.as_bytes())
    assert (edge.size, edge.root()) == (size, recursive_root(all_leaves))


def recursive_root(hashes: list[bytes]) -> bytes:
    """The definition of 2.1.1, written down a second time and another way."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + recursive_root(hashes[:split]) + recursive_root(hashes[split:])).digest()


def test_every_leaf_of_many_trees_is_proved() -> None:
    for size in (*range(1, 40), 64, 65, 127, 300):
        all_leaves = leaves(size)
        root = merkle.root_of(all_leaves)
        for index in range(size):
            path = merkle.inclusion_proof(all_leaves, index)
            assert merkle.is_included(all_leaves[index], index, size, path, root)


@given(st.integers(1, 80), st.data())
def test_an_inclusion_proof_proves_nothing_else(size: int, data: st.DataObject) -> None:
    all_leaves = leaves(size)
    root = merkle.root_of(all_leaves)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(all_leaves, index)
    other = data.draw(st.integers(-1, size).filter(lambda number: number != index))
    assert not merkle.is_included(all_leaves[index], other, size, path, root)
    assert not merkle.is_included(merkle.leaf_hash(b"another"), index, size, path, root)
    assert not merkle.is_included(all_leaves[index], index, size, (*path, root), root)
    if path:
        assert not merkle.is_included(all_leaves[index], index, size, path[:-1], root)
        assert not merkle.is_included(all_leaves[index], index, size, path[1:], root)


def test_every_growth_of_many_trees_is_proved() -> None:
    for newer in (*range(20), 64, 65, 100):
        all_leaves = leaves(newer)
        for older in range(newer + 1):
            proof = merkle.consistency_proof(iter(all_leaves), older, newer)
            roots = merkle.root_of(all_leaves[:older]), merkle.root_of(all_leaves)
            assert merkle.is_consistent(older, newer, *roots, proof)


@given(st.integers(2, 80), st.data())
def test_a_rewritten_log_has_no_consistency_proof(newer: int, data: st.DataObject) -> None:
    """One leaf of the older part differs: the proof made from the rewritten log does not hold."""
    older = data.draw(st.integers(1, newer))
    honest = leaves(newer)
    rewritten = list(honest)
    rewritten[data.draw(st.integers(0, older - 1))] = merkle.leaf_hash(b"rewritten")
    proof = merkle.consistency_proof(rewritten, older, newer)
    known = merkle.root_of(honest[:older])
    assert not merkle.is_consistent(older, newer, known, merkle.root_of(rewritten), proof)
    true = merkle.consistency_proof(honest, older, newer)
    assert not merkle.is_consistent(older, newer, known, merkle.root_of(honest), (*true, known))
    if true:
        assert not merkle.is_consistent(older, newer, known, merkle.root_of(honest), true[:-1])


def proof_by_definition(hashes: list[bytes], older: int, is_whole: bool = True) -> list[bytes]:
    """The definition of 2.1.4.1 as it is written there, over a list that is cut up at every step."""
    if older == len(hashes):
        return [] if is_whole else [recursive_root(hashes)]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if older <= split:
        return [*proof_by_definition(hashes[:split], older, is_whole), recursive_root(hashes[split:])]
    return [*proof_by_definition(hashes[split:], older - split, False), recursive_root(hashes[:split])]


@given(st.integers(1, 300), st.data())
def test_a_proof_from_leaves_that_stream_by_is_the_one_of_the_definition(
    newer: int, data: st.DataObject
) -> None:
    """Taken once, in order, and no further than asked; none of them is held."""
    older = data.draw(st.integers(1, newer))
    stream = iter([*leaves(newer), b"the next one"])
    wanted = proof_by_definition(leaves(newer), older)
    assert list(merkle.consistency_proof(stream, older, newer)) == wanted
    assert older == newer or next(stream) == b"the next one"


def test_a_log_that_shrank_is_not_consistent() -> None:
    roots = merkle.root_of(LEAVES), merkle.root_of(LEAVES[:4])
    assert not merkle.is_consistent(8, 4, *roots, ())
    assert not merkle.is_consistent(0, 4, roots[0], roots[1], ())
    assert not merkle.is_consistent(4, 4, *roots, ())


def test_what_no_tree_can_have_is_refused() -> None:
    for size, raw in ((1, b""), (0, bytes(32)), (2, bytes(64)), (1, bytes(31)), (-1, b"")):
        with pytest.raises(ValueError, match=r"tree|edge"):
            RightEdge.of_bytes(size, raw)
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(ValueError, match="older"):
        merkle.consistency_proof(LEAVES, 9, 8)
    with pytest.raises(ValueError, match="newer"):
        merkle.consistency_proof(LEAVES, 3, 9)
