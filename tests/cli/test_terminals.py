"""What is printed reaches every terminal whole: a narrow one, one with plain letters only, and none at all."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path

import polars as pl
import pytest
from rich.text import Text

import pev_battery_charge as pbc
from pev_battery_charge.cli import console
from pev_battery_charge.cli.texts import literal, literal_lines, spelled
from pev_battery_charge.evaluation import MAIN_METRICS, METRICS, ResultsTable
from tests.cli.test_commands import pev, refused

NAMES = (
    "van [a]",
    "run[lr=3e-4]",
    "[/x]",
    "[red]van[/]",
    ":car:",
    "$\\frac$",
    "a\x1b[2Jb",
    "a\nb",
    "a\u202eb",
    "Zoë ü",
)
"""Names that a terminal, or what prints to it, would take for something else."""

COLUMNS = ("pev", "station", "of at most kW", "-\n".join(("site", "4, %")), "return", "population")
ROWS = [
    ("van [a]", "54", "6.656", "1,234.5", "-2.166e-09", "site of many words"),
    ("pev_01", "7", "22", "0", "-0.0008436", "spread"),
]


def process(
    arguments: Sequence[str], variables: Mapping[str, str] | None = None, command: str = "pev_battery_charge"
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **(variables or {})}
    return subprocess.run(
        [sys.executable, "-m", command, *arguments], env=environment, capture_output=True, check=False, timeout=120
    )


@pytest.mark.parametrize("texts", [(), ("population",)])
def test_at_every_width_every_cell_of_a_table_is_there_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, texts: tuple[str, ...]
) -> None:
    for width in (*range(1, 90), 200):
        monkeypatch.setattr(console.output, "width", width)
        console.print_table("Title", COLUMNS, ROWS, COLUMNS[1:5], texts)
        _, table = capsys.readouterr().out.split("\n", 1)
        words = table.split()
        for row in ROWS:
            assert all(words.count(word) >= 1 for cell in row for word in cell.split()), width
        if "─" in table:
            assert max(map(len, table.splitlines())) <= width


def test_a_table_is_one_where_there_is_room_then_several_then_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    for width in (90, 40, 10):
        monkeypatch.setattr(console.output, "width", width)
        console.print_table("Title", COLUMNS[:5], [row[:5] for row in ROWS], COLUMNS[1:5])
        out = capsys.readouterr().out
        tables.append(out.count("─ \n"))
    assert tables == [1, 2, 0]
    assert out.splitlines()[1:4] == ["van [a]", "  station: 54", "  of at most kW: 6.656"]


def test_cells_that_are_blank_leave_no_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.output, "width", 12)
    rows = [("a long figure", "one", "1", ""), ("", "two", "2", "kWh")]
    console.print_table("Title", ("figure", "controller", "value", "unit"), rows, ("value",))
    assert capsys.readouterr().out == "Title\na long figure, one\n  value: 1\ntwo\n  value: 2\n  unit: kWh\n"


@pytest.mark.parametrize("width", [40, 60, 80])
def test_results_are_whole_on_narrow_terminals(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.output, "width", 200)
    pev("smart-charging", "optimum", "--every-kwh", "8")
    numbers = re.findall(r"-?[\d.]+(?:e-\d+)?", capsys.readouterr().out)
    monkeypatch.setattr(console.output, "width", width)
    pev("smart-charging", "optimum", "--every-kwh", "8")
    narrow = capsys.readouterr().out
    found = re.findall(r"-?[\d.]+(?:e-\d+)?", narrow)
    assert all(found.count(number) >= numbers.count(number) for number in numbers)
    assert all(len(line) <= width for line in narrow.splitlines() if "expected return on arrival" not in line)


def test_controllers_that_have_no_room_are_in_further_tables_of_the_same_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ("policy", "uncontrolled", "constant", "random")
    rows = [
        (title, "kWh", *["-1,412.34 [-1,425.01, -1,400.57]"] * 4)
        for title in ("energy delivered, of the attainable", "reward of all stations")
    ]
    table = ResultsTable(("figure", "unit", *numbers), rows, numbers, ["a note"])
    for width, expected in ((200, 1), (100, 2), (60, 4)):
        monkeypatch.setattr(console.output, "width", width)
        console.print_results("Title", table, ("figure",))
        title, *lines, note = capsys.readouterr().out.splitlines()
        assert (title, note) == ("Title", "a note")
        heads = [line.split() for line in lines if line.startswith(" figure")]
        assert len(heads) == expected
        assert [name for head in heads for name in head[2:]] == list(numbers)
        assert all(head[:2] == ["figure", "unit"] for head in heads)
        assert sum(line.count("1,400.57]") for line in lines) == 8
        assert max(map(len, lines)) <= width


def test_where_no_table_has_room_each_figure_is_told_of_all_controllers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.output, "width", 40)
    pev("evaluate", "--policies", "uncontrolled", "constant", "--episodes", "2")
    _, *lines, _, _ = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if not line.startswith(" ")]
    assert titles == [f"{one.title}, {one.unit}".removesuffix(", ") for one in map(METRICS.__getitem__, MAIN_METRICS)]
    told = [line.split(":")[0] for line in lines if line not in titles]
    assert told == ["  uncontrolled", "  constant"] * len(titles)


@pytest.mark.parametrize("columns", ["1", "6"])
def test_help_ends_on_the_narrowest_terminals(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tyro alone would not end: the interrupt is for that."""
    monkeypatch.setenv("COLUMNS", columns)
    signal.alarm(60)
    try:
        with pytest.raises(SystemExit):
            pev("scenario", "--help")
    finally:
        signal.alarm(0)
    assert "usage: pev scenario" in capsys.readouterr().out
    assert os.environ["COLUMNS"] == columns


