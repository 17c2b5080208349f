"""Real charging sessions into schedules: one file for each format's reader, one entry point for all of them."""

from pev_battery_charge.importers.recorded import RecordedSessions, session_reader
from pev_battery_charge.importers.sessions import import_sessions

__all__ = ["RecordedSessions", "import_sessions", "session_reader"]
