"""The metrics of an episode: the one place that names them, with labels, units, and which way is better."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, Self

from pev_battery_charge.catalogue import TERMS

Better = Literal["more", "less"]

TERM_PREFIX: Final = "reward_"
"""What stands before the name of a reward's term in that of its metric."""

MONEY: Final = "currency"
"""The unit of amounts of money, in place of which tables have the scenario's."""


@dataclass(frozen=True)
class Metric:
    """What is known of a metric.

    name: its field in `Summary`, and its column in tables of episodes.
    label, unit: for people; metrics without a unit are counts and shares, and money has the unit `MONEY`. Labels are
        read one below the other, and those with a dash below what they are a part of.
    title: what it is called where it stands alone.
    better: whether more or less of it is better, where that can be said.
    digits: how many decimals a single value is shown with.
    whole: whether it is a whole number.
    """

    name: str
    label: str
    title: str
    unit: str
    better: Better | None
    digits: int
    whole: bool

    def text(self, value: float) -> str:
        """A single value, as people read it."""
        return f"{value:,.{0 if self.whole else self.digits}f}"

    def in_currency(self, currency: str) -> Self:
        """The same; money in this currency."""
        return replace(self, unit=currency) if self.unit == MONEY else self


def _metric(
    label: str, unit: str = "", better: Better | None = None, *, alone: str = "", digits: int = 2, **default: Any
) -> Any:
    about = {"label": label, "title": alone or label, "unit": unit, "better": better, "digits": digits}
    return field(metadata=about, **default)


