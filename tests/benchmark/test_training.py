"""The benchmark of training measures what it says; how fast it is, no test can know."""

import re
from itertools import count
from types import SimpleNamespace

import pytest

from pev_battery_charge.benchmark import training as benchmark_training
from pev_battery_charge.benchmark.measurement import Measurement, benchmark_scenario
from pev_battery_charge.benchmark.training import (
    TrainingSizes,
    measure_all_training,
    measure_evaluation,
    measure_training,
    supersuit_env,
    time_rounds,
)
from pev_battery_charge.cli import main
from pev_battery_charge.training import PPOConfig, TrainConfig, requirements

TINY = TrainingSizes(areas=2, stations=3, rounds=2, supersuit_rounds=1, episodes=4, evaluations=1)


@pytest.fixture
def _extra() -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra train")
    pytest.importorskip("tensorboard", reason="needs the extra train")


@pytest.fixture
def _ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by one more second each time somebody looks at it: 0, 1, 3, 6, 10, ..."""
    looks = count()
    clock = SimpleNamespace(perf_counter=lambda: (k := next(looks)) * (k + 1) / 2)
    monkeypatch.setattr(benchmark_training, "time", clock)


@pytest.mark.usefixtures("_extra", "_ticking")
def test_rollouts_and_updates_are_told_apart_and_the_first_round_is_left_out() -> None:
    from pev_battery_charge.training.vec_env import AreaVecEnv  # noqa: PLC0415  of the extra `train`

    env = AreaVecEnv(benchmark_scenario(3), 2)
    told = count(0, 100)
    config = TrainConfig(ppo=PPOConfig(rollout_steps=4, batch_size=8, epochs=1))
    rounds = time_rounds(config, env, 3, env_seconds=lambda: next(told))
    assert [one.rollout for one in rounds] == [3.0, 5.0, 7.0]
    assert [one.update for one in rounds] == [4.0, 6.0, 8.0]
    assert [one.env for one in rounds] == [200.0] * 3
    assert rounds[0].seconds == 7.0


@pytest.mark.usefixtures("_extra")
def test_training_is_told_in_agent_steps_and_as_a_share_beside_supersuits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a round is made up: what a machine takes for it varies too much where it has other work."""
    rounds = [benchmark_training.Round(0.040, 0.060, 0.002)] * 2
    monkeypatch.setattr(benchmark_training, "time_rounds", lambda *_, **__: rounds)
    own, share, stacked = measure_training(TINY)
    agent_steps = 2 * 3 * TrainConfig().ppo.rollout_steps
    assert f"a round of {agent_steps:,}:" in own.beside
    rollout_ms, update_ms = (float(text.replace(",", "")) for text in re.findall(r"([\d,.]+) ms", own.beside))
    assert own.value == pytest.approx(agent_steps / (rollout_ms + update_ms) * 1e3, rel=1e-3)
    assert 0.0 < share.value < 100.0 * (rollout_ms + 1.0) / (rollout_ms + update_ms)
    if stacked.beside != "SuperSuit is not installed":
        ratio = float(re.findall(r"([\d.]+) times", stacked.beside)[0])
        assert own.value / stacked.value == pytest.approx(ratio, abs=0.06)


def test_supersuits_stack_has_as_many_agents() -> None:
    pytest.importorskip("supersuit", reason="needs SuperSuit")
    pytest.importorskip("stable_baselines3", reason="needs the extra train")
    env = supersuit_env(benchmark_scenario(3), 2)
    assert env.num_envs == 6
    assert env.reset().shape == (6, 8)


@pytest.mark.usefixtures("_extra")
def test_a_missing_supersuit_is_told_in_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_training, "find_spec", lambda _: None)
    stacked = measure_training(TINY)[-1]
    assert stacked.row()[1:] == ("nan", "agent-steps/s", "", "SuperSuit is not installed")


@pytest.mark.usefixtures("_extra", "_ticking")
def test_evaluations_are_told_in_seconds() -> None:
    constant, policy = measure_evaluation(TINY)
    assert constant.name == "4 episodes of paper-5x20 with constant, means and intervals"
    assert policy.name == "4 episodes of paper-5x20 with a policy, means and intervals"
    # It looks at the clock three times to warm up, and then at 6, 10 and 15 seconds.
    assert constant.beside == "episodes 4.00 s, means and intervals 5.00 s"
    assert constant.value == 9.0


@pytest.mark.slow
@pytest.mark.usefixtures("_extra")
def test_everything_is_measured_and_torch_has_its_threads_again() -> None:
    import torch  # noqa: PLC0415  of the extra `train`

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    calls: list[tuple[int, int]] = []
    figures = measure_all_training(TINY, progress=lambda *call: calls.append(call))
    assert [figure.unit for figure in figures] == ["agent-steps/s", "% of the time", "agent-steps/s", "s", "s", "MB"]
    assert calls == [(0, 3), (1, 3), (2, 3)]
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    assert 100.0 < figures[-1].value < 2000.0


def test_the_command_asks_for_the_extra_before_it_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requirements, "find_spec", lambda _: None)
    monkeypatch.setattr("pev_battery_charge.cli.benchmark.measure_all", None)
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", "--training"])
    assert ended.value.code == 2
    assert 'python -m pip install "pev-battery-charge[train]"' in capsys.readouterr().err


def test_the_command_adds_the_figures_of_training_if_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Measurement("training", 1.0, "agent-steps/s", "")
    monkeypatch.setattr("pev_battery_charge.cli.benchmark.need", lambda _: None)
    monkeypatch.setattr("pev_battery_charge.cli.benchmark.measure_all", lambda *_, **__: ("machine", []))
    monkeypatch.setattr("pev_battery_charge.cli.benchmark.measure_all_training", lambda *_, **__: [one])
    main(["benchmark", "--no-controllers"])
    assert "agent-steps" not in capsys.readouterr().out
    main(["benchmark", "--no-controllers", "--training"])
    assert "agent-steps" in capsys.readouterr().out
