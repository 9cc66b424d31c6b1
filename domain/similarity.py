"""Near-identical images by their 64-bit perceptual hashes. Needs numpy: only workers import it.

Two images are near-identical when their hashes differ in at most RADIUS bits. Measured on 42 aerial photographs:
resized to a quarter, compressed again down to quality 30, brightened by a fifth, or all of it together, a picture is 0
to 4 bits from itself; frames of one standing camera are 0 to 8 bits apart; photographs of different places, or of the
next piece of one field, are never closer than 18. Among 100,000 random hashes with half of their bits set, as the hash
has them, fewer than one pair in ten such sets is within 6 bits by chance.

Pairs are found without comparing all: a hash has 8 bands of 8 bits, and a pair that differs in at most 6 bits agrees in
two whole bands at least. So each of the 28 pairs of bands sorts the hashes into 65,536 buckets, and only what
shares a bucket is compared (multi-index hashing: Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with
Multi-Index Hashing", CVPR 2012). Equal hashes count as one, and a bucket whose hashes are joined is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from domain.models.version import Split

RADIUS = 6
"""The most bits in which near-identical hashes differ."""

MOST_LEAKED = 2_000_000_000
"""What a column and an Int of the API can hold, in round numbers."""

_MOST_SEEN = 20_000_000
_BANDS = 8
_KEYS = tuple(combinations(range(_BANDS), _BANDS - RADIUS))

Hashes = NDArray[np.uint64]
Indices = NDArray[np.intp]
Buckets = tuple[Indices, Indices]
"""Indices of hashes in the order of their buckets, and the bucket of each."""


def similar_groups(hashes: Sequence[int | None], sha256: Sequence[bytes]) -> list[str | None]:
    """The group of each image: near-identical ones share theirs, and so do those that a chain of such pairs joins.

    A group's name is the smallest SHA-256 (hex) of its images; None for an image that is alone, or has no hash.
    """
    known = [position for position, one in enumerate(hashes) if one is not None]
    distinct, of_image = np.unique(_array(hashes), return_inverse=True)
    root = _components(distinct)[of_image]
    order, key = _buckets(root)
    starts = _starts(key)
    ends = np.append(starts, len(key))[1:]
    several = ends - starts > 1
    names: list[str | None] = [None] * len(hashes)
    for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
        members = [known[index] for index in order[start:end].tolist()]
        name = min(sha256[position] for position in members).hex()
        for position in members:
            names[position] = name
    return names


def leaked_pairs(hashes: Sequence[int | None], splits: Sequence[Split]) -> int:
    """Pairs of near-identical images that are in different splits, up to MOST_LEAKED. Of hashes that lie close together
    in tens of thousands not all pairs are looked at: there may be more than it says."""
    number = {split: index for index, split in enumerate(Split)}
    placed = np.array([number[split] for one, split in zip(hashes, splits, strict=True) if one is not None], np.intp)
    distinct, of_image = np.unique(_array(hashes), return_inverse=True)
    # Images by hash and split: the pairs of two hashes are a product, however many images share them.
    counts = np.zeros((len(distinct), len(number)), np.int64)
    np.add.at(counts, (of_image, placed), 1)
    totals = counts.sum(axis=1)
    leaked = int((totals**2 - (counts**2).sum(axis=1)).sum()) // 2
    seen = 0
    for one, other in _near_pairs(distinct, _components(distinct)):
        seen += len(one)
        if leaked >= MOST_LEAKED or seen > _MOST_SEEN:
            break
        leaked += int((totals[one] * totals[other] - (counts[one] * counts[other]).sum(axis=1)).sum())
    return min(leaked, MOST_LEAKED)


def _array(hashes: Sequence[int | None]) -> Hashes:
    return np.array([one for one in hashes if one is not None], np.uint64)


def _components(hashes: Hashes) -> Indices:
    """For each of the distinct `hashes`, the smallest index that a chain of near pairs leads to."""
    root = np.arange(len(hashes), dtype=np.intp)
    for bands in _KEYS:
        for one, other, _ in _close(hashes, _unjoined(_by_bands(hashes, bands), root), root):
            apart = root[one] != root[other]
            if apart.any():
                _join(root, one[apart], other[apart])
    return root


def _join(root: Indices, one: Indices, other: Indices) -> None:
    """The union of each pair's components, after which every entry of `root` is a root again."""
    for left, right in zip(one.tolist(), other.tolist(), strict=True):
        low, high = sorted((_find(root, left), _find(root, right)))
        root[high] = low
    while not np.array_equal(above := root[root], root):
        root[:] = above


