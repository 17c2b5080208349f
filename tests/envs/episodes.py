"""Short scenarios and PEVs, and whole episodes of every skin in one form, so that they can be compared to the bit."""

import hashlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import VectorEnv
from pettingzoo import AECEnv

import pev_battery_charge as pbc
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from tests.records import PARTS

Float32 = npt.NDArray[np.float32]

SHORT = pbc.load_scenario("paper-5x20").replace(
    name="short", step_minutes=15, horizon_steps=24, population={"pevs": 12, "stay_minutes": 90.0}
)
"""Five stations, all busy at times, a cap that binds, six hours."""

MIXED = SHORT.replace(
    name="mixed",
    coordinator="equal",
    extra_observations=("time_left_h", "soc", "hour", "progress"),
    area={"power_max_kw": 20.0, "power_min_kw": 2.0},
    stations=[
        {"power_max_kw": 11.0},
        {"power_max_kw": 22.0, "power_min_kw": 4.0},
        {"power_max_kw": 6.656},
    ],
    population={"transition_soc": 0.8, "power_max_kw": 16.0},
    reward={"departure": 1.5, "exponent": 2.0, "soc": 0.5},
)
"""Unlike stations, a minimum, a taper, every extra feature, every part of the reward."""

ONE_STATION = SHORT.replace(
    name="one station",
    horizon_steps=6,
    stations={"count": 1},
    population={"pevs": 2, "stay_minutes": 45.0},
    area={"power_max_kw": 15.0},
)
"""The smallest area, for which all skins are one agent."""

SCENARIOS = (SHORT, MIXED)


def pev(**changes: float) -> dict[str, float]:
    """An empty 24 kWh battery that is here from 0:00 to 2:00."""
    return {
        "arrival_min": 0.0,
        "departure_min": 120.0,
        "capacity_kwh": 24.0,
        "energy_arrival_kwh": 0.0,
        "energy_target_kwh": 24.0,
        "power_max_kw": 22.0,
        "efficiency": 0.9,
        "transition_soc": 1.0,
    } | changes


def kw(*powers: float) -> Float32:
    """Powers in kW, as policies give them."""
    return np.array(powers, np.float32)


def draw_requests(scenario: pbc.Scenario, seed: int = 0, steps: int | None = None) -> Float32:
    """What the stations ask for, `[T, N]`: mostly within their limits, now and then out of them."""
    power_max_kw = [station.power_max_kw for station in scenario.stations]
    shape = (steps or scenario.horizon_steps, scenario.num_stations)
    shares = np.random.default_rng(seed).uniform(-0.1, 1.2, shape)
    return (shares * power_max_kw).astype(np.float32)


@dataclass(frozen=True)
class Episode:
    """What an area told during T steps."""

    observations: Float32
    """`[T + 1, N, F]`."""
    rewards: Float32
    """`[T, N]`."""
    parts: Float32
    """`[T, 5, N]`."""
    over: npt.NDArray[np.bool_]
    """`[T]`."""

    def __eq__(self, other: object) -> bool:
        """To the bit, shapes and types included."""
        return isinstance(other, Episode) and all(
            _same_bits(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)
        )

    __hash__ = None  # type: ignore[assignment]  # compared, never looked up

    def fingerprint(self) -> str:
        """The same for the same bits, on every machine."""
        parts = [np.ascontiguousarray(getattr(self, field.name)).tobytes() for field in fields(self)]
        return hashlib.sha256(b"".join(parts)).hexdigest()


