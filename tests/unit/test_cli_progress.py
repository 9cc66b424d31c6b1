"""What is said of a silence, and of lists without anything in them."""

from __future__ import annotations

import pytest

from cli import progress_lines
from cli.progress_lines import Silence
from cli.training import wording


class Clock:
    """Stands still unless it is set."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress_lines, "time", clock)
    return clock


def test_a_silence_is_remarked_on_after_a_minute_and_ends_with_the_next_news(clock: Clock) -> None:
    silence = Silence("gpu")
    assert silence.note((0, "queued")) == ""
    clock.seconds += 59
    assert silence.note((0, "queued")) == ""
    clock.seconds += 1
    assert "does a worker of the kind gpu run?" in silence.note((0, "queued"))
    assert silence.note((0, "preparing")) == ""


def test_images_that_are_being_rendered_are_news_though_no_epoch_is_done(clock: Clock) -> None:
    silence = Silence("gpu")
    for rendered in range(5):
        assert silence.note((0, f"{rendered} of 5 images are rendered.")) == ""
        clock.seconds += 40


def test_an_empty_list_tells_whether_there_is_any_training() -> None:
    assert wording.listed([], chosen=False) == ["There is no training yet; `agridrone train` starts one."]
    assert wording.listed([], chosen=True) == ["No training of the project has such a status."]
