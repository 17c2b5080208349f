"""The process model of the queue, as a lesson would show it: its log by hand, its summary, its command line."""

import subprocess
import sys

import numpy as np
import pytest

from pev_battery_charge import InputError
from tests.loading import ROOT, load_script

SCRIPT = ROOT / "scripts" / "simulate_queue.py"

FIRST_MINUTES = """\
minute 0: car 0 arrives
minute 0: car 0 begins to charge
minute 2: car 1 arrives
minute 2: car 1 begins to charge
minute 4: car 2 arrives
minute 5: car 0 leaves
minute 5: car 2 begins to charge
minute 6: car 3 arrives
minute 7: car 1 leaves
minute 7: car 3 begins to charge
minute 8: car 4 arrives
"""

IMPATIENT = """\
minute 0: car 0 arrives
minute 0: car 0 begins to charge
minute 1: car 1 arrives
minute 2: car 2 arrives
minute 3: car 3 arrives
minute 4: car 4 arrives
minute 4: car 1 drives on
minute 5: car 2 drives on
minute 6: car 0 leaves
minute 6: car 3 begins to charge
minute 7: car 4 drives on
minute 12: car 3 leaves
2 of 5 cars charged: longest wait 3 min, mean wait 1.5 min
"""
"""One spot, a car every minute that charges for six and waits for three: car 3 is served in its last minute."""


def told(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_goes_as_it_does_by_hand() -> None:
    """Two cars come in four minutes and one spot is taken for five: each pair waits a minute longer than the last."""
    run = told()
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(FIRST_MINUTES)
    lines = run.stdout.splitlines()
    for pair in range(10):
        for number, first in ((2 * pair, 0), (2 * pair + 1, 2)):
            assert [line for line in lines if f" car {number} " in line] == [
                f"minute {first + 4 * pair}: car {number} arrives",
                f"minute {first + 5 * pair}: car {number} begins to charge",
                f"minute {first + 5 * pair + 5}: car {number} leaves",
            ]
    assert lines[60:] == ["20 of 20 cars charged: longest wait 9 min, mean wait 4.5 min"]


def test_impatient_cars_drive_on_but_take_a_spot_that_comes_free_in_the_last_minute() -> None:
    numbers = {"cars": 5, "every-minutes": 1, "charging-minutes": 6, "spots": 1, "patience-minutes": 3}
    run = told(*(text for name, value in numbers.items() for text in (f"--{name}", str(value))))
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == IMPATIENT


def test_cars_that_wait_as_long_as_each_other_are_served_in_the_last_minute_one_after_the_other() -> None:
    model = load_script("simulate_queue")
    cars = [model.Car(0.0, 5.0), model.Car(0.0, 5.0), model.Car(0.0, 1.0), model.Car(0.0, 1.0), model.Car(0.0, 1.0)]
    visits = model.simulate(cars, 2, 5.0, log=lambda _: None)
    assert [visit.begin_min for visit in visits] == [0.0, 0.0, 5.0, 5.0, None]
    assert [visit.leave_min for visit in visits] == [5.0, 5.0, 6.0, 6.0, 5.0]


def test_a_seed_draws_the_same_cars_again_with_the_means_that_are_asked_for() -> None:
    model = load_script("simulate_queue")
    config = model.Config(cars=20_000, seed=1)
    cars = model.make_cars(config)
    assert cars == model.make_cars(config)
    assert cars != model.make_cars(model.Config(cars=20_000, seed=2))
    arrivals_min, charging_min = np.array(cars).T
    assert arrivals_min[0] == 0.0
    for minutes, mean in ((np.diff(arrivals_min), 2.0), (charging_min, 5.0)):
        # The standard error of an exponential's mean is the mean over the root of the number.
        assert minutes.mean() == pytest.approx(mean, rel=4.0 / np.sqrt(minutes.size))
        assert minutes.std() == pytest.approx(mean, rel=0.05)


def test_bad_numbers_are_told_at_once_with_exit_code_2() -> None:
    run = told("--cars", "0", "--every-minutes", "-1", "--charging-minutes", "0", "--spots", "0", "--seed", "-1")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("simulate_queue: command line: 5 problems\n")
    for name in ("cars", "every_minutes", "charging_minutes", "spots", "seed"):
        assert f"  {name}: must " in run.stderr


@pytest.mark.parametrize("name", ["every_minutes", "charging_minutes", "patience_minutes"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_minutes_are_finite_and_not_negative(name: str, value: float) -> None:
    model = load_script("simulate_queue")
    with pytest.raises(InputError, match=rf"^command line: {name}: must be "):
        model.check(model.Config(**{name: value}))


def test_a_missing_simpy_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_script("simulate_queue")
    monkeypatch.setattr(script, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r'^simpy: not installed: pip install -e "\.\[test\]"$'):
        script.check(script.Config())
