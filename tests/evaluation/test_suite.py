"""The benchmark suite is what was frozen, and says so when it is not."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pev_battery_charge import InputError, Schedule, generate_schedule, load_scenario, scenario_names
from pev_battery_charge.evaluation import Group, Suite, load_suite, suite
from pev_battery_charge.evaluation.suite import digest_of
from pev_battery_charge.schedule.columns import COLUMNS, MAY_BE_LEFT_OUT, STATED
from pev_battery_charge.training import FIRST_EVALUATION_SEED
from tests.evaluation.small_suite import SITE, small_suite
from tests.loading import ROOT

V1 = load_suite()


@pytest.mark.parametrize("group", V1.groups, ids=lambda group: group.name)
def test_every_group_of_version_1_is_what_was_frozen(group: Group) -> None:
    scenario, schedules = group.load()
    assert group.digest is not None
    assert scenario == load_scenario(group.scenario)
    assert [schedule.info.seed for schedule in schedules] == list(group.seeds)
    stated = [schedule.sessions[STATED].null_count() < len(schedule) for schedule in schedules]
    assert set(stated) == {group.stated_error_hours is not None}


def test_version_1_has_every_named_scenario_and_seeds_that_nobody_else_draws_from() -> None:
    assert V1.version == 1
    assert {group.scenario for group in V1.groups} == set(scenario_names())
    assert len({group.name for group in V1.groups}) == len(V1.groups)
    assert V1.num_instances == sum(len(group.seeds) for group in V1.groups) == 140
    assert all(group.first_seed >= 2 * FIRST_EVALUATION_SEED for group in V1.groups)


def test_the_file_is_a_part_of_the_package() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    files = {
        file.name
        for pattern in patterns["package-data"]["pev_battery_charge"]
        for file in (ROOT / "pev_battery_charge").glob(pattern)
    }
    assert {f"suite_v{version}.toml" for version in suite.SUITE_VERSIONS} <= files


def test_erring_drivers_come_and_leave_like_those_who_do_not_err() -> None:
    plain, erring = (next(group for group in V1.groups if group.name == name) for name in ("jpl-52", "jpl-52-erring"))
    for one, other in zip(plain.load()[1], erring.load()[1], strict=True):
        assert one.sessions.drop(STATED).equals(other.sessions.drop(STATED))


@pytest.mark.parametrize(
    "change",
    [{"first_seed": 1}, {"instances": 4}, {"stated_error_hours": None}, {"stated_error_hours": (-5.9, -0.5, 1.3)}],
    ids=str,
)
def test_other_seeds_and_errors_are_noticed(change: dict[str, Any], tmp_path: Path) -> None:
    group = small_suite(tmp_path).groups[2]
    group.load()
    with pytest.raises(InputError, match=r"group site-4-erring: scenario .* no longer what the suite has frozen"):
        group.model_copy(update=change).load()


@pytest.mark.parametrize(
    "changes",
    [
        {"reward": {"soc": 1.1}},
        {"area": {"power_max_kw": 11.5}},
        {"population": {"patience_minutes": 20.0}},
        {"population": {"stay_counts_from": "plug_in"}},
    ],
    ids=str,
)
def test_another_scenario_is_noticed(changes: dict[str, Any], tmp_path: Path) -> None:
    group = small_suite(tmp_path).groups[1]
    SITE.replace(**changes).save(group.scenario)
    with pytest.raises(InputError, match="no longer what the suite has frozen"):
        group.load()
    group.frozen().load()


def test_other_ways_to_draw_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = small_suite(tmp_path).groups[0]

    def another(scenario: Any, seed: int) -> Schedule:
        schedule = generate_schedule(scenario, seed)
        return Schedule(schedule.sessions.with_columns(pl.col("energy_arrival_kwh") * 0.99999), schedule.info)

    monkeypatch.setattr(suite, "generate_schedule", another)
    with pytest.raises(InputError, match="group three"):
        group.load()


PUBLIC_10_IN_VERSION_1 = """\
name = "public-10"
step_minutes = 5.0
horizon_steps = 288
coordinator = "proportional"
extra_observations = []
stations = [
    { power_min_kw = 0.0, power_max_kw = 11.0 },
    { power_min_kw = 0.0, power_max_kw = 11.0 },
    { power_min_kw = 0.0, power_max_kw = 11.0 },
    { power_min_kw = 0.0, power_max_kw = 11.0 },
    { power_min_kw = 0.0, power_max_kw = 11.0 },
    { power_min_kw = 0.0, power_max_kw = 11.0 },
    { power_min_kw = 0.0, power_max_kw = 22.0 },
    { power_min_kw = 0.0, power_max_kw = 22.0 },
    { power_min_kw = 0.0, power_max_kw = 22.0 },
    { power_min_kw = 0.0, power_max_kw = 22.0 },
]

[area]
power_min_kw = 0.0
power_max_kw = 44.0

[population]
kind = "site"
profile = "public"
day = "weekday"
start_hour = 4.0
sessions_per_day = 24.0
pev_models = "europe"
target_soc_max = 0.9
efficiency = 0.9
transition_soc = 0.8
patience_minutes = 15.0

[reward]
soc = 1.0
local = 2.0
area = 2.0
departure = 0.0
exponent = 1.0
sharing = 0.0
"""


def test_the_digest_is_that_of_numbers_to_a_millionth() -> None:
    scenario = load_scenario("public-10")
    schedules = [generate_schedule(scenario, seed) for seed in (3, 4)]
    lines = [PUBLIC_10_IN_VERSION_1]
    for schedule in schedules:
        for name in [one for one in COLUMNS if one not in MAY_BE_LEFT_OUT]:
            values = schedule.sessions[name].to_list()
            if COLUMNS[name] == pl.Float64:
                values = [None if value is None else round(value * 1e6) for value in values]
            lines.append(f"{name}: {', '.join(map(str, values))}\n")
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert digest_of(scenario, schedules) == digest

    def moved(by: float) -> str:
        table = schedules[1].sessions.with_columns(pl.col("energy_arrival_kwh") + by)
        return digest_of(scenario, [schedules[0], Schedule(table)])

    assert moved(1e-12) == digest, "as other libraries may round"
    assert moved(2e-6) != digest
    assert digest_of(scenario, schedules[::-1]) != digest
    assert digest_of(scenario, schedules[:1]) != digest
    assert digest_of(scenario.replace(name="another"), schedules) != digest
    assert digest_of(scenario.replace(population={"stay_counts_from": "plug_in"}), schedules) != digest


def test_groups_are_chosen_by_name_in_the_suites_own_order() -> None:
    chosen = V1.choose(["jpl-52", "paper-5x20"])
    assert [group.name for group in chosen.groups] == ["paper-5x20", "jpl-52"]
    assert V1.choose(None) == V1
    with pytest.raises(
        InputError, match=r"groups: jpl, 5: unknown; there are paper-5x20, workplace-20, .*jpl-52-erring"
    ):
        V1.choose(["jpl", "jpl-52", "5"])
    with pytest.raises(InputError, match="groups: must be at least one; there are paper-5x20"):
        V1.choose([])


def test_there_is_no_other_version_and_no_group_out_of_bounds() -> None:
    with pytest.raises(InputError, match=r"version: must be one of 1 \(it is 2\)"):
        load_suite(2)
    group = V1.groups[0].model_dump()
    for wrong in ({"instances": 0}, {"instances": 257}, {"first_seed": -1}, {"stated_error_hours": "late"}, {"x": 1}):
        with pytest.raises(ValueError, match="1 validation error"):
            Suite(version=1, groups=(group | wrong,))  # type: ignore[arg-type]  # as from a file
