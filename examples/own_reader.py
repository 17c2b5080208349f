"""A reader of one's own: charging sessions in a site's own file format.

A reader is a function from a path to `RecordedSessions`, a table of what was recorded. All that is common to formats
happens after it: the choice of a day, the inference of batteries, the stations, the account of what was mended or set
aside.

    python examples/own_reader.py

From this folder the command line knows it too:
`pev --plugin own_reader schedule import garage.csv --format garage --scenario workplace-20 --out day.csv`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

import pev_battery_charge as pbc

EXPORT = """visit;plug;from;until;kWh
101;7;2024-05-06 08:02;2024-05-06 16:40;21.4
102;9;2024-05-06 08:45;2024-05-06 12:10;9.8
103;7;2024-05-06 17:05;2024-05-06 18:30;6.1
104;9;2024-05-07 08:30;2024-05-07 15:00;30.2
"""


@pbc.session_reader("garage")
def read_garage(path):
    """The export of a garage's management system: local times, one visit a row."""
    table = pl.read_csv(path, separator=";", schema_overrides={"visit": pl.String, "plug": pl.String})
    times = pl.col("from", "until").str.to_datetime("%Y-%m-%d %H:%M").dt.replace_time_zone("Europe/Amsterdam")
    sessions = table.with_columns(times).rename(
        {"visit": "session_id", "plug": "station_id", "from": "arrival", "until": "departure", "kWh": "delivered_kwh"}
    )
    return pbc.RecordedSessions(sessions, time_zones=("Europe/Amsterdam",))


def main() -> None:
    """Import one day of an export, and print the account of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "garage.csv"
        path.write_text(EXPORT, encoding="utf-8")
        schedule, report = pbc.import_sessions(path, "garage", scenario="workplace-20", day="2024-05-06")
    print(report)
    print(f"stations {schedule.sessions['station'].to_list()}")


if __name__ == "__main__":
    main()
