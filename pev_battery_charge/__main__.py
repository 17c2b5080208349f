"""The command `pev`, as `python -m pev_battery_charge`."""

from pev_battery_charge.cli import main

if __name__ == "__main__":
    main()
