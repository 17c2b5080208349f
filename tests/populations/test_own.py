"""Populations of a researcher's own: registered, drawn through every door, and every mistake told."""

import copy
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Scenario, Simulation
from pev_battery_charge.core.records import SESSION, Status
from pev_battery_charge.populations import Site, SpreadPopulation, base
from tests.bits import bits
from tests.populations.depot import Depot
from tests.records import battery

NIGHT = Scenario(name="night", horizon_steps=144, population=Depot())


@pytest.fixture(autouse=True)
def kinds_as_before() -> Iterator[None]:
    """Forgets what a test has registered."""
    before = dict(base._KINDS)
    yield
    base._KINDS.clear()
    base._KINDS.update(before)


def problems(kind: Any, model: Any) -> tuple[str, ...]:
    with pytest.raises(InputError, match="population") as raised:
        pbc.population(kind)(model)
    return raised.value.problems


def bare(**names: Any) -> type:
    """A subclass that is not registered yet."""
    return type("Bare", (pbc.Population,), {"__module__": "elsewhere", "draw": Depot.draw, **names})


def test_a_population_of_one_s_own_comes_back_from_text_file_copy_and_pickle(tmp_path: Path) -> None:
    assert Scenario.from_toml(NIGHT.to_toml()) == NIGHT
    table = '[population]\nkind = "depot"\nvans = 2\nstart_hour = 18.0\nsource = "a made-up depot"\n\n[reward]\n'
    assert table in NIGHT.to_toml()
    NIGHT.save(tmp_path / "night.toml")
    assert Scenario.load(tmp_path / "night.toml") == NIGHT
    for again in (copy.deepcopy(NIGHT), pickle.loads(pickle.dumps(NIGHT)), NIGHT.replace(name="night")):  # noqa: S301
        assert again == NIGHT
        assert hash(again) == hash(NIGHT)
    assert Scenario.model_validate_json(NIGHT.model_dump_json()) == NIGHT
    assert NIGHT.replace(population={"vans": 3}).population == Depot(vans=3)
    assert Scenario().replace(population={"kind": "depot", "vans": 1}).population == Depot(vans=1)


def test_it_is_drawn_alike_by_every_door() -> None:
    schedule = pbc.generate_schedule(NIGHT, seed=7)
    simulation = Simulation(NIGHT, num_areas=3)
    simulation.reset(seed=6)
    assert simulation.schedule(1) == schedule
    assert simulation.areas["start_hour"].tolist() == [18.0] * 3
    envs = pbc.vector_env(NIGHT, num_areas=3)
    envs.reset(seed=6)
    assert bits(envs.simulation.sessions) == bits(simulation.sessions)
    info = schedule.info
    assert (info.generator, info.source, info.start) == ("depot", "a made-up depot", "18:00")
    assert schedule.sessions["efficiency"].unique().to_list() == [0.92]


def test_areas_go_on_from_episode_to_episode() -> None:
    simulation = Simulation(NIGHT)
    simulation.reset(seed=0)
    first = simulation.schedule()
    simulation.reset()
    assert simulation.schedule().sessions["arrival_min"].to_list() != first.sessions["arrival_min"].to_list()
    simulation.reset(seed=0)
    assert simulation.schedule() == first


def test_schedules_of_unlike_length_are_padded_to_the_longest() -> None:
    class Some(pbc.Population):
        def draw(self, random: np.random.Generator, site: Site) -> pbc.Instance:
            return Depot(vans=int(random.integers(1, 6))).draw(random, site)

    pbc.population("some")(Some)
    simulation = Simulation(NIGHT.replace(population={"kind": "some"}), num_areas=40)
    simulation.reset(seed=0)
    counts = (simulation.sessions["status"] != Status.PADDING).sum(axis=1)
    assert set(counts) == {1, 2, 3, 4, 5}
    assert simulation.sessions.shape == (40, 5)
    assert simulation.areas["start_hour"].tolist() == [0.0] * 40
    assert simulation.schedule().info.source is None


def test_a_population_may_draw_a_whole_batch_into_records() -> None:
    class Batch(pbc.Population):
        def generator(self, _: Site) -> pbc.Generator:
            return self

        def draw(self, random: Sequence[np.random.Generator]) -> pbc.InstanceRecords:  # type: ignore[override]
            sessions = np.zeros((len(random), 1), SESSION)
            sessions["departure_min"] = [[60.0 + one.random()] for one in random]
            sessions["departure_stated_min"] = sessions["departure_min"]
            sessions["energy_target_kwh"] = 20.0
            sessions["battery"] = battery(20.0, 11.0, 0.9, 1.0)
            sessions["status"] = Status.SERVED
            return pbc.InstanceRecords(sessions)

    pbc.population("batch")(Batch)
    scenario = Scenario(population={"kind": "batch"})
    expected = [60.0 + np.random.default_rng(seed).random() for seed in (3, 4)]
    simulation = Simulation(scenario, num_areas=2)
    simulation.reset(seed=3)
    assert simulation.sessions["departure_min"].ravel().tolist() == expected
    assert pbc.generate_schedule(scenario, 4).sessions["departure_min"].to_list() == expected[1:]


