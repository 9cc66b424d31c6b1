"""What a training's callbacks make of what they see."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workers.child.failure import CannotRun
from workers.child.progress import Progress


@pytest.mark.parametrize(("epoch", "refused"), [(6, True), (7, False)])
def test_a_loss_that_is_no_number_ends_a_training_that_has_nothing_to_recover_from(
    epoch: int, refused: bool, tmp_path: Path
) -> None:
    unheard: Any = None
    progress = Progress(tmp_path, unheard)
    trainer = SimpleNamespace(epoch=epoch, start_epoch=6, loss=SimpleNamespace(isfinite=lambda: False))
    if refused:
        with pytest.raises(CannotRun, match="diverged in epoch 7"):
            progress.on_train_epoch_end(trainer)
    else:
        progress.on_train_epoch_end(trainer)
