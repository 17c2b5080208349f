"""Progress bars that count what their reader thinks in, episodes or frames, from 0 to a total known at the start."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from pev_battery_charge.cli.console import errors


class _CountColumn(ProgressColumn):
    """How many of how many: "12/300 episodes"; only what is whole counts."""

    def render(self, task: Task) -> Text:
        """The count; nothing while the total is not known."""
        if task.total is None:
            return Text()
        return Text(f"{int(task.completed):,}/{int(task.total):,} {task.fields['unit']}", style="progress.download")


@contextmanager
def progress(text: str, total: int | None, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar with the time left; call what it gives with the steps done and the steps in all.

    total, unit: what is shown in place of steps: so many episodes, of which the part is done that the steps are. None
        are the steps themselves, which then must be told at once.

    It stands on standard error, wherever results go to. Where standard error is no terminal, nothing is shown.
    """
    if not errors.is_terminal:
        yield lambda *_: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), _CountColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(text, total=total, unit=unit)

        def advance(done: int, steps: int) -> None:
            shown = steps if total is None else total
            bar.update(task, completed=shown * done / steps, total=shown)

        yield advance
