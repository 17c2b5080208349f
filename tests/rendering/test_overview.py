"""The still of schedules side by side."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import StepPatch
from PIL import Image

from pev_battery_charge.errors import InputError
from pev_battery_charge.generate import generate_schedule
from pev_battery_charge.rendering import write_overview
from pev_battery_charge.rendering.canvas import house_style
from pev_battery_charge.rendering.overview import draw_overview
from pev_battery_charge.scenario import Scenario
from pev_battery_charge.schedule.table import Schedule
from pev_battery_charge.trace import Trace


def _schedule(pevs: int) -> tuple[str, Scenario, Schedule]:
    scenario = Scenario(population={"pevs": pevs})
    return f"{pevs} PEVs", scenario, generate_schedule(scenario, seed=0)


@pytest.mark.parametrize(("columns", "width"), [(1, 900), (2, 900), (3, 1350)])
def test_an_overview_is_a_png_with_a_column_for_each_schedule(tmp_path: Path, columns: int, width: int) -> None:
    path = tmp_path / "schedules.png"
    write_overview([_schedule(10), _schedule(30), _schedule(20)][:columns], path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size[0] == width
    assert list(tmp_path.iterdir()) == [path]


def test_occupancy_counts_plugged_pevs_and_marks_the_rejected(three_stations: Trace) -> None:
    scenario, schedule = three_stations.scenario, three_stations.schedule
    with house_style():
        figure = draw_overview([("by hand", scenario, schedule)]).figure
    occupancy = figure.axes[1]
    (patch,) = (artist for artist in occupancy.get_children() if isinstance(artist, StepPatch))
    values, edges, _ = patch.get_data()
    assert edges.tolist() == [0.0, 10.0, 60.0, 72.0, 78.0, 90.0, 110.0, 120.0]
    assert values.tolist() == [1, 2, 2, 3, 2, 3, 2], "one leaves station 1 as the next plugs in"
    crosses = [line for line in occupancy.get_lines() if line.get_marker() == "x"]
    np.testing.assert_array_equal(crosses[0].get_xdata(), [40.0])
    stations = [line for line in occupancy.get_lines() if line.get_marker() != "x"]
    np.testing.assert_array_equal(stations[0].get_ydata(), [3, 3])


def test_the_heads_tell_how_many_found_no_station() -> None:
    columns = [_schedule(10), _schedule(30)]
    with house_style():
        figure = draw_overview(columns).figure
    rejected = columns[1][2].sessions["station"].null_count()
    assert rejected > 0
    texts = [text.get_text() for text in figure.texts]
    assert texts[0::2] == ["10 PEVs", "30 PEVs"]
    assert texts[1::2] == [
        "5 stations, 10 PEVs, all found a station",
        f"5 stations, 30 PEVs, {rejected} found no station",
    ]


def test_what_cannot_be_written_is_refused_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_overview([], tmp_path / "schedules.jpg")
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "schedules"]
