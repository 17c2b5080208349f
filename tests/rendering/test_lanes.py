"""Names of lanes: in two lines at most, and never two alike."""

from pev_battery_charge.rendering.lanes import lane_names
from pev_battery_charge.rendering.letters import text_width_px
from tests.rendering.conftest import LONG_NAMES


def test_long_names_are_cut_and_stay_different() -> None:
    labels = lane_names(LONG_NAMES)
    assert len(set(labels)) == len(labels)
    assert labels[0] == "constant"
    assert all(text_width_px(line) <= 128.0 for label in labels for line in label.split("\n"))
    assert all(label.count("\n") <= 1 for label in labels)
    same = [f"{'x' * 60}{k}{'y' * 60}" for k in range(3)]
    assert len(set(lane_names(same))) == 3