def _same_bits(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def _episode(observations: list[Any], rewards: list[Any], parts: list[Any], over: list[bool]) -> Episode:
    return Episode(
        np.array(observations, np.float32),
        np.array(rewards, np.float32),
        np.array(parts, np.float32),
        np.array(over, np.bool_),
    )


def play_simulation(simulation: pbc.Simulation, requests: Float32, area: int = 0, **reset: Any) -> Episode:
    """One area of a simulation; the others are asked for the same."""
    observations, rewards, parts, over = [simulation.reset(**reset)[area]], [], [], []
    for request in requests:
        result = simulation.step(np.tile(request, (simulation.num_areas, 1)))
        observations.append(result.observations[area].copy())
        rewards.append(result.rewards[area].copy())
        parts.append(result.parts[:, area].copy())
        over.append(result.over)
    return _episode(observations, rewards, parts, over)


def play_parallel(
    env: ParallelArea, requests: Float32, first: dict[str, Float32] | None = None, **reset: Any
) -> Episode:
    """A parallel environment from its reset on; or, with the observations of now, from now on."""
    seen = env.reset(**reset)[0] if first is None else first
    agents = env.possible_agents
    observations, rewards, parts, over = [list(seen.values())], [], [], []
    for request in requests:
        seen, earned, terminated, truncated, infos = env.step(actions_of(env, request))
        assert not any(terminated.values())
        assert len(set(truncated.values())) == 1
        observations.append([seen[agent] for agent in agents])
        rewards.append([earned[agent] for agent in agents])
        parts.append([[infos[agent][name] for agent in agents] for name in PARTS])
        over.append(truncated[agents[0]])
    return _episode(observations, rewards, parts, over)


def actions_of(env: ParallelArea, request: Float32) -> dict[str, Float32]:
    """One step's requests, `[N]`, as a parallel environment takes them."""
    return {agent: request[n : n + 1] for n, agent in enumerate(env.possible_agents)}


def play_aec(env: AECEnv[str, Any, Any], requests: Float32, **reset: Any) -> Episode:
    """An AEC environment, through `agent_iter` and `last` as its users do."""
    env.reset(**reset)
    agents = env.possible_agents
    told: dict[str, list[Any]] = {agent: [] for agent in agents}
    for agent in env.agent_iter(len(agents) * (len(requests) + 1)):
        observation, reward, terminated, truncated, info = env.last()
        assert not terminated
        told[agent].append((observation, reward, truncated, info))
        step = len(told[agent]) - 1
        if truncated:
            env.step(None)
        elif step < len(requests):
            n = agents.index(agent)
            env.step(requests[step, n : n + 1])
        elif agent == agents[-1]:
            break
    turns = [[told[agent][t] for agent in agents] for t in range(len(requests) + 1)]
    return _episode(
        [[turn[0] for turn in row] for row in turns],
        [[turn[1] for turn in row] for row in turns[1:]],
        [[[turn[3][name] for turn in row] for name in PARTS] for row in turns[1:]],
        [all(turn[2] for turn in row) for row in turns[1:]],
    )


def play_central(env: CentralArea, requests: Float32, **reset: Any) -> Episode:
    """A central environment; its one reward is checked against the stations' own."""
    stations = env.scenario.num_stations
    observations, rewards, parts, over = [env.reset(**reset)[0].reshape(stations, -1)], [], [], []
    for request in requests:
        seen, reward, terminated, truncated, info = env.step(request)
        assert not terminated
        assert reward == float(info["rewards"].sum())
        observations.append(seen.reshape(stations, -1))
        rewards.append(info["rewards"])
        parts.append([info[name] for name in PARTS])
        over.append(truncated)
    return _episode(observations, rewards, parts, over)


def play_vector(env: VectorEnv[Any, Any, Any], requests: Float32, areas: int, **reset: Any) -> list[Episode]:
    """Every area of a vector environment for T steps, `requests[T, N]` in each, its final observations put in place."""
    told: list[tuple[list[Any], ...]] = [([], [], [], []) for _ in range(areas)]
    for b, seen in enumerate(np.split(env.reset(**reset)[0], areas)):
        told[b][0].append(seen.copy())
    for request in requests:
        seen, earned, terminated, truncated, infos = env.step(np.tile(request, areas)[:, None])
        assert not terminated.any()
        seen = infos.get("final_obs", seen)
        parts = np.stack([infos[name] for name in PARTS])
        for b in range(areas):
            part = slice(b * requests.shape[1], (b + 1) * requests.shape[1])
            told[b][0].append(seen[part].copy())
            told[b][1].append(earned[part].copy())
            told[b][2].append(parts[:, part].copy())
            told[b][3].append(truncated[part].all())
    return [_episode(*area) for area in told]
