"""Write the generated parts of the documentation again: what the code tells of itself, between marks in docs/.

Takes a second. A test holds that what stands there is what this script makes.
"""

import ast
import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, get_type_hints

import readme_block
import tyro
from docstrings import to_markdown
from pydantic import BaseModel

import pev_battery_charge as pbc
from pev_battery_charge.catalogue import COORDINATORS, DEFAULT_FEATURES, DEFAULT_TERMS, FEATURES, TERMS
from pev_battery_charge.catalogue.registry import Entry, Feature
from pev_battery_charge.core.records import AREA, BATTERY, BILL, BOOKS, METER, MOMENT, SERVED, STATION, STEP
from pev_battery_charge.envs.central import CentralArea
from pev_battery_charge.envs.parallel import ParallelArea
from pev_battery_charge.envs.vector import VectorArea
from pev_battery_charge.importers import import_sessions  # noqa: F401  registers the readers
from pev_battery_charge.importers.recorded import OWN, READERS
from pev_battery_charge.populations.base import _KINDS

ROOT = Path(__file__).parent.parent
PACKAGE: Final = "pev_battery_charge"
FLOORS_FILE: Final = "tests/test_imports_run_one_way.py"

UNITS: Final = {
    "_kwh": "kWh",
    "_kw": "kW",
    "_hours": "h",
    "_hour": "h",
    "_h": "h",
    "step": "steps",
    "_steps": "steps",
    "_price": "currency/kWh",
    "_soc": "1",
    "efficiency": "1",
    "_per_kwh": "kg/kWh",
    "_kg": "kg",
    "cost": "currency",
    "demand_price": "currency/kW",
}
"""The unit that the end of a field's name tells; the longest end counts."""

MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    'area["..."]': {
        "power_min_kw": "what the area should draw at least, in the reward only; negative: the export bound",
        "power_max_kw": "the cap",
        "lower_kw": "power_min_kw, less base load and sun: what the stations together may draw at least",
        "upper_kw": "the cap, less base load and sun: what they may draw at most",
        "step_hours": "length of a step",
        "start_hour": "local hour of the day at which the episode begins",
        "start_weekday": "local day of the week on which the episode begins, Monday is 0; -1 where it has no date",
        "start_year_day": "local day of the year, the first of January is 0; -1 where it has no date",
        "clock_change_h": "hours after its start when the local clock is put forward or back; see `pbc.hour_of_day`",
        "clock_shift_h": "how far it is put forward then; likewise",
        "request_kw": "sum of the requests in the step just made, after clipping",
        "power_kw": "what all stations drew together in the step just made",
        "potential_kw": "what all plugged PEVs below their ceilings could draw at full power; likewise",
        "potential_before_kw": "the same in the step before",
        "stations_served": "how many stations served a PEV in it; told where there is a meter",
        "stations_occupied": "how many stations hold a vehicle, or a battery of the site, now; likewise",
        "books": "energy from the start of the episode; a `BOOKS`",
        "meter": "what the meter reads; a `METER`",
        "unmet_kwh": "what PEVs that have left lacked to their targets, from the start of the episode",
        "step": "t: how many steps have been made",
        "horizon_steps": "T: steps of an episode",
        "forecast_key": "which errors forecasts have; see `core.forecast`",
        "forecast_error": "their standard deviation an hour ahead, as a part of the value; 0: forecasts are right",
    },
    'station["..."]': {
        "power_min_kw": "lower bound of a request",
        "power_max_kw": "upper bound of a request",
        "least_kw": "least power that the station can give at all",
        "energy_kwh": "energy in the battery of the PEV that is plugged in now",
        "target_kwh": "energy that it should hold at departure",
        "battery": "its battery; a `BATTERY`",
        "books": "its energy since it was plugged in; a `BOOKS`",
        "session": "row of its session; -1 while no PEV is plugged in, when all that is told of a PEV means nothing",
        "depart_stated_step": "step at whose beginning it leaves, as its driver said",
        "store": "1 where it is a battery of the site",
        "made": "the step just made; a `STEP`",
        "served": "more of the step just made, for the PEV served in it; a `SERVED`, told where there is a meter",
        "hidden": "the clock's own: not to be read, it is the future",
        "turn": "the coordinator's own: not to be read",
    },
    'station["made"]["..."]': {
        "asked_kw": "what the policy asked for, before clipping",
        "request_kw": "what is left of it after clipping",
        "acceptance_kw": "what the battery would have taken; inside a rule: the claim",
        "power_kw": "what was granted, and flowed",
        "energy_kwh": "energy in the battery at the step's end; 0 at an empty station",
        "target_kwh": "energy that it should hold at departure; 0 at an empty station",
        "reward": "what the station earned",
        "session": "row of the session served in the step; -1 for none",
        "departed": "1 where its PEV left at the step's end, else 0",
    },
    'station["battery"]["..."]': {
        "capacity_kwh": "capacity",
        "power_max_kw": "the PEV's own limit, on the grid side",
        "efficiency": "stored energy over grid energy",
        "transition_soc": "state of charge above which it tapers; 1: nowhere",
        "power_min_kw": "the limit of what it gives, at most 0, on the grid side",
        "efficiency_out": "energy given to the grid over energy taken out",
        "energy_min_kwh": "the floor, down to which it is discharged",
        "energy_max_kwh": "the ceiling, up to which it is charged where that is above its target",
    },
    'station["books"]["..."], area["books"]["..."]': {
        "grid_kwh": "drawn from the grid",
        "stored_kwh": "stored in batteries",
        "loss_kwh": "lost on the way",
        "grid_out_kwh": "given to the grid",
    },
    'station["served"]["..."]': {
        "bill": "what the step cost; a `BILL`",
        "throughput_kwh": "what went into the battery or out of it",
        "capacity_kwh": "capacity of the battery",
        "wanted_kwh": "what the PEV lacked to its target on arrival",
        "beyond_kwh": "what was requested beyond the battery's ceiling or floor, in the battery",
    },
    'station["served"]["bill"]["..."], area["meter"]["bill"]["..."]': {
        "cost": "of energy; negative where it was earned",
        "demand_cost": "of the highest import; negative where it was saved",
        "carbon_kg": "emitted for it",
    },
    'area["meter"]["..."]': {
        "net_kw": "net power in the step just made: stations + base load - sun, less what was curtailed",
        "base_kw": "the same without stations and curtailment",
        "curtailed_kw": "solar power beyond the export bound",
        "overload_kw": "base load beyond the cap",
        "import_kwh": "energy from the grid, from the start of the episode",
        "export_kwh": "energy to the grid",
        "curtailed_kwh": "solar energy beyond the export bound",
        "overload_kwh": "energy of the base load beyond the cap",
        "bill": "of the area; a `BILL`",
        "base_bill": "what the bill would be without the stations; a `BILL`",
        "peak_kw": "highest import so far of the billing period",
        "billing_period": "number of the billing period",
    },
    'moments[t]["..."]': {
        "buy_price": "price of energy from the grid",
        "sell_price": "price of energy to the grid",
        "load_kw": "what the site draws beside the stations",
        "solar_kw": "solar power of the site",
        "carbon_kg_per_kwh": "carbon intensity of the grid",
        "target_kw": "power that the area is asked to follow",
        "cap_kw": "a further limit of the area in this step; infinite where there is none",
        "demand_price": "price of the highest import of the billing period",
        "billing_period": "number of the billing period",
    },
}
"""What each field of the records means, record by record."""

RECORDS: Final = (AREA, STATION, STEP, BATTERY, BOOKS, SERVED, BILL, METER, MOMENT)
"""Their types, in the same order."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def own(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the package itself has registered."""
    return {
        name: one
        for name, one in entries.items()
        if (getattr(one, "plain", one).__module__ or "").split(".")[0] == PACKAGE
    }