def _find(root: Indices, index: int) -> int:
    while root[index] != index:
        root[index] = root[root[index]]
        index = int(root[index])
    return index


def _near_pairs(hashes: Hashes, root: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Every pair of near ones among the distinct `hashes`, once. `root`: their components; a near pair shares one."""
    components = _buckets(root)
    if _pairs_in(components) <= sum(_pairs_in(_by_bands(hashes, bands)) for bands in _KEYS):
        yield from ((one, other) for one, other, _ in _close(hashes, components))
        return
    for bands in _KEYS:
        for one, other, differing in _close(hashes, _by_bands(hashes, bands)):
            first = np.ones(len(one), np.bool_)
            # A pair that agrees in more than two bands was told of by the first two.
            for band in set(range(bands[-1])) - set(bands):
                first &= _bits(differing, band) != 0
            yield one[first], other[first]


def _bits(hashes: Hashes, band: int) -> Hashes:
    return (hashes >> np.uint64(8 * band)) & np.uint64(255)


def _by_bands(hashes: Hashes, bands: tuple[int, ...]) -> Buckets:
    key = np.zeros(len(hashes), np.intp)
    for band in bands:
        key = key * 256 + _bits(hashes, band).astype(np.intp)
    return _buckets(key)


def _buckets(key: Indices) -> Buckets:
    order = np.argsort(key, kind="stable")
    return order, key[order]


def _starts(key: Indices) -> Indices:
    """Where each bucket begins."""
    return np.flatnonzero(np.diff(key, prepend=-1))


def _pairs_in(buckets: Buckets) -> int:
    """How many pairs share a bucket."""
    sizes = np.diff(np.append(_starts(buckets[1]), len(buckets[1])))
    return int((sizes * (sizes - 1) // 2).sum())


def _unjoined(buckets: Buckets, root: Indices) -> Buckets:
    """Only the buckets whose hashes are in more than one component."""
    order, key = buckets
    if not len(order):
        return buckets
    starts, roots = _starts(key), root[order]
    mixed = np.minimum.reduceat(roots, starts) != np.maximum.reduceat(roots, starts)
    kept = np.repeat(mixed, np.diff(np.append(starts, len(key))))
    return order[kept], key[kept]


def _close(hashes: Hashes, buckets: Buckets, root: Indices | None = None) -> Iterator[tuple[Indices, Indices, Hashes]]:
    """Near pairs that share a bucket, with the bits in which they differ.

    Each hash is held against the next one of its bucket, then the one after it, and so on: memory stays at a few arrays
    of the number of hashes. With `root`, buckets that became one component on the way are left.
    """
    order, key = buckets
    at = np.arange(len(order))
    step = 0
    while len(at):
        step += 1
        at = at[: np.searchsorted(at, len(order) - step)]
        at = at[key[at] == key[at + step]]
        differing = hashes[order[at]] ^ hashes[order[at + step]]
        near = np.flatnonzero(np.bitwise_count(differing) <= RADIUS)
        if len(near):
            yield order[at[near]], order[at[near] + step], differing[near]
        if root is not None and step & (step - 1) == 0:
            mixed = np.isin(key[at], np.unique(_unjoined(buckets, root)[1]))
            at = at[mixed]
