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

_HEADER_PX, _BARS_PX, _AREA_PX, _BELOW_PX = 62, 104, 130, 8
_BOTH_WAYS_PX, _SITE_PX, _PRICES_PX = 124, 150, 74
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

    def below(self, labels_px: float, height: float) -> "Box":
        """A plot below this one and the labels of this one, as wide as this one."""
        return Box(self.left, self.bottom + labels_px + TITLE_PX, self.width, height)


class Lanes:
    """The rows of a Gantt chart: one for each station, and one more for PEVs that found none, if there are any.

    Rows shrink with their number: roomy up to twenty, small up to eighty, hardly more than lines beyond.

    lane_px, bar_px: height of a row, and of the bar in it.
    gap_px: what of a row is left free above the bar.
    height_px: height of all rows.
    rejected_px: where the middle of the row of the rejected is.
    """

    def __init__(self, num_stations: int, *, rejected: bool) -> None:
        lane_px = min(_LANES_PX // num_stations, _LANE_MAX_PX)
        if lane_px < _LANE_SMALL_PX:
            lane_px = max(min(_MANY_LANES_PX // num_stations, _LANE_SMALL_PX), _LANE_MIN_PX)
        self.num_stations, self.lane_px, self.rejected = num_stations, lane_px, rejected
        self.gap_px = max(round(lane_px * _GAP_SHARE), 1)
        self.bar_px = lane_px - self.gap_px
        rejected_top_px = num_stations * lane_px + self.gap_px
        self.height_px = rejected_top_px + (max(lane_px, LINE_PX) if rejected else 0)
        self.rejected_px = (rejected_top_px + self.height_px) / 2


class Layout:
    """The plots of a frame, from top to bottom, and the picture's height.

    power_labels_px, battery_labels_px: the room that labels take below the first and the third plot.
    both_ways: whether stations may be discharged, which takes room below their axis.
    metered: whether the area's plot shows base load and sun, too.
    priced: whether there is a plot of prices below it, `prices`; None where there is none.
    """

    def __init__(
        self,
        lanes: Lanes,
        power_labels_px: float,
        battery_labels_px: float,
        *,
        both_ways: bool = False,
        metered: bool = False,
        priced: bool = False,
    ) -> None:
        bars_px = _BOTH_WAYS_PX if both_ways else _BARS_PX
        self.power = Box(LEFT_PX, _HEADER_PX + TITLE_PX, PLOT_WIDTH_PX, bars_px)
        self.schedule = self.power.below(power_labels_px, lanes.height_px)
        self.batteries = self.schedule.below(TICKS_PX, _BARS_PX)
        self.area = self.batteries.below(battery_labels_px, _SITE_PX if metered else _AREA_PX)
        self.prices = self.area.below(TICKS_PX, _PRICES_PX) if priced else None
        self.height_px = round((self.prices or self.area).bottom + TICKS_PX) + _BELOW_PX
