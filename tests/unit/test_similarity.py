"""Near-identical images, against comparing all with all, and on real photographs."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from domain.models.config import SplitConfig, SplitGroup
from domain.models.version import Split
from domain.similarity import RADIUS, leaked_pairs, similar_groups
from domain.splits import Candidates, assign
from pictures import real_data
from workers.image_facts import perceptual_hash

SPLITS = list(Split)


def digests(count: int) -> list[bytes]:
    return [hashlib.sha256(str(index).encode()).digest() for index in range(count)]


def bits_apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def near(hashes: Sequence[int | None]) -> list[tuple[int, int]]:
    """All pairs, the slow way."""
    known = [(index, one) for index, one in enumerate(hashes) if one is not None]
    return [(i, j) for (i, one), (j, other) in combinations(known, 2) if bits_apart(one, other) <= RADIUS]


def groups_of(hashes: Sequence[int | None], sha256: list[bytes]) -> list[str | None]:
    """Chains of near pairs, the slow way."""
    members = [{index} for index in range(len(hashes))]
    for one, other in near(hashes):
        if members[one] is not members[other]:
            members[one] |= members[other]
            for index in members[other]:
                members[index] = members[one]
    return [min(sha256[index] for index in group).hex() if len(group) > 1 else None for group in members]


@st.composite
def hash_lists(draw: st.DrawFn, max_size: int = 60) -> list[int | None]:
    """A few pictures that differ in everything, and others that are some bits from one of them or equal it."""
    centres = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    flipped = st.sets(st.integers(0, 63), max_size=9).map(lambda bits: sum(1 << bit for bit in bits))
    variant = st.builds(lambda centre, bits: centre ^ bits, st.sampled_from(centres), flipped)
    return draw(st.lists(st.one_of(st.none(), variant, st.sampled_from(centres)), max_size=max_size))


@given(hash_lists())
def test_groups_are_those_of_comparing_all_with_all(hashes: list[int | None]) -> None:
    sha256 = digests(len(hashes))
    assert similar_groups(hashes, sha256) == groups_of(hashes, sha256)


@given(hash_lists(), st.randoms(use_true_random=False))
def test_leaked_pairs_are_those_of_comparing_all_with_all(hashes: list[int | None], chance: Random) -> None:
    splits = [chance.choice(SPLITS) for _ in hashes]
    assert leaked_pairs(hashes, splits) == sum(1 for i, j in near(hashes) if splits[i] is not splits[j])


def flips(chance: Random, most: int, among: int = 64) -> int:
    """Up to `most` of the lowest bits."""
    return sum(1 << bit for bit in chance.sample(range(among), chance.randint(0, most)))


def clump(chance: Random, among: int) -> list[int]:
    centre = chance.getrandbits(64)
    return [centre ^ flips(chance, min(9, among), among) for _ in range(400)]


def walk(chance: Random) -> list[int]:
    """Each is near the one before it, and far from most: one long chain."""
    found = [chance.getrandbits(64)]
    while len(found) < 800:
        found.append(found[-1] ^ flips(chance, RADIUS))
    return found


@pytest.mark.parametrize("kind", ["last bits", "half of the bits", "any bits", "a chain"])
def test_pairs_are_found_once_in_sparse_and_in_dense_sets(kind: str) -> None:
    chance = Random(kind)
    among = {"last bits": 8, "half of the bits": 32, "any bits": 64}
    alike = clump(chance, among[kind]) if kind in among else walk(chance)
    hashes = [*alike, *(chance.getrandbits(64) for _ in range(200))]
    splits = [chance.choice(SPLITS) for _ in hashes]
    sha256 = digests(len(hashes))
    assert similar_groups(hashes, sha256) == groups_of(hashes, sha256)
    assert leaked_pairs(hashes, splits) == sum(1 for i, j in near(hashes) if splits[i] is not splits[j])


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), min_size=RADIUS, max_size=RADIUS + 1))
def test_near_is_up_to_the_radius_whichever_bits_differ(one: int, bits: set[int]) -> None:
    other = one ^ sum(1 << bit for bit in bits)
    alike = len(bits) == RADIUS
    assert (similar_groups([one, other], digests(2))[0] is not None) is alike
    assert leaked_pairs([one, other], [Split.TRAIN, Split.VAL]) == alike
    assert leaked_pairs([one, other], [Split.TRAIN, Split.TRAIN]) == 0


@given(hash_lists(), st.randoms(use_true_random=False))
def test_the_order_of_images_changes_no_group(hashes: list[int | None], chance: Random) -> None:
    rows = list(zip(hashes, digests(len(hashes)), strict=True))
    shuffled = chance.sample(rows, len(rows))
    named = dict(zip(rows, similar_groups([one for one, _ in rows], [two for _, two in rows]), strict=True))
    again = similar_groups([one for one, _ in shuffled], [two for _, two in shuffled])
    assert dict(zip(shuffled, again, strict=True)) == named


@settings(max_examples=50)
@given(hash_lists(), st.integers(0, 99))
def test_splits_of_similar_groups_leak_nothing(hashes: list[int | None], seed: int) -> None:
    sha256 = digests(len(hashes))
    nothing: list[Split | None] = [None] * len(hashes)
    candidates = Candidates(sha256, similar_groups(hashes, sha256), nothing, nothing)
    assignment = assign(candidates, SplitConfig(0.5, 0.3, 0.2, SplitGroup.SIMILAR, seed=seed))
    assert leaked_pairs(hashes, assignment.splits) == 0


def test_images_that_are_alike_in_tens_of_thousands_are_borne() -> None:
    chance = Random(1)
    hashes = [7] * 50_000 + [chance.getrandbits(64) for _ in range(2_000)]
    splits = [chance.choices(SPLITS, (80, 15, 5))[0] for _ in hashes]
    groups = similar_groups(hashes, digests(len(hashes)))
    assert Counter(groups).most_common(2) == [(groups[0], 50_000), (None, 2_000)]
    placed = Counter(splits[:50_000])
    pairs = placed[Split.TRAIN] * placed[Split.VAL] + placed[Split.TEST] * (50_000 - placed[Split.TEST])
    assert leaked_pairs(hashes, splits) == pairs


def test_without_hashes_nothing_is_alike() -> None:
    assert similar_groups([], []) == []
    assert leaked_pairs([], []) == 0
    assert similar_groups([None, None], digests(2)) == [None, None]
    assert leaked_pairs([None, None], [Split.TRAIN, Split.VAL]) == 0


def derived(picture: Image.Image) -> list[Image.Image]:
    """The picture smaller, compressed hard, brighter, and all of it."""
    half = picture.resize((picture.width // 2, picture.height // 2))
    return [half, compressed(picture, 40), brighter(picture), compressed(brighter(half), 60)]


def brighter(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.1)


def compressed(picture: Image.Image, quality: int) -> Image.Image:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return Image.open(content).convert("RGB")


def test_real_photographs_group_with_what_was_made_of_them_and_not_with_their_neighbours() -> None:
    folder = real_data()
    if folder is None:
        pytest.skip("the real images are not here; set REALDATA_DIR")
    hashes: list[int | None] = []
    names = []
    for path in sorted((folder / "images").iterdir()):
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        for one in (picture, *derived(picture)):
            hashes.append(int(perceptual_hash(one), 16))
            names.append(path.name)
    found: dict[str | None, set[str]] = {}
    for group, name in zip(similar_groups(hashes, digests(len(hashes))), names, strict=True):
        found.setdefault(group, set()).add(name)
    assert None not in found, "each picture groups with what was made of it"
    together = [sorted(group) for group in found.values() if len(group) > 1]
    clips = ("DJI_0762", "MOS")
    assert len(together) == len(clips)
    assert all(any(all(name.startswith(clip) for name in group) for clip in clips) for group in together), (
        "only frames of one standing camera are alike"
    )
