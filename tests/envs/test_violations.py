"""Constraint violations in infos: by hand, the same in all environments, and only of sites."""

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.core.records import make_moments
from pev_battery_charge.envs.violations import COSTS
from tests.envs.episodes import SHORT, actions_of, pev
from tests.strategies import schedule_of
from tests.v2g_evening import evening, evening_scenario

NAMES = ("cost", *COSTS)


def test_each_is_the_one_counted_by_hand() -> None:
    """Cap 60 kW, base load 50: 10 are left; export bound 20, so 70 may be given."""
    scenario = evening_scenario()
    moments = make_moments(scenario.num_moments)
    moments["load_kw"] = 50.0
    env = pbc.parallel_env(scenario)
    env.reset(options={"instance": pbc.Instance(schedule_of([pev(), pev()], 4), pbc.Series(moments))})

    def told(*asked_kw: float) -> dict[str, list[float]]:
        infos = env.step(actions_of(env, np.array(asked_kw, np.float32)))[-1]
        return {name: [info[name] for info in infos.values()] for name in NAMES}

    first = told(20.0, 25.0, 30.0, 0.0, 8.0)
    # 20 and 22 and 8 are requested: 40 too many; the third station is empty.
    assert first["cost_overload"] == pytest.approx([40.0 * part / 50.0 for part in (20.0, 22.0, 0.0, 0.0, 8.0)])
    assert first["cost_out_of_bounds"] == pytest.approx([0.0, 3.0, 0.0, 0.0, 0.0])
    assert first["cost_unmet"] == [0.0] * 5
    assert first["cost"] == pytest.approx(np.sum([first[name] for name in COSTS], axis=0))
    back = told(-22.0, -22.5, 0.0, 0.0, -32.0)
    # -22, -22 and -30 are requested: 4 more than may be given.
    assert back["cost_overload"] == pytest.approx([4.0 * part / 74.0 for part in (22.0, 22.0, 0.0, 0.0, 30.0)])
    assert back["cost_out_of_bounds"] == pytest.approx([0.0, 0.5, 0.0, 0.0, 2.0])


def test_all_environments_tell_the_same_and_what_is_lacking_adds_up() -> None:
    scenario, instance = evening()
    parallel, central, vector = pbc.parallel_env(scenario), pbc.central_env(scenario), pbc.vector_env(scenario)
    for env in (parallel, central, vector):
        env.reset(options={"instance": instance})
    random, unmet_kwh = np.random.default_rng(4), 0.0
    seen = dict.fromkeys(NAMES, 0.0)
    for _ in range(scenario.horizon_steps):
        asked = random.uniform(-30.0, 30.0, 5).astype(np.float32)
        infos = parallel.step(actions_of(parallel, asked))[-1]
        whole, many = central.step(asked)[-1], vector.step(asked)[-1]
        for name in NAMES:
            own = [info[name] for info in infos.values()]
            assert whole[name] == pytest.approx(sum(own))
            np.testing.assert_array_equal(many[name], own)
            assert many[f"_{name}"].all()
            seen[name] += sum(own)
        unmet_kwh += whole["cost_unmet"]
    assert unmet_kwh == pytest.approx(float(parallel.simulation.areas["unmet_kwh"][0]))
    assert min(seen.values()) > 0.0
    assert {"cost", "power_kw"} <= set(many["final_info"])


def test_other_scenarios_tell_what_they_always_told() -> None:
    env = pbc.parallel_env(SHORT)
    env.reset(seed=0)
    infos = env.step(actions_of(env, np.full(len(env.agents), 5.0, np.float32)))[-1]
    assert not any(name.startswith("cost") for info in infos.values() for name in info)
