"""Progress bars: they count what their reader thinks in, and know the total from the start."""

import re
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

import pev_battery_charge as pbc
from pev_battery_charge.cli import main, regret
from pev_battery_charge.cli.console import errors
from tests.evaluation.small_suite import small_suite


class Terminal(StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error; standard output is none: results go into a file."""
    for name, value in (("TERM", "xterm"), ("COLUMNS", "140")):
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    shown = Terminal()
    monkeypatch.setattr(errors, "file", shown)
    monkeypatch.setattr(errors, "is_interactive", True)
    return shown


@pytest.fixture
def short(tmp_path: Path) -> Path:
    path = tmp_path / "short.toml"
    pbc.Scenario(name="short", horizon_steps=12, population={"pevs": 4, "stay_minutes": 30.0}).save(path)
    return path


def counts(terminal: Terminal, about: str) -> list[str]:
    """What stood beside the bar, each time it was drawn."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    lines = [line for line in re.split(r"[\r\n]", plain) if line.startswith(about)]
    return [text for line in lines for text in re.findall(r"[\d,]+/\S+ [a-z-]+", line)]


def test_evaluate_counts_the_episodes_of_all_controllers(terminal: Terminal, short: Path) -> None:
    main(["evaluate", "--scenario", str(short), "--episodes", "7", "--policies", "constant", "random"])
    seen = counts(terminal, "evaluating")
    assert (seen[0], seen[-1]) == ("0/14 episodes", "14/14 episodes")
    assert all(re.fullmatch(r"\d+/14 episodes", text) for text in seen)


def test_simulate_counts_the_steps_of_its_episode_and_then_frames(terminal: Terminal, short: Path) -> None:
    main(["simulate", "--scenario", str(short), "--gif", str(short.with_suffix(".gif"))])
    seen = counts(terminal, "simulating")
    assert (seen[0], seen[-1]) == ("0/12 steps", "12/12 steps")
    drawn = counts(terminal, "drawing")
    assert (drawn[0], drawn[-1]) == ("0/12 frames", "12/12 frames")


def test_regret_counts_episodes_with_those_of_the_optimum(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = small_suite(tmp_path)
    monkeypatch.setattr(regret, "load_suite", lambda: suite)
    main(["regret", "--controllers", "night", "uncontrolled", "--groups", "three"])
    seen = counts(terminal, "measuring regret")
    assert (seen[0], seen[-1]) == ("0/6 episodes", "6/6 episodes")


def test_smart_charging_counts_episodes_and_trainings(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pev_battery_charge.cli.smart_charging.pictures.write_returns", lambda *_, **__: None)
    monkeypatch.setattr("pev_battery_charge.cli.smart_charging.pictures.write_policy_map", lambda *_, **__: None)
    main(["smart-charging", "train", "--algorithm", "q", "--table.episodes", "300", "--out", str(tmp_path / "run")])
    seen = counts(terminal, "Q-learning")
    assert (seen[0], seen[-1]) == ("0/300 episodes", "300/300 episodes")


@pytest.mark.skipif(find_spec("stable_baselines3") is None, reason="needs the extra train")
def test_train_counts_agent_steps_and_then_episodes(terminal: Terminal, tmp_path: Path, short: Path) -> None:
    options = ["--steps", "120", "--areas", "2", "--network", "8"]
    options += ["--ppo.rollout-steps", "12", "--ppo.batch-size", "60"]
    options += ["--evaluation-episodes", "1", "--episodes", "2", "--no-gif"]
    main(["train", "--scenario", str(short), "--out", str(tmp_path / "run"), *options])
    seen = counts(terminal, "training")
    assert (seen[0], seen[-1]) == ("0/120 agent-steps", "120/120 agent-steps")
    assert counts(terminal, "evaluating")[0] == "0/8 episodes"


def test_where_standard_error_is_no_terminal_nothing_is_shown(short: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", "--scenario", str(short), "--episodes", "2", "--policies", "constant"])
    assert capsys.readouterr().err == ""