def number(value: object) -> str:
    """A number, or another value, as a scenario's file has it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def meaning(made: object) -> str:
    """The first paragraph of a docstring, without what it raises."""
    return " ".join((inspect.getdoc(made) or "").split("\n\n")[0].split()).split("; raises")[0].removesuffix(".") + "."


def bounds_of(annotation: object) -> str:
    """The bounds that an annotation tells, as `> 0`."""
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    told = [
        f"{sign} {getattr(rule, name):g}"
        for field in getattr(annotation, "__metadata__", ())
        for rule in getattr(field, "metadata", ())
        for name, sign in signs.items()
        if hasattr(rule, name)
    ]
    return ", ".join(told)


def literals_of(entry: Entry) -> str:
    """The literals of an entry, their defaults and bounds."""
    hints = get_type_hints(entry.plain, include_extras=True)
    told = []
    for name, value in entry.literals.items():
        bounds = bounds_of(hints.get(name))
        told.append(f"`{name} = {number(value)}`" + (f" ({bounds})" if bounds else ""))
    return ", ".join(told) or "-"


def range_of(feature: Feature) -> str:
    """The bounds of a feature's values."""
    if feature.limit is not None:
        told = meaning(feature.limit).removesuffix(".")
        low = f"{feature.low:g}"
        if feature.lower_limit is not None:
            low += f", or {meaning(feature.lower_limit).removesuffix('.')} where that is negative,".replace(
                "The", "the"
            )
        return f"{low} to {told[0].lower()}{told[1:]}"
    if math.isinf(feature.low) and math.isinf(feature.high):
        return "any"
    if math.isinf(feature.high):
        return f"from {feature.low:g}"
    return f"up to {feature.high:g}" if math.isinf(feature.low) else f"{feature.low:g} to {feature.high:g}"


def scale_of(feature: Feature) -> str:
    """How a network is shown a feature."""
    if callable(feature.scale):
        return meaning(feature.scale)
    return "as it is" if feature.scale == 1.0 else f"divided by {feature.scale:g}"


def terms() -> str:
    """Every reward term."""
    rows = []
    for name, one in own(TERMS).items():
        weight = number(DEFAULT_TERMS[name]) if name in DEFAULT_TERMS else "-"
        rows.append((f"`{name}`", one.unit, weight, literals_of(one), "yes" if one.linear else "no", one.meaning))
    return table(("term", "unit", "weight by default", "literals", "known to the optimum", "meaning"), rows)


def features() -> str:
    """Every observation feature."""
    rows = [
        (f"`{name}`", one.unit, range_of(one), literals_of(one), scale_of(one), one.meaning)
        for name, one in own(FEATURES).items()
    ]
    return table(("feature", "unit", "values", "literals", "as a network sees it", "meaning"), rows)


def rules() -> str:
    """Every coordination rule."""
    tells = {"weight": "a weight", "place": "a place in line", "nothing": "nothing"}
    rows = [
        (f"`{name}`", one.unit if one.by != "nothing" else "-", tells[one.by], one.meaning)
        for name, one in own(COORDINATORS).items()
    ]
    return table(("rule", "unit", "what it tells", "meaning"), rows)


def populations() -> str:
    """Every kind of population, with its keys."""
    rows = [(f"`{name}`", keys_of(model), meaning(model)) for name, model in own(_KINDS).items()]
    return table(("kind", "keys and their defaults", "meaning"), rows)


def keys_of(model: type[BaseModel]) -> str:
    """The keys of a table of a scenario's file."""
    told = []
    for name, field in model.model_fields.items():
        if name != "kind":
            default = "" if field.is_required() or field.default is None else f" = {number(field.default)}"
            told.append(f"`{name}{default}`")
    return ", ".join(told)


def readers() -> str:
    """Every format of recorded sessions."""
    rows = [(f"`{name}`", meaning(one)) for name, one in own(READERS).items()]
    rows.append((f"`{OWN}`", "A schedule without stations, CSV or Parquet, in minutes from the episode's start."))
    return table(("format", "meaning"), rows)


def seen_by_default() -> str:
    """What a station sees unless the scenario says otherwise."""
    rows = [
        (str(k), f"`{name}`", "0, 1" if name == "plugged" else FEATURES[name].unit, FEATURES[name].meaning)
        for k, name in enumerate(DEFAULT_FEATURES)
    ]
    return table(("#", "feature", "unit", "meaning"), rows)


