"""The one exception for bad input: it goes through processes, and vector environments raise it anew."""

import pickle

import gymnasium
import pytest

import pev_battery_charge as pbc
from pev_battery_charge import InputError, Scenario

ERRORS = (
    InputError("day.csv", ["row 1, pev: must be given"]),
    InputError("day.csv", ["one", "two"]),
    InputError("day.csv", [f"problem {number}" for number in range(50)]),
    InputError("all that there is to tell"),
)
SMALL = Scenario(name="small", horizon_steps=4, stations={"count": 2}, population={"pevs": 2, "stay_minutes": 10.0})


def make_env() -> gymnasium.Env:
    return pbc.central_env(SMALL)


@pytest.mark.parametrize("error", ERRORS)
def test_it_is_pickled_as_it_is(error: InputError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  its own
    assert type(again) is InputError
    assert (again.subject, again.problems, str(again)) == (error.subject, error.problems, str(error))


@pytest.mark.parametrize("error", ERRORS)
def test_made_anew_of_its_text_or_of_itself_it_tells_the_same(error: InputError) -> None:
    assert str(type(error)(str(error))) == str(error)
    again = type(error)(error)
    assert (again.subject, again.problems, str(again)) == (error.subject, error.problems, str(error))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*(Received the following error|last exception|\\n):UserWarning")  # Gymnasium's log
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_a_vector_environment_in_processes_raises_it_with_its_text(context: str) -> None:
    vector = gymnasium.vector.AsyncVectorEnv([make_env] * 2, context=context)
    vector.reset(seed=0)
    try:
        with pytest.raises(InputError, match=r"nowhere\.csv: no such file"):
            vector.reset(options={"schedule": "nowhere.csv"})
    finally:
        vector.close(terminate=True)
