"""Scenarios: defaults, files that come back equal, changes, and every bad value named with its place."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pev_battery_charge import InputError, Scenario, Simulation, load_scenario
from pev_battery_charge.catalogue import STATE_FEATURES
from pev_battery_charge.populations import SitePopulation, SpreadPopulation
from pev_battery_charge.populations.base import StayStart
from pev_battery_charge.scenario import (
    Area,
    Station,
    resolve_scenario,
    scenario_names,
)
from tests import strategies

PAPER = """
name = "paper-5x20"
step_minutes = 5
horizon_steps = 192
coordinator = "proportional"
area = { power_min_kw = 0.0, power_max_kw = 31.5 }
stations = { count = 5, power_min_kw = 0.0, power_max_kw = 22.0 }
"""


def refused(table: dict[str, Any]) -> list[str]:
    """The places at which a table breaks a rule."""
    with pytest.raises(ValidationError) as error:
        Scenario.model_validate(table)
    return [".".join(str(part) for part in problem["loc"]) for problem in error.value.errors()]


def test_the_default_is_the_paper_scenario_with_every_value_of_its_page() -> None:
    scenario = Scenario()
    assert scenario == load_scenario("paper-5x20") == Scenario.from_toml(PAPER) == resolve_scenario()
    assert (scenario.step_minutes, scenario.horizon_steps, scenario.horizon_minutes) == (5.0, 192, 960.0)
    assert scenario.horizon_days == pytest.approx(2 / 3)
    assert (scenario.num_stations, scenario.rule.name) == (5, "proportional")
    assert scenario.area == Area(power_min_kw=0.0, power_max_kw=31.5)
    assert set(scenario.stations) == {Station(least_kw=0.0, power_max_kw=22.0)}
    assert scenario.population.model_dump() == {
        "kind": "spread",
        "pevs": 20,
        "capacity_kwh": 24.0,
        "target_soc": 1.0,
        "arrival_soc_max": 0.5,
        "stay_minutes": 180.0,
        "stay_tolerance": 0.2,
        "power_max_kw": 22.0,
        "efficiency": 0.9,
        "transition_soc": 1.0,
        "patience_minutes": 0.0,
        "stay_counts_from": "arrival",
        "power_min_kw": 0.0,
        "efficiency_out": None,
        "floor_soc": 0.0,
        "ceiling_soc": None,
    }
    assert scenario.reward.model_dump() == {
        "terms": {
            "missing": {"weight": 1.0, "exponent": 1.0},
            "out_of_bounds": {"weight": 2.0},
            "overload": {"weight": 2.0},
            "departure": {"weight": 0.0},
        },
        "sharing": 0.0,
    }


@pytest.mark.parametrize("name", scenario_names())
def test_every_named_scenario_comes_back_from_text_and_file(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert Scenario.from_toml(scenario.to_toml()) == scenario
    path = tmp_path / "mine.toml"
    scenario.save(path)
    assert Scenario.load(path) == resolve_scenario(path) == resolve_scenario(str(path)) == scenario


@given(
    scenario=strategies.scenarios(),
    extras=st.lists(st.sampled_from(STATE_FEATURES[8:]), unique=True),
    name=st.text(min_size=1),
    stay_start=st.sampled_from(get_args(StayStart)),
)
def test_any_scenario_comes_back_from_its_text(
    scenario: Scenario, extras: list[str], name: str, stay_start: StayStart
) -> None:
    scenario = scenario.replace(extra_observations=extras, name=name, population={"stay_counts_from": stay_start})
    assert scenario.population.stay_counts_from == stay_start
    assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_there_are_six_named_scenarios() -> None:
    names = ("caltech-54", "jpl-52", "paper-5x20", "public-10", "residential-12", "workplace-20")
    assert scenario_names() == names


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"scenario 'paper': unknown name; the package has .*paper-5x20"):
        load_scenario("paper")


def test_a_scenario_cannot_be_changed() -> None:
    scenario = Scenario()
    with pytest.raises(ValidationError, match="frozen"):
        scenario.step_minutes = 1.0  # type: ignore[misc]  # what must fail
    with pytest.raises(ValidationError, match="frozen"):
        scenario.area.power_max_kw = 1.0  # type: ignore[misc]  # likewise


def test_stations_may_be_unlike() -> None:
    text = (
        'name = "two kinds"\n[[stations]]\npower_max_kw = 11.0\n[[stations]]\npower_min_kw = 4.1\npower_max_kw = 50.0'
    )
    scenario = Scenario.from_toml(text)
    assert scenario.stations == (Station(power_max_kw=11.0), Station(least_kw=4.1, power_max_kw=50.0))
    assert Simulation(scenario).stations["power_max_kw"].tolist() == [[11.0, 50.0]]
    assert Simulation(scenario).stations["least_kw"].tolist() == [[0.0, 4.1]]


def test_a_change_keeps_everything_else() -> None:
    scenario = load_scenario("public-10")
    changed = scenario.replace(area={"power_max_kw": 20.0}, coordinator="equal")
    assert (changed.area.power_max_kw, changed.area.power_min_kw, changed.coordinator) == (20.0, 0.0, "equal")
    assert changed.replace(area={"power_max_kw": 44.0}, coordinator="proportional") == scenario
    assert scenario == load_scenario("public-10")


def test_a_change_of_the_population_keeps_its_other_values_unless_its_kind_changes() -> None:
    site = load_scenario("public-10")
    later = site.replace(population={"start_hour": 6.0}).population
    assert isinstance(later, SitePopulation)
    assert (later.profile, later.start_hour, later.patience_minutes) == ("public", 6.0, 15.0)
    spread = site.replace(population={"kind": "spread", "pevs": 3})
    assert spread.population == SpreadPopulation(pevs=3)


def test_a_change_of_the_stations_replaces_them() -> None:
    assert Scenario().replace(stations={"count": 2, "power_max_kw": 7.0}).stations == (Station(power_max_kw=7.0),) * 2
    assert Scenario().replace(stations=[{"power_max_kw": 7.0}]).stations == (Station(power_max_kw=7.0),)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"colour": "red"}, "colour"),
        ({"name": {"a": 1}}, "name"),
        ({"area": {"power_max_kw": -1.0}}, r"area\.power_max_kw"),
        ({"area": 7}, "area"),
        ({"stations": {"count": 0}}, "stations"),
        ({"population": {"colour": "red"}}, r"population\.colour"),
    ],
)
def test_a_bad_change_is_named(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError, match=f"scenario 'paper-5x20' with changes: {place}: "):
        Scenario().replace(**changes)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"colour": "red"}, "colour"),
        ({"step_minutes": 0}, "step_minutes"),
        ({"step_minutes": -5.0}, "step_minutes"),
        ({"step_minutes": NAN}, "step_minutes"),
        ({"step_minutes": INF}, "step_minutes"),
        ({"step_minutes": "five"}, "step_minutes"),
        ({"horizon_steps": 0}, "horizon_steps"),
        ({"horizon_steps": 2.5}, "horizon_steps"),
        ({"coordinator": "fairest"}, "coordinator"),
        ({"extra_observations": ["colour"]}, "observations"),
        ({"observations": ["soc", "soc"]}, "observations"),
        ({"observations": []}, "observations"),
        ({"observations": ["soc@1h"]}, "observations"),
        ({"reward": {"terms": {"mising": 1.0}}}, "reward.terms"),
        ({"reward": {"terms": {"missing": -1.0}}}, "reward.terms.missing.weight"),
        ({"reward": {"terms": {"missing": {"exponent": 0.0}}}}, "reward.terms.missing.exponent"),
        ({"reward": {"terms": {"overload": {"exponent": 1.0}}}}, "reward.terms.overload.exponent"),
        ({"reward": {"terms": 3}}, "reward.terms"),
        ({"area": {"power_max_kw": 0.0}}, "area.power_max_kw"),
        ({"area": {"power_max_kw": -31.5}}, "area.power_max_kw"),
        ({"area": {"power_max_kw": NAN}}, "area.power_max_kw"),
        ({"area": {"power_max_kw": INF}}, "area.power_max_kw"),
        ({"area": {"power_min_kw": -1e10}}, "area.power_min_kw"),
        ({"area": {"power_min_kw": 32.0}}, "area"),
        ({"area": {"cap": 1.0}}, "area.cap"),
        ({"stations": []}, "stations"),
        ({"stations": {"count": 0}}, "stations"),
        ({"stations": {"count": True}}, "stations"),
        ({"stations": {"count": 2.0}}, "stations"),
        ({"stations": {"power_max_kw": 22.0}}, "stations"),
        ({"stations": [{"power_max_kw": -22.0}]}, "stations.0.power_max_kw"),
        ({"stations": [{}, {"power_max_kw": NAN}]}, "stations.1.power_max_kw"),
        ({"stations": [{"power_min_kw": 8.0, "power_max_kw": 7.0}]}, "stations.0"),
        ({"stations": [{"power_min_kw": -1e10}]}, "stations.0.power_min_kw"),
        ({"stations": [{"power_min_kw": -4.0, "least_kw": 5.0}]}, "stations.0"),
        ({"stations": [{"power_min_kw": 4.0, "least_kw": 5.0}]}, "stations.0"),
        ({"stations": [{"colour": "red"}]}, "stations.0.colour"),
        ({"population": {"kind": "crowd"}}, "population"),
        ({"population": {"pevs": 0}}, "population.pevs"),
        ({"population": {"capacity_kwh": 0.0}}, "population.capacity_kwh"),
        ({"population": {"target_soc": 1.1}}, "population.target_soc"),
        ({"population": {"target_soc": 0.0, "arrival_soc_max": 0.0}}, "population.target_soc"),
        ({"population": {"arrival_soc_max": -0.1}}, "population.arrival_soc_max"),
        ({"population": {"target_soc": 0.4}}, "population"),
        ({"population": {"stay_minutes": 0.0}}, "population.stay_minutes"),
        ({"population": {"stay_minutes": 961.0}}, ""),
        ({"population": {"stay_tolerance": 1.0}}, "population.stay_tolerance"),
        ({"population": {"power_max_kw": 0.0}}, "population.power_max_kw"),
        ({"population": {"efficiency": 0.0}}, "population.efficiency"),
        ({"population": {"efficiency": 1.01}}, "population.efficiency"),
        ({"population": {"transition_soc": 1.01}}, "population.transition_soc"),
        ({"population": {"patience_minutes": -1.0}}, "population.patience_minutes"),
        ({"population": {"stay_counts_from": "departure"}}, "population.stay_counts_from"),
        ({"population": {"profile": "airport", "sessions_per_day": 9.0}}, "population.profile"),
        ({"population": {"profile": "public"}}, "population"),
        ({"population": {"profile": "workplace", "day": "weekend", "sessions_per_day": 9.0}}, "population"),
        ({"population": {"profile": "jpl", "day": "sunday"}}, "population.day"),
        ({"population": {"profile": "jpl", "stay_counts_from": None}}, "population.stay_counts_from"),
        ({"population": {"profile": "jpl", "start_hour": 24.0}}, "population.start_hour"),
        ({"population": {"profile": "jpl", "sessions_per_day": 0.0}}, "population.sessions_per_day"),
        ({"population": {"profile": "jpl", "pev_models": "mars"}}, "population.pev_models"),
        ({"population": {"profile": "jpl", "target_soc_max": 0.0}}, "population.target_soc_max"),
        ({"reward": {"soc": -1.0}}, "reward.soc"),
        ({"reward": {"exponent": 0.0}}, "reward.exponent"),
        ({"reward": {"sharing": 1.5}}, "reward.sharing"),
        ({"reward": {"departure": NAN}}, "reward.departure"),
    ],
    ids=str,
)
def test_a_bad_value_is_refused_at_its_place(table: dict[str, Any], place: str) -> None:
    assert refused(table) == [place]


def test_a_population_tells_its_kind_by_its_profile() -> None:
    assert isinstance(Scenario.model_validate({"population": {"pevs": 3}}).population, SpreadPopulation)
    assert isinstance(Scenario.model_validate({"population": {"profile": "jpl"}}).population, SitePopulation)


def test_all_problems_of_a_file_are_told_at_once_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        "step_minutes = 0\nhorizon_steps = 0\ncoordinator = 'fairest'\ncolour = 'red'\n"
        "[area]\npower_max_kw = -1.0\n[[stations]]\npower_max_kw = nan\n[[stations]]\npower_min_kw = 30.0\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        Scenario.load(path)
    assert error.value.subject == str(path)
    assert sorted(problem.split(":")[0] for problem in error.value.problems) == [
        "area.power_max_kw",
        "colour",
        "coordinator",
        "horizon_steps",
        "stations.0.power_max_kw",
        "stations.1",
        "step_minutes",
    ]
    assert "step_minutes: Input should be greater than or equal to 0.001 (it is 0)" in error.value.problems
    assert str(error.value).startswith(f"{path}: 7 problems\n  ")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"step_minutes = ", "is not TOML"),
        (b"a = 1\na = 2", "is not TOML"),
        (b"\xff\xfe", "cannot be read as text"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_no_toml_is_named(content: bytes | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"wrong\.toml: {problem}"):
        resolve_scenario(path)


def test_a_failed_save_leaves_the_old_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    Scenario().save(path)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(InputError, match="cannot be written: no space left"):
        load_scenario("public-10").save(path)
    assert Scenario.load(path) == Scenario()
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]


def test_numpy_numbers_are_numbers() -> None:
    scenario = Scenario.model_validate({"step_minutes": np.float64(5.0), "area": {"power_max_kw": np.float64(31.5)}})
    assert scenario == Scenario()