def test_a_terminal_that_does_not_know_its_width_is_taken_for_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    assert type(console.output)().width == 80
    monkeypatch.setenv("COLUMNS", "33")
    assert type(console.output)().width == 33


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_letter_by_letter(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.output, "width", 120)
    schedule = pbc.generate_schedule(pbc.load_scenario("paper-5x20"), seed=0)
    named = schedule.sessions.with_columns(pev=pl.Series([name, *schedule.sessions["pev"][1:]]))
    file = tmp_path / "s.parquet"
    pbc.Schedule(named, schedule.info).write(file)
    pev("schedule", "show", file, "--rows", "1")
    out = capsys.readouterr().out
    assert literal(name) in out
    assert not {"\x1b", "\u202e"} & set(out)
    console.tell(name)
    assert capsys.readouterr().out == literal_lines(name) + "\n"
    told = refused(capsys, "simulate", "--scenario", tmp_path / f"{name.replace('/', '')}.toml")
    assert literal(name.replace("/", "")).replace("\\n", "\n") in told
    assert "\x1b" not in told


def test_escapes_stand_for_what_moves_the_cursor_and_for_nothing_else() -> None:
    assert literal("van [a] § ü 充电 \u00a0") == "van [a] § ü 充电 \u00a0"
    assert literal("a\x1b[31m\r\n\t\x07\x9b\u2028\u202e\udcff") == r"a\x1b[31m\r\n\t\x07\x9b\u2028\u202e\udcff"
    assert literal_lines("a\nb\r") == "a\nb\\r"


def test_other_letters_are_spelled() -> None:
    assert spelled("Zoë † 3 \u00d7 µs … \u2013 ─│╭ 充 \udcff", "ascii") == r"Zoe + 3 x us ... - -|+ ? \udcff"
    assert spelled("Zoë µ …", "latin-1") == "Zoë µ ..."
    assert spelled("Zoë † …", "utf-8") == "Zoë † …"