def test_a_schedule_that_does_not_fit_and_what_is_none_name_the_kind_and_change_nothing() -> None:
    simulation = Simulation(NIGHT.replace(population={"vans": 6}))
    with pytest.raises(InputError, match=r"population 'depot', schedule: row 6, station: unknown station: .* 0 to 4"):
        simulation.reset(seed=0)
    assert simulation.over

    @pbc.population("nothing")
    class Nothing(pbc.Population):
        def draw(self, *_: Any) -> pbc.Instance:
            return None  # type: ignore[return-value]

    with pytest.raises(InputError, match=r"population 'nothing', what it draws: must be an Instance \(it is None\)"):
        pbc.generate_schedule(Scenario(population=Nothing()))

    @pbc.population("broken")
    class Broken(pbc.Population):
        def draw(self, random: np.random.Generator, site: Site) -> pbc.Instance:
            return pbc.Instance(pbc.Schedule(Depot().draw(random, site).schedule.sessions.drop("efficiency")))

    with pytest.raises(InputError, match="population 'broken', schedule: column 'efficiency' is missing"):
        pbc.generate_schedule(Scenario(population=Broken()))


def test_a_population_tells_where_it_does_not_fit_the_scenario() -> None:
    @pbc.population("long")
    class Long(Depot):
        def check_fit(self, site: Site) -> None:
            if site.horizon_minutes < 1440.0:
                raise ValueError("population 'long' needs a day")

    with pytest.raises(InputError, match="scenario: scenario: population 'long' needs a day"):
        Scenario.from_toml('[population]\nkind = "long"')
    assert isinstance(Scenario(horizon_steps=288, population={"kind": "long"}).population, Long)


def test_its_fields_are_checked_at_their_place() -> None:
    with pytest.raises(InputError) as raised:
        NIGHT.replace(population={"vans": 0, "lorries": 3, "kind": "depot"})
    assert raised.value.problems == (
        "population.vans: Input should be greater than or equal to 1 (it is 0)",
        "population.lorries: Extra inputs are not permitted",
    )


def test_an_unknown_kind_is_told_with_those_near_it_first_and_how_to_make_it_known() -> None:
    with pytest.raises(InputError) as raised:
        Scenario.from_toml('[population]\nkind = "deppot"')
    (problem,) = raised.value.problems
    assert problem.startswith("population: unknown population 'deppot'; there are depot, ")
    assert "site" in problem
    assert "spread" in problem
    assert problem.endswith("One of your own must be registered first: import its module, or pev --plugin MODULE")
    with pytest.raises(InputError, match=r"population: unknown population \['depot'\]"):
        Scenario.from_toml('[population]\nkind = ["depot"]')


def test_a_class_that_is_not_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="Bare must be registered first"):
        Scenario(population=bare()())
    with pytest.raises(ValueError, match="Bare must be registered first"):
        Scenario(population=type("Bare", (SpreadPopulation,), {"__module__": "elsewhere"})())


def test_a_cell_that_runs_again_replaces_its_class_and_another_class_does_not() -> None:
    first, again = bare(), bare()
    assert pbc.population("mine")(first) is first
    assert pbc.population("mine")(again) is again
    assert type(Scenario(population={"kind": "mine"}).population) is again
    assert type(Scenario(population=first()).population) is first
    other = type("Other", (pbc.Population,), {"__module__": "elsewhere", "draw": Depot.draw})
    assert problems("mine", other) == ("the name is already that of elsewhere.Bare",)
    assert problems("spread", other) == (
        "the name is already that of pev_battery_charge.populations.spread.SpreadPopulation",
    )
    assert problems("yours", again) == ("is already registered as 'mine'",)


@pytest.mark.parametrize("kind", ["", "Depot", "my depot", "9", "a" * 33, "dépôt", 5, None])
def test_a_bad_name_is_refused(kind: Any) -> None:
    (problem,) = problems(kind, bare())
    assert problem.startswith("the name must be at most 32 lower-case letters, digits, '-' and '_'")


@pytest.mark.parametrize("model", [dict, Depot(), Depot.draw, None])
def test_what_is_no_population_is_refused(model: Any) -> None:
    (problem,) = problems("mine", model)
    assert problem.startswith("must be a subclass of Population (it is ")


def test_a_population_that_draws_nothing_or_names_itself_otherwise_is_refused() -> None:
    class Idle(pbc.Population):
        pass

    class Misnamed(Depot):
        kind: str = "other"

    class Counted(Depot):
        kind: int = 0  # type: ignore[assignment]

    class Named(Depot):
        kind: Literal["named"] = "named"

    assert problems("idle", Idle) == ("must define draw, or generator",)
    for model in (Misnamed, Counted):
        assert problems("mine", model) == (
            "has a field 'kind' of its own: leave it out, the name is given by the registration",
        )
    assert pbc.population("named")(Named)().kind == "named"


def test_a_kind_is_no_other_s() -> None:
    assert (SpreadPopulation().kind, Depot().kind, SpreadPopulation(kind="spread").kind) == (
        "spread",
        "depot",
        "spread",
    )
    with pytest.raises(ValueError, match="must be 'depot', the name of Depot"):
        Depot(kind="spread")
