"""Room in a GPU's memory: who has to go before another one begins, and who is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from adapters.gpu_memory import DeviceMemory, NoMemory
from adapters.sam3 import Sam3AwayError, Sam3Client, Sam3Error
from domain.models.gpu import GpuHolder
from workers import gpu_room
from workers.gpu_room import GIB, GpuRoom, MemoryTakenError

TRAINING, INFERENCE, SAM3 = GpuHolder.TRAINING, GpuHolder.INFERENCE, GpuHolder.SAM3
SAM3_BYTES = 10 * GIB
REFUSAL = "SAM3 refused to unload (HTTP 503)."


class Card:
    """Fulfils GpuMemory: GPUs of 16 GiB each."""

    def __init__(self, *used: int) -> None:
        self.used = list(used)
        self.looks = 0
        self.at_look: Callable[[int], None] = lambda look: None

    def read(self) -> list[DeviceMemory]:
        self.looks += 1
        self.at_look(self.looks)
        return [DeviceMemory(16 * GIB, used) for used in self.used]


class Sam3(Sam3Client):
    """Does as it likes when it is asked to unload: `card` is where its model is."""

    def __init__(self, card: Card | None = None) -> None:
        super().__init__("http://127.0.0.1:1")
        self.card = card
        self.fault: Sam3Error | None = None
        self.asked = 0

    async def unload(self) -> None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        if self.card is not None:
            self.card.used[0] = 0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_room, "_LOOK_SECONDS", 0.01)


@pytest.mark.parametrize(("holder", "most"), [(TRAINING, 8 * GIB), (SAM3, 6 * GIB), (INFERENCE, 14 * GIB)])
async def test_each_needs_its_own_part_on_every_gpu(holder: GpuHolder, most: int) -> None:
    await GpuRoom(Card(most, most), None, SAM3_BYTES, wait_seconds=0).make(holder)
    for used in ((most + 1, 0), (0, most + 1)):
        with pytest.raises(MemoryTakenError, match=r"of 16\.0 GiB of its memory is taken\.$"):
            await GpuRoom(Card(*used), None, SAM3_BYTES, wait_seconds=0).make(holder)


@pytest.mark.parametrize(("holder", "unloads"), [(TRAINING, True), (SAM3, True), (INFERENCE, False)])
async def test_our_models_go_unless_they_are_what_the_gpu_is_for(holder: GpuHolder, unloads: bool) -> None:
    card = Card(12 * GIB)
    room = GpuRoom(card, None, SAM3_BYTES, wait_seconds=0)

    async def unload() -> None:
        card.used = [0]

    room.unload_ours = unload
    await room.make(holder)
    assert card.used == ([0] if unloads else [12 * GIB])


async def test_memory_that_comes_free_late_is_waited_for() -> None:
    card = Card(16 * GIB)
    card.at_look = lambda look: card.used.__setitem__(0, 0 if look > 5 else 16 * GIB)
    await GpuRoom(card, None, SAM3_BYTES).make(TRAINING)
    assert card.looks > 5


@pytest.mark.parametrize("holder", [TRAINING, INFERENCE])
async def test_sam3_is_asked_to_unload_as_long_as_it_may_be_loaded(holder: GpuHolder) -> None:
    card = Card(15 * GIB)
    sam3 = Sam3(card)
    room = GpuRoom(card, sam3, SAM3_BYTES, wait_seconds=0)
    for _ in range(2):
        await room.make(holder)
        assert (sam3.asked, room.sam3_loaded) == (1, False)
    room.sam3_loaded = True
    await room.make(holder)
    assert (sam3.asked, room.sam3_loaded) == (2, False)


async def test_sam3_that_loaded_again_by_itself_is_asked_again() -> None:
    card = Card(15 * GIB)
    sam3 = Sam3(card)
    room = GpuRoom(card, sam3, SAM3_BYTES, wait_seconds=0)
    await room.make(INFERENCE)
    card.used = [15 * GIB]
    await room.make(INFERENCE)
    assert (sam3.asked, card.used) == (2, [0])


async def test_sam3_is_not_asked_to_unload_for_itself() -> None:
    sam3 = Sam3()
    room = GpuRoom(Card(0), sam3, SAM3_BYTES, wait_seconds=0)
    await room.make(SAM3)
    assert sam3.asked == 0


@pytest.mark.parametrize("holder", [TRAINING, INFERENCE])
async def test_sam3_that_does_not_unload_keeps_others_out_only_where_it_has_memory(holder: GpuHolder) -> None:
    card, sam3 = Card(15 * GIB), Sam3()
    sam3.fault = Sam3Error(REFUSAL)
    room = GpuRoom(card, sam3, SAM3_BYTES, wait_seconds=0)
    with pytest.raises(MemoryTakenError, match=r"15\.0 of 16\.0 GiB .* SAM3 refused to unload"):
        await room.make(holder)
    card.used = [0]
    await room.make(holder)
    assert room.sam3_loaded is None
    with pytest.raises(MemoryTakenError, match="may have the GPU's memory: SAM3 refused"):
        await GpuRoom(NoMemory(), sam3, SAM3_BYTES).make(holder)


async def test_sam3_that_does_not_run_has_no_memory_and_gets_no_credit_for_it() -> None:
    card, sam3 = Card(0), Sam3()
    sam3.fault = Sam3AwayError("SAM3 does not run.")
    room = GpuRoom(card, sam3, SAM3_BYTES, wait_seconds=0)
    room.sam3_loaded = True
    await room.make(INFERENCE)
    await GpuRoom(NoMemory(), sam3, SAM3_BYTES).make(TRAINING)
    # It comes back, and what others have meanwhile is not its own.
    card.used = [7 * GIB]
    with pytest.raises(MemoryTakenError):
        await room.make(SAM3)


async def test_where_memory_cannot_be_read_nobody_is_waited_for() -> None:
    sam3 = Sam3()
    room = GpuRoom(NoMemory(), sam3, SAM3_BYTES)
    async with asyncio.timeout(5):
        for holder in GpuHolder:
            await room.make(holder)
    assert sam3.asked == 1
