"""Where things stand in a picture, in pixels from its top left corner."""

from dataclasses import dataclass

from pev_battery_charge.rendering.style import WIDTH_PX

MARGIN_PX = 14
LEFT_PX = 70
RIGHT_PX = 18
PLOT_WIDTH_PX = WIDTH_PX - LEFT_PX - RIGHT_PX
TITLE_PX = 30
"""Above each plot: its title and legend."""
HEAD_PX = 58
"""Above the first plot of a still: two lines of text."""
BOTTOM_PX = 10
LINE_PX = 14
"""A line of small text."""
LABEL_GAP_PX = 4
"""Between an axis and its labels."""
TICKS_PX = 18
"""Below a plot: one line of tick labels."""

_HEADER_PX = 62
_POWER_PX = 104
_BATTERY_PX = 104
_AREA_PX = 130
_BELOW_PX = 8
_LANES_PX = 220
_LANE_MIN_PX, _LANE_SMALL_PX, _LANE_MAX_PX = 2, 7, 22
_MANY_LANES_PX = 560
_GAP_SHARE = 0.2


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """Its lower edge, from the top of the picture."""
        return self.top + self.height


@dataclass(frozen=True)
class Lanes:
    """The rows of a Gantt chart: one for each station, and one more for PEVs that found none, if there are any.

    lane_px: height of a row.
    gap_px: what of it is left free above the bar.
    """

    num_stations: int
    lane_px: int
    gap_px: int
    rejected: bool

    @property
    def bar_px(self) -> int:
        """Height of a bar."""
        return self.lane_px - self.gap_px

    @property
    def rejected_top_px(self) -> int:
        """Where the row of the rejected begins."""
        return self.num_stations * self.lane_px + self.gap_px

    @property
    def height_px(self) -> int:
        """Height of all rows."""
        return self.rejected_top_px + (max(self.lane_px, LINE_PX) if self.rejected else 0)


def make_lanes(num_stations: int, *, rejected: bool) -> Lanes:
    """Rows that shrink with their number: roomy up to twenty, small up to eighty, hardly more than lines beyond."""
    lane_px = min(_LANES_PX // num_stations, _LANE_MAX_PX)
    if lane_px < _LANE_SMALL_PX:
        lane_px = max(min(_MANY_LANES_PX // num_stations, _LANE_SMALL_PX), _LANE_MIN_PX)
    return Lanes(num_stations, lane_px, max(round(lane_px * _GAP_SHARE), 1), rejected)


@dataclass(frozen=True)
class Layout:
    """The plots of a frame, from top to bottom, and the picture's height."""

    power: Box
    schedule: Box
    batteries: Box
    area: Box
    height_px: int


def make_layout(lanes: Lanes, power_labels_px: float, battery_labels_px: float) -> Layout:
    """Stack the plots; `..._labels_px` is the room that labels take below the first and the third."""
    top = float(_HEADER_PX)
    boxes = []
    for height, below in (
        (_POWER_PX, power_labels_px),
        (lanes.height_px, TICKS_PX),
        (_BATTERY_PX, battery_labels_px),
        (_AREA_PX, TICKS_PX),
    ):
        box = Box(LEFT_PX, top + TITLE_PX, PLOT_WIDTH_PX, height)
        boxes.append(box)
        top = box.bottom + below
    power, schedule, batteries, area = boxes
    return Layout(power, schedule, batteries, area, round(top) + _BELOW_PX)
