"""A whole episode as an animated GIF."""

import math
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pev_battery_charge.core.arrays import Image
from pev_battery_charge.errors import raise_if
from pev_battery_charge.files import write_beside
from pev_battery_charge.reading import ending
from pev_battery_charge.rendering.frame import FrameRenderer
from pev_battery_charge.rendering.style import COLOURS, GRANTED, INK, MUTED, PALE, PAPER, UNMET, red_green_blue
from pev_battery_charge.sizes import MOST_FILM_FRAMES, MOST_FRAME_MS
from pev_battery_charge.trace import Trace

MOST_FRAMES: Final = 200
"""How many frames a GIF has at most, if `every` is not given."""

FRAME_MS: Final = 80
LAST_FRAME_MS: Final = 2000

_SHORTEST_FRAME_MS = 20
_PALETTE_SIZE = 128
_SAMPLES = 6
_SMOOTHED = ((INK, PAPER), (MUTED, PAPER), (UNMET, PAPER), (INK, PALE), (INK, GRANTED))
_BLENDS = 6


def write_gif(
    trace: Trace,
    path: str | Path,
    *,
    every: int | None = None,
    frame_ms: int = FRAME_MS,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """A trace as an animated GIF that loops for ever: 900 pixels wide, one palette for all frames.

    path: must end in .gif; an existing file is replaced whole or not at all.
    every: steps from frame to frame, the last frame being the end of the trace; by default as few as give at most
        200 frames.
    frame_ms: how long a frame is shown, in ms (a GIF knows only tens of them); the last stays for two seconds.
    progress: called with the number of frames done and their total, at first with none done.

    Raises `InputError` for another ending, a trace without steps, or `every` or `frame_ms` too small.
    """
    import imageio.v3 as iio  # noqa: PLC0415  takes a third of a second to import

    steps = shown_steps(trace, Path(path), every, frame_ms)
    if progress is not None:
        progress(0, len(steps))
    renderer = FrameRenderer(trace.scenario, trace.schedule, trace.series)
    sampled = np.linspace(0, len(steps) - 1, _SAMPLES).astype(int)
    palette = Palette([renderer.draw(trace, steps[k]) for k in sampled])
    frames = []
    for done, t in enumerate(steps, start=1):
        frames.append(palette.indices(renderer.draw(trace, t)))
        if progress is not None:
            progress(done, len(steps))
    durations_ms = [frame_ms] * (len(steps) - 1) + [max(frame_ms, LAST_FRAME_MS)]
    options: dict[str, Any] = {"mode": "P", "palette": palette.colours.tobytes(), "loop": 0, "optimize": True}
    options["duration"] = durations_ms if len(steps) > 1 else durations_ms[0]
    content = (
        BytesIO()
    )  # in memory: Pillow writes when it closes, and imageio tells what it raises then on the terminal
    with iio.imopen(content, "w", plugin="pillow", extension=".gif") as file:
        for frame in frames:
            file.write(frame, **options)
    with write_beside(path) as beside:
        beside.write_bytes(content.getbuffer())


def shown_steps(trace: Trace, path: Path, every: int | None, frame_ms: int) -> range:
    """The t of each frame: every so many steps, so that the last is the end."""
    num_steps = trace.num_steps
    if every is None:
        every = max(1, math.ceil(num_steps / MOST_FRAMES))
    frames = math.ceil(num_steps / max(every, 1))
    least = f"{_SHORTEST_FRAME_MS}, which viewers still follow"
    broken = {
        f"path: must end in .gif (it is {path.name!r})": ending(path) != ".gif",
        "trace: must have at least one step": num_steps == 0,
        f"every: must be at least 1 (it is {every})": every < 1,
        f"frame_ms: must be at least {least} (it is {frame_ms})": frame_ms < _SHORTEST_FRAME_MS,
        f"frame_ms: must be at most {MOST_FRAME_MS} (it is {frame_ms})": frame_ms > MOST_FRAME_MS,
        f"every: must leave at most {MOST_FILM_FRAMES:,} frames (it is {every})": frames > MOST_FILM_FRAMES,
    }
    raise_if(str(path), [rule for rule, is_broken in broken.items() if is_broken])
    return range((num_steps - 1) % every + 1, num_steps + 1, every)


class Palette:
    """A few colours for many pictures: those of the house with the edges of its texts, then what is most frequent.

    samples: pictures to count colours in.

    colours: `[K, 3]`.
    """

    def __init__(self, samples: Sequence[Image]) -> None:
        pairs = np.array([[red_green_blue(text), red_green_blue(ground)] for text, ground in _SMOOTHED], float)
        blends = pairs[:, :1] + (pairs[:, 1:] - pairs[:, :1]) * np.linspace(0.0, 1.0, _BLENDS + 2)[None, 1:-1, None]
        colours = np.array([red_green_blue(colour) for colour in COLOURS], float)
        house = np.concatenate([colours, blends.reshape(-1, 3)]).round().astype(np.uint8)
        seen, counts = np.unique(np.concatenate([_packed(sample).ravel() for sample in samples]), return_counts=True)
        frequent = seen[np.argsort(-counts, kind="stable")]
        others = frequent[~np.isin(frequent, _packed(house))][: _PALETTE_SIZE - len(house)]
        unpacked = np.stack([others >> 16, others >> 8 & 0xFF, others & 0xFF], axis=1).astype(np.uint8)
        self.colours: Image = np.concatenate([house, unpacked])
        self._known = np.zeros(1 << 24, np.uint8)

    def indices(self, image: Image) -> Image:
        """For each pixel of `image[H, W, 3]` the row of the nearest colour: `[H, W]`."""
        packed = _packed(image)
        found = self._known[packed]
        unknown = np.unique(packed[found == 0])
        if unknown.size:
            channels = np.stack([unknown >> 16, unknown >> 8 & 0xFF, unknown & 0xFF], axis=1)
            distance = ((channels[:, None, :] - self.colours.astype(np.int64)) ** 2).sum(axis=2)
            self._known[unknown] = distance.argmin(axis=1) + 1
            found = self._known[packed]
        return found - np.uint8(1)


def _packed(colours: Image) -> npt.NDArray[np.int32]:
    """Red, green and blue of the last axis as one number."""
    wide = colours.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
