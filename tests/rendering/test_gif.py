"""GIFs: frames, time, loop, size; and the pictures in media/."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from pev_battery_charge.errors import InputError
from pev_battery_charge.evaluation.runner import run
from pev_battery_charge.rendering import render_frame, write_gif
from pev_battery_charge.rendering.gif import Palette, shown_steps
from pev_battery_charge.trace import Trace
from tests.loading import ROOT, load_script

MOST_BYTES = 4_000_000


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A GIF, closed again at the end."""
    with Image.open(path) as image:
        yield image


def first_steps(trace: Trace, steps: int) -> Trace:
    """The trace as it was after so many steps."""
    return replace(trace, records=trace.records[:steps])


def test_a_gif_has_a_frame_for_each_step_and_loops_for_ever(paper: Trace, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "episode.GIF"
    told: list[tuple[int, int]] = []
    write_gif(first_steps(paper, 9), path, frame_ms=50, progress=lambda done, total: told.append((done, total)))
    assert told == [(k, 9) for k in range(10)]
    with opened(path) as gif:
        assert gif.n_frames == 9
        assert gif.size[0] == 900
        assert gif.info["loop"] == 0
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(gif)] == [50] * 8 + [2000]
    assert [file.name for file in path.parent.iterdir()] == ["episode.GIF"]


def test_every_so_many_steps_ends_with_the_end(paper: Trace, tmp_path: Path) -> None:
    path = tmp_path / "episode.gif"
    write_gif(first_steps(paper, 100), path, every=30)
    with opened(path) as gif:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
    assert len(frames) == 4
    for t, frame in zip((10, 40, 70, 100), frames, strict=True):
        difference = np.abs(frame.astype(int) - render_frame(paper, t)).max(axis=2)
        assert (difference > 0).mean() < 0.02
        assert difference.max() < 80


def test_a_trace_of_one_step_gives_one_frame(paper: Trace, tmp_path: Path) -> None:
    path = tmp_path / "episode.gif"
    write_gif(first_steps(paper, 1), path)
    with opened(path) as gif:
        assert (gif.n_frames, gif.info["loop"], gif.info["duration"]) == (1, 0, 2000)


def test_all_frames_share_one_palette(paper: Trace, tmp_path: Path) -> None:
    path = tmp_path / "episode.gif"
    write_gif(first_steps(paper, 100), path, every=20)
    with opened(path) as gif:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
    red, green, blue = np.moveaxis(np.stack(frames).astype(np.int32), -1, 0)
    assert len(np.unique(red << 16 | green << 8 | blue)) <= 128


@pytest.mark.parametrize(
    ("num_steps", "every", "expected"),
    [(192, None, range(1, 193)), (288, None, range(2, 289, 2)), (201, None, range(1, 202, 2)), (1, None, range(1, 2))],
)
def test_by_default_there_are_at_most_200_frames(
    paper: Trace, num_steps: int, every: int | None, expected: range
) -> None:
    trace = replace(paper, records=np.resize(paper.records, (num_steps, 5)))
    assert shown_steps(trace, Path("a.gif"), every, 80) == expected
    assert len(expected) <= 200


def test_what_cannot_be_written_is_refused_with_every_reason(paper: Trace, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_gif(first_steps(paper, 0), tmp_path / "episode.png", every=0, frame_ms=5)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["path", "trace", "every", "frame_ms"]
    assert list(tmp_path.iterdir()) == []


def test_a_failing_gif_leaves_the_one_before(paper: Trace, tmp_path: Path) -> None:
    path = tmp_path / "episode.gif"
    path.write_bytes(b"before")

    def give_up(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gif(first_steps(paper, 5), path, progress=give_up)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_palette_keeps_the_colours_that_mean_something() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    palette = Palette([noise])
    assert len(palette.colours) == 128
    meaning = palette.colours[:13]
    np.testing.assert_array_equal(palette.colours[palette.indices(meaning[None])[0]], meaning)
    distance = ((noise.reshape(-1, 1, 3).astype(int) - palette.colours) ** 2).sum(axis=2)
    np.testing.assert_array_equal(palette.indices(noise).ravel(), distance.argmin(axis=1))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "frames"), [("paper-5x20", 192), ("jpl-52", 144)])
def test_a_whole_episode_fits_in_4_megabytes(name: str, frames: int, tmp_path: Path) -> None:
    trace = run(name, "uncontrolled", seed=0)
    path = tmp_path / "episode.gif"
    write_gif(trace, path)
    assert path.stat().st_size < MOST_BYTES
    with opened(path) as gif:
        assert gif.n_frames == frames


def test_the_pictures_of_the_readme_are_what_it_says() -> None:
    path = ROOT / "media" / "ChargingSimulation.gif"
    assert path.stat().st_size < MOST_BYTES
    with opened(path) as gif:
        assert (gif.n_frames, gif.size[0], gif.info["loop"]) == (192, 900, 0)
    with opened(ROOT / "media" / "schedules_10_30.png") as still:
        assert still.size[0] == 900


@pytest.mark.slow
def test_make_media_makes_the_pictures_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = load_script("make_media")
    script.main(tmp_path)
    written = capsys.readouterr().out
    # Those of make_training_results, make_regret_table and make_smart_charging.
    written_by_others = {"TrainedPolicy.gif", "learning_curves.png", "policy_comparison.png", "regret.png"}
    written_by_others |= {"smart_charging.png", "smart_charging_policy.png", "smart_charging_taxi.png"}
    committed = {file.name for file in (ROOT / "media").iterdir()}
    assert {file.name for file in tmp_path.iterdir()} == committed - written_by_others
    assert all(f"{file}: " in written for file in tmp_path.iterdir())
    with opened(tmp_path / "ChargingSimulation.gif") as again, opened(ROOT / "media" / "ChargingSimulation.gif") as gif:
        assert (again.n_frames, again.size) == (gif.n_frames, gif.size)
