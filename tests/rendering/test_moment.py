"""What a frame shows is what the trace says."""

import numpy as np
import pytest

from pev_battery_charge.core.records import NO_SESSION
from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.runner import run
from pev_battery_charge.rendering.moment import Episode, Presence
from pev_battery_charge.scenario import scenario_names
from pev_battery_charge.trace import Trace

COMING, WAITING, PLUGGED, LEFT, REJECTED = Presence


@pytest.mark.parametrize("name", scenario_names())
def test_at_every_step_batteries_hold_what_the_trace_says(name: str) -> None:
    trace = run(name, "uncontrolled", seed=1)
    episode = Episode(trace.scenario, trace.schedule)
    for t in range(trace.num_steps + 1):
        moment = episode.moment(trace, t)
        np.testing.assert_array_equal(moment.energy_kwh, trace.session_energy_kwh[t])
        np.testing.assert_allclose(moment.delivered_kwh, trace.books.battery_kwh[:t].sum(), atol=1e-9)
        if t < trace.num_steps:
            plugged = np.zeros(len(episode.names), bool)
            plugged[trace.session[t][trace.session[t] != NO_SESSION]] = True
            np.testing.assert_array_equal(moment.presence == Presence.PLUGGED, plugged)


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (0, [PLUGGED, COMING, COMING, COMING, COMING, COMING]),
        (1, [PLUGGED, PLUGGED, COMING, COMING, COMING, COMING]),
        (4, [PLUGGED, PLUGGED, WAITING, REJECTED, COMING, COMING]),
        (6, [PLUGGED, LEFT, PLUGGED, REJECTED, COMING, COMING]),
        (8, [PLUGGED, LEFT, PLUGGED, REJECTED, LEFT, COMING]),
        (9, [PLUGGED, LEFT, PLUGGED, REJECTED, LEFT, PLUGGED]),
        (12, [LEFT, LEFT, LEFT, REJECTED, LEFT, LEFT]),
    ],
)
def test_each_pev_is_where_the_schedule_has_it(three_stations: Trace, t: int, expected: list[Presence]) -> None:
    moment = Episode(three_stations.scenario, three_stations.schedule).moment(three_stations, t)
    assert [Presence(code) for code in moment.presence] == expected


def test_only_a_pev_that_has_left_has_unmet_energy(three_stations: Trace) -> None:
    moment = Episode(three_stations.scenario, three_stations.schedule).moment(three_stations, 9)
    charged_kwh = 0.9 * 9.0 * 50.0 / 60.0
    np.testing.assert_allclose(moment.unmet_kwh, [0.0, 50.0 - 10.0 - charged_kwh, 0.0, 0.0, 4.0, 0.0])


def test_a_pev_that_stays_beyond_the_horizon_is_still_there_at_the_end() -> None:
    trace = run("residential-12", "constant", seed=0)
    episode = Episode(trace.scenario, trace.schedule)
    staying = episode.sessions["departure_min"] >= trace.scenario.horizon_minutes + trace.scenario.step_minutes
    presence = episode.moment(trace, trace.num_steps).presence
    assert staying.any()
    assert set(presence[staying]) == {Presence.PLUGGED}


def test_power_is_that_of_the_step_just_made_and_none_at_the_start(three_stations: Trace) -> None:
    episode = Episode(three_stations.scenario, three_stations.schedule)
    start, later = episode.moment(three_stations, 0), episode.moment(three_stations, 7)
    assert not start.power_kw.any()
    assert start.session.tolist() == [0, NO_SESSION, NO_SESSION]
    np.testing.assert_array_equal(later.power_kw, three_stations.power_kw[6])
    np.testing.assert_array_equal(later.session, three_stations.session[6])


def test_a_moment_that_the_trace_does_not_have_is_refused(three_stations: Trace) -> None:
    episode = Episode(three_stations.scenario, three_stations.schedule)
    for t in (-1, 13):
        with pytest.raises(InputError, match=rf"t: must be between 0 and the trace's 12 steps \(it is {t}\)"):
            episode.moment(three_stations, t)


def test_a_trace_of_another_scenario_and_schedule_is_refused(three_stations: Trace, paper: Trace) -> None:
    episode = Episode(three_stations.scenario, three_stations.schedule)
    with pytest.raises(InputError) as caught:
        episode.moment(paper, 193)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["scenario", "schedule", "t"]
