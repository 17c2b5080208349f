"""What environments show: the picture of their trace's last moment, without touching the episode."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import render_test

import pev_battery_charge as pbc
from pev_battery_charge import rendering
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from tests.envs.episodes import ONE_STATION, SHORT, Float32, actions_of, draw_requests
from tests.envs.test_copies import COPIES
from tests.envs.test_public_checks import action_in_kw, no_upper_bound

Image = npt.NDArray[np.uint8]

# Where the tests run there may be no screen; a window then warns once that nothing is shown.
no_screen = pytest.mark.filterwarnings("ignore:no window can be opened here")
each_skin = pytest.mark.parametrize("make", [pbc.parallel_env, pbc.central_env], ids=lambda make: make.__name__)


class FakeWindow:
    """Stands in for a window: keeps what it is shown."""

    made: list["FakeWindow"]

    def __init__(self) -> None:
        self.images: list[Image] = []
        self.closed = False
        self.made.append(self)

    def show(self, image: Image) -> None:
        self.images.append(image)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[FakeWindow]:
    """The windows that a test's environments open."""
    monkeypatch.setattr(FakeWindow, "made", [], raising=False)
    monkeypatch.setattr(rendering, "Window", FakeWindow)
    return FakeWindow.made


def step(env: Any, request: Float32) -> list[Any]:
    """One step; what it told, in a form that can be compared."""
    if isinstance(env, ParallelArea):
        seen, *rest = env.step(actions_of(env, request))
        return [{agent: observation.tolist() for agent, observation in seen.items()}, *rest]
    seen, reward, terminated, truncated, info = env.step(request)
    return [seen.tolist(), reward, terminated, truncated, {name: value.tolist() for name, value in info.items()}]


@no_screen
def test_pettingzoo_render_test() -> None:
    """The helper takes AEC environments only; the parallel one is shown below to draw the same."""
    render_test(pbc.env)


@no_screen
@no_upper_bound
@action_in_kw
def test_gymnasium_check_env_with_its_render_checks() -> None:
    check_env(gymnasium.make("pev_battery_charge/Central-v0", scenario=SHORT).unwrapped)
    check_env(gymnasium.make("pev_battery_charge/Central-v0", scenario=SHORT, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.central_env, pbc.env], ids=lambda make: make.__name__)
def test_metadata_tell_the_render_modes_and_their_speed(make: Callable[..., Any]) -> None:
    env = make(SHORT, render_mode="rgb_array")
    assert env.metadata["render_modes"] == ["human", "rgb_array"]
    assert env.metadata["render_fps"] > 0
    assert env.render_mode == "rgb_array"


@each_skin
def test_a_picture_is_that_of_the_traces_last_moment(make: Callable[..., Any]) -> None:
    env = make(SHORT, render_mode="rgb_array")
    for seed in (0, 1):
        env.reset(seed=seed)
        for t, request in enumerate(draw_requests(SHORT)[:8]):
            if t in (0, 7):
                image = env.render()
                assert image.ndim == 3
                assert image.shape[1:] == (900, 3)
                assert image.dtype == np.uint8
                assert np.array_equal(image, pbc.render_frame(env.trace(), t))
            env.step(actions_of(env, request) if isinstance(env, ParallelArea) else request)
    env.close()


def test_pictures_are_the_callers_own() -> None:
    env = pbc.parallel_env(SHORT, render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    assert first is not None
    kept = first.copy()
    for request in draw_requests(SHORT)[:6]:
        env.step(actions_of(env, request))
    later = env.render()
    assert later is not None
    assert np.array_equal(first, kept)
    assert not np.array_equal(later, first)
    later[:] = 0
    again = env.render()
    assert again is not None
    assert again.any()


@each_skin
def test_rendering_changes_nothing_in_the_episode(make: Callable[..., Any]) -> None:
    shown, plain = make(SHORT, render_mode="rgb_array"), make(SHORT)
    shown.reset(seed=3)
    plain.reset(seed=3)
    for request in draw_requests(SHORT):
        shown.render()
        assert step(shown, request) == step(plain, request)
    assert np.array_equal(shown.trace().records, plain.trace().records)
    shown.render()


@pytest.mark.parametrize("given", [False, True], ids=["drawn schedule", "given schedule"])
def test_the_renderer_is_made_once_an_episode(monkeypatch: pytest.MonkeyPatch, given: bool) -> None:
    """What does not move is drawn once; making it anew for every frame would take ten times as long."""
    made = []

    class Counted(rendering.FrameRenderer):
        def __init__(self, scenario: pbc.Scenario, schedule: pbc.Schedule, series: pbc.Series | None = None) -> None:
            made.append(schedule)
            super().__init__(scenario, schedule, series)

    monkeypatch.setattr(rendering, "FrameRenderer", Counted)
    env = pbc.parallel_env(SHORT, render_mode="rgb_array")
    for episode in (1, 2):
        env.reset(seed=episode, options={"schedule": pbc.generate_schedule(SHORT, episode)} if given else None)
        for request in draw_requests(SHORT)[:5]:
            env.render()
            env.step(actions_of(env, request))
        assert len(made) == episode
    assert made[0] != made[1]


@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.central_env, pbc.env], ids=lambda make: make.__name__)
def test_human_mode_shows_the_beginning_and_every_step_by_itself(
    make: Callable[..., Any], windows: list[FakeWindow]
) -> None:
    env = make(ONE_STATION, render_mode="human")
    area = env.unwrapped
    assert windows == []
    expected = []
    for seed in (0, 1):
        env.reset(seed=seed)
        expected.append(pbc.render_frame(area.trace(), 0))
        for request in draw_requests(ONE_STATION)[:1]:
            if isinstance(env, ParallelArea | CentralArea):
                step(env, request)
            else:
                for n in range(request.size):
                    env.step(request[n : n + 1])
            expected.append(pbc.render_frame(area.trace(), area.simulation.step_index))
    assert env.render() is None
    assert len(windows) == 1
    assert len(windows[0].images) == len(expected) + 1
    assert all(np.array_equal(a, b) for a, b in zip(windows[0].images, expected, strict=False))
    env.close()
    assert windows[0].closed


def test_without_a_screen_human_mode_says_so_once_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
    env = pbc.parallel_env(SHORT, render_mode="human")
    with pytest.warns(UserWarning, match="no window can be opened here"):
        env.reset(seed=0)
    # A second warning would be an error here.
    for request in draw_requests(SHORT)[:3]:
        env.step(actions_of(env, request))


@each_skin
@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("mode", ["rgb_array", "human"])
def test_an_environment_that_has_rendered_can_be_copied(
    make: Callable[..., Any], make_copy: Callable[[Any], Any], mode: str, windows: list[FakeWindow]
) -> None:
    env = make(SHORT, render_mode=mode)
    env.reset(seed=0)
    requests = draw_requests(SHORT)
    for request in requests[:2]:
        step(env, request)
        env.render()
    twin = make_copy(env)
    for request in requests[2:4]:
        assert step(twin, request) == step(env, request)
    image, again = env.render(), twin.render()
    if mode == "rgb_array":
        assert np.array_equal(image, again)
    else:
        assert len(windows) == 2
        assert np.array_equal(windows[0].images[-1], windows[1].images[-1])
    env.close()
    twin.close()


def test_rendering_before_the_first_reset_is_refused() -> None:
    env = pbc.parallel_env(SHORT, render_mode="rgb_array")
    with pytest.raises(pbc.EpisodeOverError, match=r"reset\(\)"):
        env.render()
