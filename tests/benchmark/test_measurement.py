"""How measured numbers are written."""

import re
from types import SimpleNamespace

import pytest

from pev_battery_charge.benchmark import controllers as benchmark_controllers
from pev_battery_charge.benchmark.controllers import measure_planner
from pev_battery_charge.benchmark.measurement import Measurement, readable
from pev_battery_charge.scenario import Scenario


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (2.13e-5, "0.000021"),
        (0.0213, "0.021"),
        (0.0999, "0.100"),
        (0.213, "0.21"),
        (2.13, "2.13"),
        (21.3, "21.3"),
        (213.4, "213"),
        (2134567.8, "2,134,568"),
        (float("nan"), "nan"),
    ],
)
def test_measured_numbers_keep_two_significant_digits(value: float, text: str) -> None:
    assert readable(value) == text
    assert Measurement("name", value, "ms", "").row()[1] == text


def test_a_planner_of_microseconds_is_told_in_figures_above_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(10**6))
    clock = SimpleNamespace(perf_counter=lambda: next(ticks) * 21.3e-6)
    monkeypatch.setattr(benchmark_controllers, "time", clock)
    scenario = Scenario(
        name="small", horizon_steps=6, stations={"count": 1}, population={"pevs": 1, "stay_minutes": 20.0}
    )
    told = measure_planner(scenario, "round-robin", "")
    assert told.row()[1] == "0.021"
    assert re.match(r"median 0\.021 ms, 99 % under 0\.021 ms", told.beside)
