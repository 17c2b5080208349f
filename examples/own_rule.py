"""A coordination rule of one's own: the cap is shared by the power that each PEV needs until it leaves.

A rule tells a weight, by which all stations are raised together until the cap is filled, or, `by="place"`, a place in
line, the lowest first. The package does the filling, so that the cap holds to the last bit whatever the rule says.

    python examples/own_rule.py

From this folder the command line knows it too: `pev --plugin own_rule simulate --coordinator needed_power`.
"""

import pev_battery_charge as pbc
from pev_battery_charge.evaluation import run, summarise


@pbc.coordinator(by="weight", unit="kW")
def needed_power(area, station, moments):
    """By the mean power that takes the PEV to its target at its stated departure."""
    hours = max(station["depart_stated_step"] - area["step"], 1) * area["step_hours"]
    return (station["target_kwh"] - station["energy_kwh"]) / (station["battery"]["efficiency"] * hours)


def main() -> None:
    """Play the same episode, every PEV asking for full power, under this rule and one of the package."""
    for rule in ("proportional", "needed_power"):
        trace = run(pbc.load_scenario("paper-5x20").replace(coordinator=rule), "uncontrolled", seed=0)
        summary = summarise(trace)
        full = f"{summary.pevs_full} of {summary.pevs} PEVs full"
        print(f"{rule}: {full}, highest power {summary.power_peak_kw:.1f} of {summary.power_cap_kw:.1f} kW")


if __name__ == "__main__":
    main()
