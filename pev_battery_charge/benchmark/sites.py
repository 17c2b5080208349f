"""What a site costs: both directions, prices, base load, sun and sixteen features, beside an area with a cap alone."""

import statistics
from functools import partial

import numpy as np

from pev_battery_charge.benchmark.measurement import (
    MEGABYTE,
    Measurement,
    benchmark_scenario,
    fill_seconds,
    mean_seconds,
    readable,
    seconds_of,
)
from pev_battery_charge.core.units import MILLISECONDS_PER_SECOND
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.simulation import Simulation

_MICROSECONDS = 1e6
_FEATURES = ("time_left_h", "soc", "buy_price", "buy_price@1h", "sell_price", "solar_kw", "load_kw", "room_left_kw")


def benchmark_site(stations: int) -> Scenario:
    """The area of the other benchmarks with all that a site has."""
    flat = benchmark_scenario(stations)
    kw = 5.0 * stations
    return flat.replace(
        name=f"benchmark-site-{stations}",
        observations=[*flat.observations, *_FEATURES],
        area={"power_min_kw": -kw},
        stations={"count": stations, "power_min_kw": -22.0, "power_max_kw": 22.0},
        population={"power_min_kw": -11.0, "floor_soc": 0.1},
        series={
            "buy_price": {"of": "spot", "add": 0.1},
            "sell_price": {"of": "spot"},
            "load_kw": {"synthetic": "office", "peak_kw": kw / 2.0},
            "solar_kw": {"synthetic": "sun", "peak_kw": kw},
            "demand_price": 0.5,
        },
        reward={"terms": {name: {"weight": 1.0} for name in ("energy_cost", "demand_charge", "unmet_energy")}},
    )


def measure_sites(areas: int, stations: int, repeats: int) -> list[Measurement]:
    """Episodes of many sites on one thread beside those of areas with a cap alone, by turns; resets; and one site."""
    flat, site = benchmark_scenario(stations), benchmark_site(stations)
    random = np.random.default_rng(0)
    steps = site.horizon_steps
    requests = {
        name: random.uniform(least_kw, 22.0, (16, areas, stations))
        for name, least_kw in (("flat", 0.0), ("site", -22.0))
    }
    batches = {name: Simulation(one, areas, reuse_buffers=True) for name, one in (("flat", flat), ("site", site))}
    step_s: dict[str, list[float]] = {name: [] for name in batches}
    reset_s, single_s, fill_s = [], [], []
    single, own = Simulation(site), random.uniform(-22.0, 22.0, (steps, 1, stations))
    for turn in range(repeats + 1):
        for name, batch in batches.items():
            seconds = seconds_of(partial(batch.reset, seed=turn))
            reset_s += [seconds] if name == "site" else []
            step_s[name].append(mean_seconds(batch.step, [requests[name][k % 16] for k in range(steps)]))
        single.reset(seed=0)
        single_s.append(mean_seconds(single.step, own))
        fill_s.append(fill_seconds(batches["site"].moments.nbytes, 1))
    flat_s, site_s = (statistics.median(step_s[name][1:]) for name in ("flat", "site"))
    reset, fill = statistics.median(reset_s[1:]), statistics.median(fill_s)
    count = areas * stations / 1e6
    share = reset / (site_s * steps) * 100.0
    size_mb = batches["site"].moments.nbytes / MEGABYTE
    drawn = f"{readable(reset * MILLISECONDS_PER_SECOND)} ms for {areas:,} instances; filling their "
    drawn += f"{readable(size_mb)} MB of moments: {readable(fill * MILLISECONDS_PER_SECOND)} ms"
    own_us = statistics.median(single_s[1:]) * _MICROSECONDS
    beside = f"with a cap alone, by turns: {readable(count / flat_s)}"
    name = f"{areas:,} sites of {stations} stations, 1 thread"
    return [
        Measurement(name, count / site_s, "M station-steps/s", "at least 12", beside),
        Measurement("drawing the instances of sites at reset", share, "% of the episode", "under 33", drawn),
        Measurement(f"Simulation.step, one site of {stations} stations", own_us, "us", "under 12", ""),
    ]