def earned_by_default() -> str:
    """What a station earns unless the scenario says otherwise."""
    rows = [(f"`{name}`", number(weight), TERMS[name].meaning) for name, weight in DEFAULT_TERMS.items()]
    return table(("term", "weight by default", "meaning"), rows)


def unit_of(name: str) -> str:
    """The unit of a field, by its name; nothing for records, counts and flags."""
    ends = [end for end in UNITS if name.endswith(end)]
    return UNITS[max(ends, key=len)] if ends else ""


def records() -> str:
    """The fields of the records that terms, features and rules read."""
    parts = []
    for (where, meanings), kind in zip(MEANINGS.items(), RECORDS, strict=True):
        fields = kind.names or ()
        if set(fields) != set(meanings):
            raise SystemExit(f"scripts/make_docs.py: {where}: tells of {set(fields) ^ set(meanings)}, or does not")
        rows = [(f"`{name}`", unit_of(name), meanings[name]) for name in fields]
        parts.append(f"`{where}`\n\n{table(('field', 'unit', 'meaning'), rows)}")
    return "\n".join(parts)


def floors(root: Path = ROOT) -> Sequence[set[str]]:
    """The rooms of the package from the ground up, as the test of the imports has them."""
    tree = ast.parse((root / FLOORS_FILE).read_text(encoding="utf-8"))
    (found,) = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLOORS"
    ]
    told: Sequence[set[str]] = ast.literal_eval(found)
    return told


def rooms() -> str:
    """Every room, from the ground up."""
    rows = []
    for number, names in enumerate(floors()):
        for name in sorted(names):
            module = import_module(f"{PACKAGE}.{name}")
            folder = Path(module.__file__ or "").stem == "__init__"
            rows.append((str(number), f"`{name}/`" if folder else f"`{name}.py`", meaning(module)))
    return table(("floor", "room", "what it is"), rows)


def environments() -> str:
    """The page of each environment, from its docstring."""
    parts = []
    kinds = {"parallel": ParallelArea, "vector": VectorArea, "central": CentralArea}
    for name, env in kinds.items():
        page = to_markdown(inspect.getdoc(env) or "").replace("\n## ", "\n### ")
        parts.append(f"\n## The {name} environment\n\n{page.rstrip()}\n")
    return "".join(parts)


def names() -> str:
    """The public names by what they are, each for mkdocstrings to document."""
    parts = []
    kinds = {"Functions": inspect.isfunction, "Classes": inspect.isclass}
    for title, is_kind in kinds.items():
        listed = [f"::: {PACKAGE}.{name}" for name in sorted(pbc.__all__) if is_kind(getattr(pbc, name))]
        parts.append(f"\n## {title}\n\n" + "\n\n".join(listed) + "\n")
    return "".join(parts) + "\n"


def blocks() -> dict[tuple[str, str], str]:
    """Every table, by the file in which it stands and the name of its marks."""
    return {
        ("docs/catalogue.md", "terms"): terms(),
        ("docs/catalogue.md", "features"): features(),
        ("docs/catalogue.md", "rules"): rules(),
        ("docs/catalogue.md", "populations"): populations(),
        ("docs/catalogue.md", "readers"): readers(),
        ("docs/extending.md", "records"): "\n" + records() + "\n",
        ("docs/architecture.md", "rooms"): rooms(),
        ("docs/environment.md", "features"): seen_by_default(),
        ("docs/environment.md", "terms"): earned_by_default(),
        ("docs/environment.md", "environments"): environments(),
        ("docs/comparison.md", "comparison"): readme_block.read(ROOT / "README.md", "comparison"),
        ("docs/api.md", "names"): names(),
    }


def main(root: Path = ROOT) -> None:
    """Write every table between its marks."""
    made = blocks()
    for file, name in made:
        readme_block.split(root / file, name)
    for (file, name), text in made.items():
        readme_block.write(root / file, name, text)
        print(f"{file}: {name}")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
