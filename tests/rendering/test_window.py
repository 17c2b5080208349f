"""The window: one warning without a screen; with one, frames one after the other."""

import warnings
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

from pev_battery_charge.rendering import Window, window
from tests.rendering.conftest import settings_now

FRAME = np.full((30, 40, 3), 200, np.uint8)


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


@pytest.fixture
def agg() -> Iterator[None]:
    before = mpl.get_backend(auto_select=False)
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")
    if before is not None:
        pyplot.switch_backend(before)


def test_without_a_screen_there_is_one_warning_that_names_the_way_out(no_screen: None) -> None:
    backend, settings = mpl.get_backend(auto_select=False), settings_now()
    shown = Window()
    with pytest.warns(UserWarning, match="rgb_array") as caught:
        shown.show(FRAME)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown.show(FRAME)
        shown.close()
    assert pyplot.get_fignums() == []
    assert mpl.get_backend(auto_select=False) == backend
    assert settings_now() == settings


def test_a_backend_without_windows_counts_as_no_screen(agg: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    assert not window.can_open_window()


def test_a_chosen_backend_with_windows_is_believed(no_screen: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mpl, "get_backend", lambda **_: "tkagg")
    assert window.can_open_window()


def test_frames_follow_each_other_in_one_window(agg: None, no_screen: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "can_open_window", lambda: True)
    shown = Window(frame_ms=1.0)
    for brightness in (10, 250):
        shown.show(np.full_like(FRAME, brightness))
        (number,) = pyplot.get_fignums()
        canvas = pyplot.figure(number).canvas
        canvas.draw()
        picture = np.asarray(canvas.buffer_rgba())[..., :3]
        assert picture.shape == FRAME.shape
        assert (picture == brightness).all()
    shown.close()
    assert pyplot.get_fignums() == []


def test_a_window_that_its_user_closed_stays_closed(
    agg: None, no_screen: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "can_open_window", lambda: True)
    shown = Window(frame_ms=1.0)
    shown.show(FRAME)
    pyplot.close("all")
    shown.show(FRAME)
    assert pyplot.get_fignums() == []
    shown.close()
