"""A reader of a format of one's own: registered, checked, and imported by the door that all formats share."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import pev_battery_charge as pbc
from pev_battery_charge import InputError, import_sessions
from pev_battery_charge.importers.recorded import READERS
from pev_battery_charge.importers.report import Note
from tests.importers.import_files import charge_at_full_power

FILE = """id;plug;from;until;kWh
a;7;2023-05-01T08:00+0200;2023-05-01T12:00+0200;10
b;9;2023-05-01T09:00+0200;2023-05-01T17:30+0200;7
c;7;2023-05-01T12:30+0200;2023-05-01T18:00+0200;0
d;9;2023-05-02T12:30+0200;2023-05-02T18:00+0200;5
"""


def read_office(path: Path) -> pbc.RecordedSessions:
    """All that a researcher writes for a new site."""
    table = pl.read_csv(path, separator=";")
    moments = (pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M%z") for name in ("from", "until"))
    sessions = table.with_columns(moments).select(
        session_id="id",
        station_id=pl.col("plug").cast(pl.String),
        arrival="from",
        departure="until",
        delivered_kwh="kWh",
    )
    return pbc.RecordedSessions(sessions, time_zones=("Europe/Amsterdam",))


@pytest.fixture(autouse=True)
def office(tmp_path: Path) -> Iterator[Path]:
    """The reader, registered, and a file for it."""
    before = dict(READERS)
    pbc.session_reader("office")(read_office)
    path = tmp_path / "office.csv"
    path.write_text(FILE, encoding="utf-8")
    yield path
    READERS.clear()
    READERS.update(before)


def refused(path: Path, found: Any, **arguments: Any) -> tuple[str, ...]:
    """What is wrong with what a reader has found."""
    pbc.session_reader("wrong")(lambda _: found)
    with pytest.raises(InputError) as raised:
        import_sessions(path, "wrong", scenario="public-10", **arguments)
    return raised.value.problems


def test_its_sessions_become_a_schedule_that_runs(office: Path) -> None:
    schedule, report = import_sessions(office, "office", scenario="public-10")
    assert schedule.sessions["pev"].to_list() == ["a", "b"]
    assert schedule.sessions["arrival_min"].to_list() == [480.0, 540.0]
    assert schedule.sessions["station"].to_list() == [0, 1]
    info = schedule.info
    assert (info.generator, info.start, info.time_zone) == ("office", "2023-05-01 00:00", "Europe/Amsterdam")
    assert (report.read, report.kept, report.other_days) == (4, 2, 1)
    assert report.set_aside == (Note("row 3, session c", "it was delivered no energy"),)
    charged = charge_at_full_power(pbc.load_scenario("public-10"), schedule)
    assert charged["energy_unmet_kwh"].max() == pytest.approx(0.0, abs=1e-9)


def test_a_population_without_batteries_of_its_own_is_imported_with_those_of_a_site(office: Path) -> None:
    @pbc.population("bare")
    class Bare(pbc.Population):
        def draw(self, random: Any, site: Any) -> pbc.Schedule:
            raise NotImplementedError

    scenario = pbc.load_scenario("public-10").replace(population=Bare())
    schedule, _ = import_sessions(office, "office", scenario=scenario, stations="assigned")
    assert schedule.sessions.select("efficiency", "transition_soc").unique().rows() == [(0.9, 0.8)]


def test_what_a_reader_leaves_out_and_remarks_stands_in_the_report(office: Path) -> None:
    sessions = read_office(office).sessions.drop("station_id")
    pbc.session_reader("careful")(
        lambda _: pbc.RecordedSessions(
            sessions,
            scenario="residential-12",
            time_zones=("Europe/Amsterdam",),
            set_aside=(Note("row 9", "it is torn"),),
            remarks=("the site was closed in June",),
        )
    )
    schedule, report = import_sessions(office, "careful", stations="assigned")
    assert schedule.info.scenario == "residential-12"
    assert (report.read, report.kept, len(report.set_aside), report.other_days) == (5, 2, 2, 1)
    assert report.remarks == ("the site was closed in June",)
    with pytest.raises(InputError, match="has sessions without a station: give stations='assigned'"):
        import_sessions(office, "careful")


def test_an_unknown_format_is_told_with_those_near_it_first(office: Path) -> None:
    with pytest.raises(InputError, match=r"format must be one of office, acn, sessions \(it is 'offices'\)"):
        import_sessions(office, "offices")


def test_what_a_reader_gives_back_is_checked(office: Path) -> None:
    whole = read_office(office)

    def changed(**columns: Any) -> pbc.RecordedSessions:
        return pbc.RecordedSessions(whole.sessions.with_columns(**columns))

    assert refused(office, None) == ("must return RecordedSessions (it returned None)",)
    assert refused(office, pbc.RecordedSessions(whole.sessions.clear())) == ("it has no sessions",)
    assert refused(office, pbc.RecordedSessions(whole.sessions.drop("arrival", "delivered_kwh"))) == (
        "column 'arrival' is missing",
        "column 'delivered_kwh' is missing",
    )
    assert refused(office, changed(arrival=datetime(2023, 5, 1, 8))) == (
        "column 'arrival' must hold times with a time zone (it holds Datetime(time_unit='us', time_zone=None))",
    )
    assert refused(office, changed(departure=pl.lit("noon"))) == (
        "column 'departure' must hold times with a time zone (it holds String)",
    )
    noon = pl.Series([None, None, datetime(2023, 5, 1, tzinfo=UTC), None])
    assert refused(office, changed(arrival=noon)) == tuple(
        f"row {r}, arrival: cannot be used (it is None)" for r in (1, 2, 4)
    )
    assert refused(office, changed(delivered_kwh=pl.Series(["1", "x", "nan", "3"]))) == (
        "row 2, delivered_kwh: cannot be used (it is x)",
        "row 3, delivered_kwh: cannot be used (it is nan)",
    )
    assert refused(office, whole.__class__(whole.sessions)) == ("does not tell the site's time zone: give time_zone",)


def test_without_a_scenario_an_error_asks_for_it(office: Path) -> None:
    with pytest.raises(InputError, match="tells nothing of the stations: give the scenario"):
        import_sessions(office, "office")


def test_a_name_that_is_taken_and_what_cannot_be_called_are_refused() -> None:
    for name, problem in (
        ("acn", "the name is already that of pev_battery_charge.importers.acn.read_acn"),
        ("sessions", "the name is already that of a researcher's own sessions"),
        ("My Site", "the name must be at most 32 lower-case letters"),
    ):
        with pytest.raises(InputError, match=problem):
            pbc.session_reader(name)(read_office)
    with pytest.raises(InputError, match=r"session reader 'none': must be a function of a path \(it is 5\)"):
        pbc.session_reader("none")(5)  # type: ignore[arg-type]
    pbc.session_reader("office")(read_office)
