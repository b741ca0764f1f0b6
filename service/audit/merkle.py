"""The Merkle tree of the log: its hashes, the right edge that lets it grow, and proofs (RFC 9162, section 2.1).

The same hashing as RFC 6962, which the checkpoint format names. Hashes are 32 bytes; sizes count leaves.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry (2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours (2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class RightEdge:
    """All that a tree needs to go on growing: its size and the roots of its full subtrees, largest first."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.roots) != self.size.bit_count():
            raise ValueError("a tree of this size has another number of full subtrees")

    def append(self, leaf: bytes) -> "RightEdge":
        """The edge after one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "RightEdge":
        """The edge after these leaf hashes, in their order."""
        size, roots = self.size, list(self.roots)
        for leaf in leaves:
            roots.append(leaf)
            # Every trailing one bit of the old size is a full subtree that now finds its equal.
            for _ in range(_trailing_ones(size)):
                right = roots.pop()
                roots.append(node_hash(roots.pop(), right))
            size += 1
        return RightEdge(size, tuple(roots))

    def root(self) -> bytes:
        """The root of the whole tree; SHA-256 of nothing where it is empty."""
        if not self.roots:
            return EMPTY_ROOT
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root

    def as_bytes(self) -> bytes:
        """The subtree roots, one after the other."""
        return b"".join(self.roots)

    @classmethod
    def of_bytes(cls, size: int, raw: bytes) -> "RightEdge":
        """The edge of a tree of this size; ValueError where the bytes cannot be one."""
        if len(raw) % HASH_BYTES:
            raise ValueError("an edge is made of whole hashes")
        return cls(size, tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    return RightEdge().extend(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of one leaf, from its sibling upwards (2.1.3.1); IndexError where there is no such leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    path: list[bytes] = []
    while len(leaves) > 1:
        split = _split(len(leaves))
        if index < split:
            path.append(root_of(leaves[split:]))
            leaves = leaves[:split]
        else:
            path.append(root_of(leaves[:split]))
            leaves, index = leaves[split:], index - split
    return tuple(reversed(path))


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that this leaf stands at this index of the tree with this root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            at, last = _past_missing_siblings(at, last)
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(leaves: Iterable[bytes], older: int, newer: int) -> tuple[bytes, ...]:
    """What shows that the tree over the first `older` leaves became the one over the first `newer` (2.1.4.1).

    The leaves are taken once, in their order, and none is kept: a log of any length needs only the proof's own hashes.
    ValueError where the older tree is no part of the newer one, or fewer leaves come than that one has.
    """
    if not 0 <= older <= newer:
        raise ValueError("the older tree is not a part of this one")
    if older in (0, newer):
        return ()
    parts, stream = _parts(0, newer, older), iter(leaves)
    roots = {part: _root_of_next(stream, part[1] - part[0]) for part in sorted(parts)}
    return tuple(roots[part] for part in parts if part != (0, older))  # that one's root is known already


def is_consistent(
    older: int, newer: int, older_root: bytes, newer_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the newer tree only added to the older one (2.1.4.2)."""
    if not 0 <= older <= newer:
        return False
    if older == 0:
        return not proof and older_root == EMPTY_ROOT
    if older == newer:
        return not proof and older_root == newer_root
    path = (older_root, *proof) if older & (older - 1) == 0 else tuple(proof)
    return bool(path) and _folds_to(older - 1, newer - 1, path, older_root, newer_root)


def _folds_to(at: int, last: int, path: Sequence[bytes], older_root: bytes, newer_root: bytes) -> bool:
    ones = _trailing_ones(at)
    at, last = at >> ones, last >> ones
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            at, last = _past_missing_siblings(at, last)
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == older_root and new == newer_root


def _parts(start: int, end: int, older: int) -> list[tuple[int, int]]:
    """Where the proof's subtrees begin and end, in its order: each leaf from `start` to `end` lies in one of them."""
    if older == end:
        return [(start, end)]
    split = start + _split(end - start)
    if older <= split:
        return [*_parts(start, split, older), (split, end)]
    return [*_parts(split, end, older), (start, split)]


def _root_of_next(leaves: Iterator[bytes], count: int) -> bytes:
    edge = RightEdge().extend(islice(leaves, count))
    if edge.size != count:
        raise ValueError("the newer tree has fewer leaves than was said")
    return edge.root()


def _past_missing_siblings(at: int, last: int) -> tuple[int, int]:
    # At the right edge a node without a sibling rises unchanged until it is somebody's right-hand neighbour.
    while at & 1 == 0 and at:
        at, last = at >> 1, last >> 1
    return at, last


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_ones(number: int) -> int:
    return (~number & (number + 1)).bit_length() - 1
