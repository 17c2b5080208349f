"""An environment can be copied and pickled at any moment; the copy goes on identically and by itself."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle  # type: ignore[import-untyped]  # it carries no types
import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.envs.vector import VectorArea
from tests.envs.episodes import MIXED, SHORT, Float32, actions_of, draw_requests

Copy = Callable[[Any], Any]

COPIES: dict[str, Copy] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),  # noqa: S301  its own bytes
    "cloudpickle": lambda env: cloudpickle.loads(cloudpickle.dumps(env)),
}
SKINS: dict[str, Callable[..., Any]] = {
    "parallel": lambda: pbc.parallel_env(SHORT),
    "parallel, unlike stations": lambda: pbc.parallel_env(MIXED),
    "aec": lambda: pbc.env(SHORT),
    "central": lambda: pbc.central_env(SHORT),
    "vector": lambda: pbc.vector_env(SHORT, num_areas=3),
    "vector with threads": lambda: pbc.vector_env(SHORT, num_areas=3, num_threads=3),
    "vector with buffers": lambda: pbc.vector_env(MIXED, num_areas=3, num_threads=2, copy=False),
    "vector in next_step": lambda: pbc.vector_env(SHORT, num_areas=2, autoreset="next_step"),
}
each_copy = pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
each_skin = pytest.mark.parametrize("make", SKINS.values(), ids=SKINS)


def step(env: Any, request: Float32) -> bytes:
    """One whole step of any skin under `request[N]`, and all that it told, as bytes."""
    if isinstance(env, ParallelArea):
        return _bytes(env.step(actions_of(env, request)))
    if isinstance(env, CentralArea):
        return _bytes(env.step(request))
    if isinstance(env, VectorArea):
        return _bytes(env.step(np.tile(request, env.num_areas)[:, None]))
    told = b""
    for n in range(request.size):
        env.step(request[n : n + 1])
        told += _bytes(env.last())
    return told + _bytes((env.rewards, env.truncations, env.infos))


def _bytes(told: Any) -> bytes:
    if isinstance(told, np.ndarray):
        return told.tobytes()
    if isinstance(told, dict):
        return b"".join(str(key).encode() + _bytes(value) for key, value in told.items())
    if isinstance(told, tuple):
        return b"".join(_bytes(value) for value in told)
    return repr(told).encode()


def requests_of(env: Any) -> Float32:
    scenario: pbc.Scenario = env.unwrapped.scenario
    return draw_requests(scenario)


@each_copy
@each_skin
@pytest.mark.parametrize("after", [0, 1, 11, 24], ids="after {} steps".format)
def test_a_copy_goes_on_identically_into_the_next_episode(
    make_copy: Copy, make: Callable[..., Any], after: int
) -> None:
    env = make()
    requests = requests_of(env)
    env.reset(seed=6)
    for request in requests[:after]:
        step(env, request)
    twin = make_copy(env)
    assert [step(twin, request) for request in requests[after:]] == [step(env, request) for request in requests[after:]]
    env.reset()
    twin.reset()
    assert [step(twin, request) for request in requests] == [step(env, request) for request in requests]
    env.close()
    twin.close()


@each_copy
@each_skin
def test_a_copy_shares_nothing_with_the_original(make_copy: Copy, make: Callable[..., Any]) -> None:
    env, untouched = make(), make()
    requests = requests_of(env)
    env.reset(seed=6)
    untouched.reset(seed=6)
    twin = make_copy(env)
    for request in requests:
        step(twin, request * np.float32(0.3))
    twin.reset(seed=99)
    assert [step(env, request) for request in requests] == [step(untouched, request) for request in requests]
    env.reset()
    untouched.reset()
    assert step(env, requests[0]) == step(untouched, requests[0])


@each_copy
@pytest.mark.parametrize("make", [pbc.parallel_env, pbc.central_env], ids=lambda make: make.__name__)
def test_a_copy_keeps_the_trace_and_a_given_schedule(make_copy: Copy, make: Callable[..., Any]) -> None:
    env = make(SHORT)
    env.reset(options={"schedule": pbc.generate_schedule(SHORT, seed=1)})
    for request in draw_requests(SHORT)[:9]:
        step(env, request)
    trace, copied = env.trace(), make_copy(env).trace()
    assert copied.scenario == trace.scenario
    assert copied.schedule == trace.schedule
    assert np.array_equal(copied.records, trace.records)


@each_copy
def test_an_environment_that_was_never_reset_can_be_copied(make_copy: Copy) -> None:
    for make in SKINS.values():
        env = make()
        twin = make_copy(env)
        env.reset(seed=0)
        twin.reset(seed=0)
        request = requests_of(env)[0]
        assert step(twin, request) == step(env, request)


@each_copy
def test_nobody_can_spoil_the_masks_of_later_infos(make_copy: Copy) -> None:
    """Not in the original, where a mask may be one for all steps and read-only; not in a copy of it either."""
    env = pbc.vector_env(SHORT)
    env.reset(seed=0)
    request = draw_requests(SHORT)[0][:, None]
    for one in (env, make_copy(env)):
        mask = one.step(request)[-1]["_power_kw"]
        if mask.flags.writeable:
            mask[:] = False
        assert one.step(request)[-1]["_power_kw"].all()