def _metered(label: str, unit: str, better: Better | None = None, *, alone: str = "") -> Any:
    """A metric that only areas with a meter have: sites, and others with prices, load and sun."""
    return _metric(label, unit, better, alone=alone, default=None)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The result of one episode of one area. Energies are stored in batteries unless their name says `grid_`.

    attainable: what the PEVs could at most have got from full power (the lower of their own limit and their station's)
    in every step of their stay, through the battery's taper and never past the target, had there been no cap. An upper
    bound: where stations have a `least_kw`, the last bit below it cannot flow.

    satisfaction: of a PEV, the energy it got over the energy it wanted; 1 if it wanted none. It is counted over PEVs
    that were plugged in for at least one step, those still there at the end with what they have got by then.
    Jain's index, (sum x)^2 / (n sum x^2), is 1 where all are equally satisfied (also where no PEV got anything), and
    1/n where one PEV got everything.

    A request counts as above the cap in `steps_above_cap` if it is so by more than a millionth of the cap, which
    rounding can make; `excess_kwh` is the sum as it is.

    What the meter of a site reads is of the whole area: stations + base load - solar power. What the stations cost is
    its bill less that of the base load alone; costs have the scenario's currency, and are negative where they are
    earned.

    None is a metric that the episode does not have: the satisfaction of no PEVs, a share of nothing, the parts of the
    reward in a trace, the meter of an area that is no site.
    """

    pevs: int = _metric("PEVs that came")
    pevs_served: int = _metric("- with a station for at least one step", alone="PEVs with a station")
    pevs_waited: int = _metric("- after waiting for it", alone="PEVs that waited for a station")
    pevs_rejected: int = _metric("- without a station, drove on", alone="PEVs that found no station")
    pevs_too_short: int = _metric("- too short for a single step", alone="PEVs that stayed too short")
    pevs_full: int = _metric("- that reached their target", "", "more", alone="PEVs that reached their target")
    full_percent: float | None = _metric("- the same, of all", "%", "more", alone="PEVs that reached their target")
    energy_wanted_kwh: float = _metric("energy wanted by all of them", "kWh", alone="energy wanted")
    energy_attainable_kwh: float = _metric(
        "energy attainable at full power, without a cap", "kWh", alone="energy attainable"
    )
    energy_delivered_kwh: float = _metric("energy delivered into batteries", "kWh", "more")
    energy_unmet_kwh: float = _metric("energy lacking when they left or drove on", "kWh", "less", alone="energy unmet")
    energy_pending_kwh: float = _metric(
        "energy still lacking at the end, plugged in", "kWh", "less", alone="energy lacking at the end"
    )
    delivered_percent: float | None = _metric("energy delivered, of the attainable", "%", "more")
    unmet_percent: float | None = _metric("energy not delivered, of the attainable", "%", "less")
    satisfaction_mean: float | None = _metric("satisfaction of a PEV, mean", "", "more", digits=3)
    satisfaction_p5: float | None = _metric("satisfaction of a PEV, 5th percentile", "", "more", digits=3)
    satisfaction_jain: float | None = _metric("satisfaction of PEVs, Jain's index", "", "more", digits=3)
    power_peak_kw: float = _metric("highest power of the area", "kW")
    power_mean_kw: float = _metric("mean power of the area", "kW")
    power_cap_kw: float = _metric("cap of the area", "kW")
    request_peak_kw: float = _metric("highest total request", "kW", "less")
    steps_above_cap: int = _metric("steps with a total request above the cap", "", "less", alone="steps above the cap")
    excess_kwh: float = _metric("energy requested above the cap", "kWh", "less")
    grid_energy_kwh: float = _metric("energy drawn from the grid", "kWh")
    loss_kwh: float = _metric("energy lost in charging", "kWh")
    given_back_kwh: float | None = _metered("energy that PEVs gave back to the grid", "kWh", alone="energy given back")
    import_kwh: float | None = _metered("energy imported by the area", "kWh", alone="energy imported")
    export_kwh: float | None = _metered("energy exported by the area", "kWh", alone="energy exported")
    curtailed_kwh: float | None = _metered("solar energy curtailed", "kWh", "less")
    overload_kwh: float | None = _metered("energy of the base load above the cap", "kWh", "less")
    import_peak_kw: float | None = _metered("highest import of the area", "kW", "less", alone="highest import")
    cost: float | None = _metered("cost of the area's energy", MONEY, "less")
    base_cost: float | None = _metered("- without the stations", MONEY, alone="cost of the base's energy")
    stations_cost: float | None = _metered("- of the stations", MONEY, "less", alone="cost of the stations' energy")
    demand_cost: float | None = _metered("demand charge of the area", MONEY, "less")
    base_demand_cost: float | None = _metered("- without the stations", MONEY, alone="demand charge of the base")
    stations_demand_cost: float | None = _metered(
        "- of the stations", MONEY, "less", alone="demand charge of the stations"
    )
    carbon_kg: float | None = _metered("carbon of the area's energy", "kg", "less")
    base_carbon_kg: float | None = _metered("- without the stations", "kg", alone="carbon of the base's energy")
    stations_carbon_kg: float | None = _metered(
        "- of the stations", "kg", "less", alone="carbon of the stations' energy"
    )
    reward: float = _metric("reward, sum over stations and steps", "", "more", alone="reward of all stations")
    reward_per_station: float | None = _metric(
        "reward of a station, sum over steps", "", "more", alone="reward of a station", default=None
    )
    reward_terms: Mapping[str, float] = field(default_factory=dict)
    """What each weighted term made of the reward, by the term's name."""

    def rows(self, currency: str = "EUR") -> list[tuple[str, str, str]]:
        """Label, value and unit of each metric that the episode has, for a table; money has the scenario's currency."""
        rows = []
        for name, metric in METRICS.items():
            value = getattr(self, name) if name in _FIELDS else self.reward_terms.get(name.removeprefix(TERM_PREFIX))
            if value is not None:
                rows.append((metric.label, metric.text(value), metric.in_currency(currency).unit))
        return rows


_FIELDS: Final = {
    one.name: Metric(one.name, **one.metadata, whole=one.type is int) for one in fields(Summary) if one.metadata
}


class _Metrics(Mapping[str, Metric]):
    """The fields of a summary, and after the reward each registered term of it."""

    def __getitem__(self, name: str) -> Metric:
        if name in _FIELDS:
            return _FIELDS[name]
        label = TERMS[name.removeprefix(TERM_PREFIX)].label
        return Metric(name, f"- {label}", f"reward {label}", "", "more", digits=2, whole=False)

    def __iter__(self) -> Iterator[str]:
        for name in _FIELDS:
            yield name
            if name == "reward":
                yield from (TERM_PREFIX + term for term in TERMS)

    def __len__(self) -> int:
        return len(_FIELDS) + len(TERMS)


METRICS: Final[Mapping[str, Metric]] = _Metrics()
"""Every metric by its name, in the order of tables."""


def metrics_in(names: Collection[str]) -> list[str]:
    """Those of `METRICS` that are among the names, in its order.

    A table has the terms of its own scenarios only, and the meter's metrics only where there is one.
    """
    return [name for name in METRICS if name in names]


SITE_METRICS: Final = (
    *("given_back_kwh", "import_kwh", "export_kwh", "curtailed_kwh", "overload_kwh", "import_peak_kw"),
    *("cost", "base_cost", "stations_cost", "demand_cost", "base_demand_cost", "stations_demand_cost"),
    *("carbon_kg", "base_carbon_kg", "stations_carbon_kg"),
)
"""What only areas with a meter have."""

MAIN_SITE_METRICS: Final = (
    *("stations_cost", "stations_demand_cost", "stations_carbon_kg", "import_kwh", "export_kwh"),
    *("curtailed_kwh", "given_back_kwh", "import_peak_kw"),
)
"""What comparisons show of these unless they are asked for everything."""

MAIN_METRICS: Final = (
    *("reward", "energy_delivered_kwh", "energy_unmet_kwh", "delivered_percent", "full_percent"),
    *("satisfaction_mean", "satisfaction_p5", "satisfaction_jain"),
    *("power_peak_kw", "power_mean_kw", "excess_kwh", "loss_kwh"),
)
"""What comparisons show unless they are asked for everything."""

PLOTTED_METRICS: Final = (
    *("reward_per_station", "delivered_percent", "satisfaction_p5"),
    *("full_percent", "request_peak_kw", "excess_kwh"),
)
"""What pictures show."""