def test_a_coloured_cell_keeps_its_colours(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table("Title", ("a", "b"), [("x", Text("[1]", style="red"))])
    assert "[1]" in capsys.readouterr().out


class Terminal(TextIOWrapper):
    """Standard output with an encoding, kept in memory."""

    def __init__(self, encoding: str) -> None:
        super().__init__(BytesIO(), encoding=encoding)

    def printed(self) -> str:
        self.flush()
        content = self.buffer
        assert isinstance(content, BytesIO)
        return content.getvalue().decode(self.encoding)


COMMANDS = ("simulate", "render", "train", "evaluate", "regret", "schedule", "scenario", "smart-charging", "benchmark")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_help_is_told_in_plain_letters(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ([], *([name] for name in COMMANDS)):
        terminal = Terminal(encoding)
        monkeypatch.setattr(sys, "stdout", terminal)
        with pytest.raises(SystemExit) as end:
            pev(*command, "--help")
        assert end.value.code == 0
        assert f"usage: pev {' '.join(command)}".strip() in terminal.printed()


@pytest.mark.slow
def test_every_table_is_printed_in_plain_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "s.csv"
    schedule = pbc.generate_schedule(pbc.load_scenario("paper-5x20"), seed=0)
    names = ["Zoë's very long name", *schedule.sessions["pev"][1:]]
    pbc.Schedule(schedule.sessions.with_columns(pev=pl.Series(names)), schedule.info).write(file)
    commands = {
        ("schedule", "show", str(file)): r"^ Zoe's very \.\.\. ",
        ("scenario", "show", "jpl-52"): 'name = "jpl-52"',
        ("scenario", "list"): "^ ---+ $",
        ("simulate", "--schedule", str(file)): r"^ energy drawn from the grid +[\d.]+ +kWh",
        ("evaluate", "uncontrolled", "constant", "--episodes", "2"): "bootstrap interval of the mean",
        ("smart-charging", "optimum", "--every-kwh", "24"): "^ expected return +-",
    }
    for command, expected in commands.items():
        terminal = Terminal("ascii")
        monkeypatch.setattr(sys, "stdout", terminal)
        pev(*(command if command[0] != "evaluate" else ("evaluate", "--policies", *command[1:])))
        assert re.search(expected, terminal.printed(), re.MULTILINE), command


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_process_with_plain_letters_refuses_in_them(variables: dict[str, str], tmp_path: Path) -> None:
    plain = {**variables, "PYTHONCOERCECLOCALE": "0"}
    done = process(["scenario", "show", str(tmp_path / "missing\u00d7.toml")], plain)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert "No such file or directory" in done.stderr.decode("ascii")


ARGUMENTS = [("--version",), ("--help",), ("scenario", "list"), ("scenario", "show", "jpl-52")]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_standard_output_without_room_is_one_line(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as end:
            pev(*arguments)
    assert end.value.code == 2
    assert capfd.readouterr().err == "pev: standard output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_standard_output_that_is_not_read_ends_the_command_quietly(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as unread:  # noqa: PTH123  of a descriptor
        monkeypatch.setattr(sys, "stdout", unread)
        with pytest.raises(SystemExit) as end:
            pev(*arguments)
    assert end.value.code == 1
    assert capfd.readouterr().err == ""


def test_standard_output_that_is_closed_is_told_before_anything_is_done(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as end:
        pev("simulate")
    assert end.value.code == 2
    assert capfd.readouterr().err == "pev: standard output: is closed: send it to a file, or to /dev/null\n"


@pytest.mark.parametrize(("end", "code"), [("| head -0", 1), ("> /dev/full", 2), (">&-", 2)])
def test_a_process_whose_output_goes_nowhere_leaves_no_traceback(end: str, code: int) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    command = f"{sys.executable} -m pev_battery_charge --version {end}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)  # noqa: S607
    assert done.stderr.count("\n") == (code == 2)
    if code == 2:  # a pipe may take the line before its reader has gone
        assert done.returncode == code


def test_the_version_is_told_by_every_name_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    pev("--version")
    assert capsys.readouterr().out == f"pev {pbc.__version__}\n"
    for command in ("pev_battery_charge", "pev_battery_charge.cli"):
        assert process(["--version"], command=command).stdout.decode() == f"pev {pbc.__version__}\n"


@pytest.mark.parametrize("module", ["numba", "polars", "tyro"])
def test_an_interrupt_while_importing_is_no_traceback(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), str(Path(pbc.__file__).parents[1])])
    done = process(["scenario", "list"], {"PYTHONPATH": path})
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"pev: interrupted\n")


ENDED = """
import os, signal, sys, types
from pev_battery_charge.cli import main
from pev_battery_charge.files import write_beside

class Command:
    def run(self):
        with write_beside("film.gif") as beside:
            beside.write_text("half")
            os.kill(os.getpid(), getattr(signal, sys.argv[1]))
            print("not ended")

commands = types.ModuleType("commands")
commands.load_plugins, commands.parse = (lambda arguments: arguments), (lambda _: Command())
sys.modules["pev_battery_charge.cli.commands"] = commands
if sys.argv[2] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
main([])
"""
"""A command that is ended while it writes a file, in place of the package's own."""


@pytest.mark.parametrize(
    ("name", "how", "code"), [("SIGTERM", "", 143), ("SIGHUP", "", 129), ("SIGINT", "", 130), ("SIGHUP", "nohup", 0)]
)
def test_a_process_that_is_ended_leaves_no_hidden_files(name: str, how: str, code: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED, name, how or "-"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == (["film.gif"] if how else [])
    assert done.stdout == ("not ended\n" if how else "")


def test_signals_and_streams_are_the_callers_again_after_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM), sys.stdout.errors
    pev("scenario", "list")
    with pytest.raises(SystemExit):
        pev("scenario", "show", "nowhere")
    assert (signal.getsignal(signal.SIGTERM), sys.stdout.errors) == before
