"""`python -m pev_battery_charge.cli`: the command `pev`."""

from pev_battery_charge.cli import main

if __name__ == "__main__":
    main()
