"""The client for Ray RLlib trains, goes on when an env runner is killed, and gets another in its place."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pev_battery_charge as pbc
from pev_battery_charge.errors import InputError
from pev_battery_charge.training.parallel import ScaledArea
from pev_battery_charge.training.scaling import scale_observations
from tests.loading import ROOT, load_script

SCRIPT = ROOT / "scripts" / "train_rllib.py"
MARK = "PEV_TEST_RUN"
"""In the environment of every process that a test starts, and so in that of their children."""
PATIENCE_S = 300.0
"""So long a test waits for what takes half a minute on an idle machine."""
ITERATIONS, STEPS, STATIONS = 60, 128, 5

needs_ray = pytest.mark.skipif(  # no importorskip: Ray is not made to be imported with warnings as errors
    find_spec("ray") is None or find_spec("torch") is None, reason="needs ray[rllib] and torch: the extra distributed"
)


def processes_of(run: str) -> list[int]:
    """The living processes that belong to a run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"{MARK}={run}".encode() in variables:
                found.append(int(folder.name))
    return found


def wait_until(condition: Callable[[], object]) -> None:
    """Wait; fail when it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


class Run:
    """The real command in a process of its own, with a home of its own, which Ray writes to."""

    def __init__(self, home: Path) -> None:
        self.home, self.name = home, uuid.uuid4().hex
        self.output, self.errors = home / "output.txt", home / "errors.txt"
        self.started: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        return {**kept, "HOME": str(self.home), "RAY_TMPDIR": str(self.home), MARK: self.name}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            command = [sys.executable, *arguments]
            self.started.append(subprocess.Popen(command, stdout=output, stderr=errors, env=self.environment))
        return self.started[-1]

    def end(self) -> None:
        """Kill what still lives, and remove the folder."""
        while left := processes_of(self.name):
            for number in left:
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            time.sleep(0.1)
        for process in self.started:
            process.wait()
        shutil.rmtree(self.home)

    def told(self, pattern: str) -> list[Any]:
        """All that was printed so far of what the pattern describes: texts, or tuples of its groups."""
        return re.findall(pattern, self.output.read_text(encoding="utf-8"), re.MULTILINE)

    def story(self) -> str:
        """All that was printed, for those who must find out what went wrong."""
        return self.output.read_text(encoding="utf-8") + self.errors.read_text(encoding="utf-8")


@pytest.fixture
def run() -> Iterator[Run]:
    """A run of which nothing stays behind. Its folder has a short name: Ray's sockets allow 107 characters."""
    one = Run(Path(tempfile.mkdtemp(prefix="pev-", dir="/tmp")))
    yield one
    one.end()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds processes in /proc")
@needs_ray
def test_training_goes_on_when_an_env_runner_is_killed(run: Run) -> None:
    out = run.home / "out"
    sizes = f"--env-runners 2 --areas 1 --iterations {ITERATIONS} --steps {STEPS} --minibatch {STEPS} --epochs 1"
    training = run.start(str(SCRIPT), "--out", str(out), *sizes.split())
    wait_until(lambda: training.poll() is not None or run.told("^iteration 2: "))
    assert training.poll() is None, run.story()

    runners = dict(run.told(r"env runner (\d) \(process (\d+) on"))
    victim = int(runners["1"])
    assert set(runners) == {"1", "2"}
    assert victim in processes_of(run.name)
    assert Path(f"/proc/{victim}/cmdline").read_bytes().startswith(b"ray::MultiAgentEnvRunner")
    os.kill(victim, signal.SIGKILL)
    before = len(run.told("^iteration "))
    wait_until(lambda: training.poll() is not None)

    assert training.returncode == 0, run.story()
    lines = run.told(r"^iteration (\d+): (\d+) agent-steps, (.*), \d+ agent-steps/s, (\d) of 2 env runners healthy$")
    assert [int(number) for number, *_ in lines] == list(range(1, ITERATIONS + 1))
    assert before + 2 < ITERATIONS
    agent_steps = np.array([0] + [int(steps) for _, steps, *_ in lines])
    assert (np.diff(agent_steps) >= STEPS * STATIONS).all()
    healthy = [int(count) for *_, count in lines]
    assert healthy[0] == healthy[-1] == 2
    assert 1 in healthy[before:]  # training did not wait for the new one
    assert 0 not in healthy
    ((number, replacement),) = run.told(r"^replaced: env runner (\d) \(process (\d+) on")
    assert number == "1"
    assert replacement not in runners.values()
    returns = [float(text.removeprefix("mean return a station ")) for *_, text, _ in lines if text[0] == "m"]
    assert returns
    assert all(-192.0 * 7.0 < mean < 0.0 for mean in returns)  # requests within limits cost at most 5.98 a step
    assert run.told(f"^{out}: checkpoint after {ITERATIONS} iterations$")
    wait_until(lambda: not processes_of(run.name))

    policy = run.start("-c", ACT, str(out / "learner_group" / "learner" / "rl_module" / "station"))
    wait_until(lambda: policy.poll() is not None)
    assert run.told(r"^policy: 3 stations, tensor shape \(3, 2\), finite True$")


