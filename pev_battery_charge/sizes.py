"""The upper bounds of all that users may ask for: far above what is of use, far below what a small machine can bear.

What is beyond is refused where it is given, by one `InputError`, before anything is allocated. A machine of 8 GB bears
all of this, and every number keeps so far from the largest of float32 (3e38) that no reward and no observation of the
package is infinite.

========================  =================  =======================================================================
bound                     value              of what
========================  =================  =======================================================================
MOST_STATIONS             100,000            stations of an area
MOST_SESSIONS             1,000,000          sessions of a schedule, or that a population draws for an area on average
MOST_STEPS                1,000,000          steps of an episode
MOST_MOMENTS              4,000,000          steps of an episode and of the look-ahead of its features
MOST_HORIZON_MINUTES      5,270,400          an episode: 3,660 days, ten years
SHORTEST_STEP_MINUTES     0.001              a step
MOST_AREAS                1,000,000          areas of a batch
MOST_THREADS              256                threads
MOST_EPISODES             1,000,000          episodes, or seeds, of an evaluation
LARGEST_SEED              2^128 - 1          a seed; what `numpy.random.SeedSequence` draws is below
MOST_RECORD_BYTES         3 x 2^30           the records of a batch together: areas, stations, sessions, moments, trace
MOST_FILE_BYTES           2^28               what a file holds, unpacked; of Parquet, what it takes on the disk
MOST_FILE_VALUES          2^28               rows times columns of a Parquet file
LEAST_POWER_KW            1e-6               a power above 0: of stations, areas and PEVs
MOST_POWER_KW             1e9                a power
MOST_REQUEST_KW           1e9                what a policy asks of a station, either way
LEAST_ENERGY_KWH          1e-6               a battery's capacity
MOST_ENERGY_KWH           1e9                a battery's capacity
LEAST_EFFICIENCY          1e-3               stored energy over grid energy
MOST_MINUTES              1e9                a time of a schedule, and how long a PEV waits
MOST_WEIGHT               1e9                weight of a reward term
MOST_EXPONENT             500                exponent of the missing share
MOST_MOMENT               1e9                a price, load or other value of a series, either way
MOST_TRAINING_STEPS       1e12               agent-steps of a training
MOST_NETWORK_WEIGHTS      20,000,000         weights of an actor, or of a critic
MOST_TRANSITIONS          10,000,000         transitions of a replay buffer, agent-steps of a rollout or a batch
MOST_ENVIRONMENTS         10,000             environments side by side, each an object of its own
MOST_LEARNING_EPISODES    10,000,000         episodes from which a table learns
MOST_TABLE_CELLS          10,000,000         values that tables learn together: of states and actions
MOST_FRAME_MS             60,000             how long a picture of a film is shown
MOST_FILM_FRAMES          10,000             pictures of a film
========================  =================  =======================================================================

Compiled kernels do not hear Ctrl-C while they run: work that may take long is cut into parts by `parts`.
"""

from collections.abc import Iterator
from typing import Final

MOST_STATIONS: Final = 100_000
MOST_SESSIONS: Final = 1_000_000
MOST_STEPS: Final = 1_000_000
MOST_MOMENTS: Final = 4_000_000
MOST_HORIZON_MINUTES: Final = 5_270_400.0
SHORTEST_STEP_MINUTES: Final = 1e-3
MOST_AREAS: Final = 1_000_000
MOST_THREADS: Final = 256
MOST_EPISODES: Final = 1_000_000
LARGEST_SEED: Final = 2**128 - 1
MOST_RECORD_BYTES: Final = 3 * 2**30
MOST_FILE_BYTES: Final = 2**28
MOST_FILE_VALUES: Final = 2**28
LEAST_POWER_KW: Final = 1e-6
MOST_POWER_KW: Final = 1e9
MOST_REQUEST_KW: Final = 1e9
LEAST_ENERGY_KWH: Final = 1e-6
MOST_ENERGY_KWH: Final = 1e9
LEAST_EFFICIENCY: Final = 1e-3
MOST_MINUTES: Final = 1e9
MOST_WEIGHT: Final = 1e9
MOST_EXPONENT: Final = 500.0
MOST_MOMENT: Final = 1e9
MOST_TRAINING_STEPS: Final = 10**12
MOST_NETWORK_WEIGHTS: Final = 20_000_000
MOST_TRANSITIONS: Final = 10_000_000
MOST_ENVIRONMENTS: Final = 10_000
MOST_LEARNING_EPISODES: Final = 10_000_000
MOST_TABLE_CELLS: Final = 10_000_000
MOST_FRAME_MS: Final = 60_000
MOST_FILM_FRAMES: Final = 10_000

PART_RECORDS: Final = 200_000
"""Records that a kernel takes in one call where it may take long: about a tenth of a second."""


def parts(count: int, records_each: int) -> Iterator[slice]:
    """`range(count)` in parts of about `PART_RECORDS` records, for kernels between whose calls Ctrl-C is heard.

    records_each: how many records each of the `count` has.
    """
    size = max(PART_RECORDS // max(records_each, 1), 1)
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))


def bytes_problems(**sizes: int) -> list[str]:
    """The problem of records that take more memory than they may, if they do.

    sizes: the bytes of each kind of records, by its name.
    """
    total = sum(sizes.values())
    if total <= MOST_RECORD_BYTES:
        return []
    shares = ", ".join(f"{name} {size / 2**30:,.1f}" for name, size in sizes.items() if size > 0)
    most = MOST_RECORD_BYTES / 2**30
    return [f"records: must take at most {most:g} GiB together (they would take {total / 2**30:,.1f}: {shares})"]
