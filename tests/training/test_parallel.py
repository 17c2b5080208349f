"""The scaled PettingZoo area: what passes through is what the area said, and what the policy asked for."""

import numpy as np
from pettingzoo.test import parallel_api_test

import pev_battery_charge as pbc
from pev_battery_charge.training.parallel import ScaledArea
from pev_battery_charge.training.scaling import scale_observations


def test_an_episode_is_that_of_the_area_itself() -> None:
    plain = pbc.parallel_env("public-10", extra_observations=("hour",))
    scaled = ScaledArea(pbc.parallel_env("public-10", extra_observations=("hour",)))
    assert all(scaled.action_space(agent) == scaled.action_space("station_0") for agent in scaled.possible_agents)
    random = np.random.default_rng(2)
    limits_kw = [station.power_max_kw for station in plain.scenario.stations]
    expected, _ = plain.reset(seed=4)
    seen, _ = scaled.reset(seed=4)
    while plain.agents:
        for agent in plain.agents:
            np.testing.assert_array_equal(seen[agent], scale_observations(expected[agent], plain.scenario.observations))
            assert scaled.observation_space(agent).contains(seen[agent])
        actions = {agent: random.uniform(-1.0, 1.0, 1).astype(np.float32) for agent in plain.agents}
        asked = {
            agent: (action.astype(np.float64) + 1.0) / 2.0 * limit_kw
            for (agent, action), limit_kw in zip(actions.items(), limits_kw, strict=True)
        }
        expected, rewards, _, truncations, _ = plain.step(asked)
        seen, *told, _ = scaled.step(actions)
        assert told == [rewards, dict.fromkeys(rewards, False), truncations]
    assert not scaled.agents
    np.testing.assert_array_equal(scaled.env.trace().records["asked_kw"], plain.trace().records["asked_kw"])


def test_it_passes_pettingzoos_own_check() -> None:
    parallel_api_test(ScaledArea(pbc.parallel_env("paper-5x20")), num_cycles=400)