ACT = """
import sys, torch
from ray.rllib.core.rl_module import RLModule
station = RLModule.from_checkpoint(sys.argv[1])
with torch.no_grad():
    means_and_noise = station.forward_inference({"obs": torch.rand(3, 8)})["action_dist_inputs"]
shape, finite = tuple(means_and_noise.shape), bool(means_and_noise.isfinite().all())
print(f"policy: 3 stations, tensor shape {shape}, finite {finite}")
"""


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("--scenario nowhere", "scenario 'nowhere': unknown name; the package has "),
        ("--env-runners 0", "command line: env_runners: must be a whole number of at least 1 (it is 0)"),
        (f"--out {ROOT}", "command line: out: must be a new or empty folder "),
    ],
)
def test_bad_input_is_told_in_a_line_with_exit_code_2(arguments: str, problem: str, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--out", str(tmp_path / "out"), *arguments.split()]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr.startswith(f"train_rllib: {problem}")
    assert told.stderr.count("\n") == 1
    assert told.stdout == ""
    assert not (tmp_path / "out").exists()


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_script("train_rllib")
    monkeypatch.setattr(script, "find_spec", lambda name: None if name == "ray" else object())
    with pytest.raises(InputError, match=r'^ray: not installed: pip install -e "\.\[distributed\]"$'):
        script.check_installed()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:1"])
def test_an_address_where_nobody_listens_is_refused_at_once(address: str) -> None:
    with pytest.raises((OSError, ValueError)):
        load_script("train_rllib").knock(address)


def test_actions_become_kw_of_each_station_and_observations_fractions() -> None:
    script = load_script("train_rllib")
    area, stations = pbc.parallel_env("public-10"), script.NumberedStations(ScaledArea(pbc.parallel_env("public-10")))
    most_kw = {name: float(area.action_space(name).high[0]) for name in area.possible_agents}
    assert set(most_kw.values()) == {11.0, 22.0}
    assert {tuple(stations.action_space(n).high) for n in stations.possible_agents} == {(1.0,)}
    expected, _ = area.reset(seed=5)
    seen, _ = stations.reset(seed=5)
    generator = np.random.default_rng(0)
    told: list[Any]
    while area.agents:
        assert list(seen) == stations.agents == stations.possible_agents == list(range(10))
        for n, name in enumerate(area.agents):
            assert seen[n].shape == (8,)
            np.testing.assert_array_equal(seen[n], scale_observations(expected[name]))
            assert stations.observation_space(n).contains(seen[n])
        actions = generator.choice([-1.0, -0.5, 0.25, 1.0], size=(10, 1)).astype(np.float32)
        requests = {name: (actions[n] + 1.0) / 2.0 * most_kw[name] for n, name in enumerate(area.agents)}
        expected, *told = area.step(requests)
        seen, *numbered = stations.step(dict(enumerate(actions)))
        assert [list(one.values()) for one in numbered] == [list(one.values()) for one in told]
    assert stations.agents == []


def test_no_two_areas_are_seeded_alike() -> None:
    script = load_script("train_rllib")
    areas = 4
    seeds = [
        7 + runner + area + script.seed_shift(runner, areas)  # as RLlib seeds them, and the shift
        for runner in range(1, 6)
        for area in range(areas)
    ]
    assert seeds == list(range(8, 8 + 5 * areas))
    schedules = []
    for shift, seed in ((0, 7), (3, 4), (0, 4)):
        stations = script.NumberedStations(ScaledArea(pbc.parallel_env()), shift)
        stations.reset(seed=seed)
        schedules.append(stations.env.env.simulation.schedule().sessions)
    assert schedules[0].equals(schedules[1])
    assert not schedules[0].equals(schedules[2])
