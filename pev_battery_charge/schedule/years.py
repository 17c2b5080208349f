"""The years that a schedule's dates may lie in, so that shifts of time zones stay inside the calendar."""

from typing import Final

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999
YEARS_RULE: Final = f"must be in the years {FIRST_YEAR} to {LAST_YEAR}"
