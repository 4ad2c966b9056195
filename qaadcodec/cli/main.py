"""The `qaad` command itself, and the one place where exceptions become messages and exit codes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

import click

from qaadcodec.cli.addresses import keep_few_in_reserve
from qaadcodec.cli.completion import VARIABLE, answer
from qaadcodec.cli.interrupts import ending_on_signals
from qaadcodec.cli.options import Invocation, debug_option
from qaadcodec.cli.room import checked_imports, memory_hint
from qaadcodec.cli.voice import complain, in_our_voice
from qaadcodec.errors import QaadError

# Decoding and solving assignments keep every core busy with whole blocks of work, and threads inside numpy's products
# would only get in their way: decoding would take half as long again, and three times as long while other programs run.
# numpy reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# In the order in which a user meets them. Each is the `command` of the module of that name, which is loaded when it is
# asked for: `inspect` should not wait for what `compress` needs.
COMMANDS = (
    *("compress", "encode", "decode", "list", "inspect", "verify", "eval", "render", "plot", "report", "synth", "demo"),
    *("completion", "man"),
)

INTERRUPTED = 128 + signal.SIGINT
BROKEN_PIPE = 128 + 13  # SIGPIPE, which not every platform has by name


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"qaadcodec.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise UnknownCommand(args[0], ctx)
        return super().resolve_command(ctx, args)


class UnknownCommand(click.UsageError):
    """There is no such command; `in_our_voice` tells which ones are near."""

    def __init__(self, name: str, ctx: click.Context) -> None:
        super().__init__(f"no such command {name!r}", ctx)
        self.name, self.possibilities = name, COMMANDS


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="exit codes: 0 done, 1 environment, 2 usage, 3 unusable cloud, 4 damaged archive, 5 missed threshold, "
    "130 interrupted",
)
@click.option("--version", "show_version", is_flag=True, help="Show the version and exit.")
@click.option("-v", "--verbose", is_flag=True, help="With --version: of Python, packages, platform and devices, too.")
@debug_option
@click.pass_context
def qaad(ctx: click.Context, show_version: bool, verbose: bool) -> None:
    """Compress a set of point clouds of one kind of shape into one small file.

    One network learns the whole set; a cloud then costs a handful of numbers. Everything needed to decode is in the
    .qaad file, and any cloud comes back by its index.

    \b
    Example:
      qaad compress scans/ -o scans.qaad
      qaad decode scans.qaad --index 42 -o out.ply
    """
    if show_version:
        from qaadcodec.cli.output import put
        from qaadcodec.cli.versions import version_lines

        put(version_lines(verbose=verbose))
        ctx.exit()
    if verbose:
        raise click.UsageError("-v goes with --version, or behind the name of a command", ctx)
    if ctx.invoked_subcommand is None:
        raise click.UsageError("no command was named", ctx)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code, which does not depend on whether stderr can be written.

    Raises:
        SystemExit: a signal came that ends a process, other than SIGINT.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    prepare_streams()
    keep_few_in_reserve()
    invocation = Invocation(arguments=tuple(arguments), debug=os.environ.get("QAAD_DEBUG", "") not in ("", "0"))
    try:
        with ending_on_signals(), checked_imports():
            instruction = os.environ.get(VARIABLE)
            code = answer(qaad, instruction) if instruction else dispatch(arguments, invocation)
            sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except click.UsageError as error:
        complain(*in_our_voice(error))
        return 2
    except Exception as error:
        if invocation.debug:
            import traceback

            traceback.print_exc()
        return report_failure(error)
    finally:
        let_go(sys.stderr)
    return code


def dispatch(arguments: list[str], invocation: Invocation) -> int:
    """Parse and run; click's own loop is left out, because it prints errors in its own voice."""
    try:
        with qaad.make_context("qaad", arguments or ["--help"], obj=invocation) as context:
            qaad.invoke(context)
    except click.exceptions.Exit as finished:
        return finished.exit_code
    return 0


def report_failure(error: Exception) -> int:
    """Say what went wrong on stderr, and return the exit code that goes with it."""
    if isinstance(error, QaadError):
        complain(str(error), error.hint)
        return error.exit_code
    if isinstance(error, click.ClickException):
        complain(*in_our_voice(error))
    elif isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("qaadcodec"):
        module = error.name.partition(".")[0]
        complain(f"this needs {module}, which is not installed", f"pip install {module}")
    elif isinstance(error, MemoryError) or lacks_memory(error):
        complain("out of memory", memory_hint())
    elif isinstance(error, OSError):
        what = error.strerror or str(error) or type(error).__name__
        complain(f"{error.filename}: {what.lower()}" if error.filename else what.lower())
        discard(sys.stdout)
    else:
        complain(
            f"unexpected {type(error).__name__}: {error}",
            "this is a bug; --debug shows where, please report it with that",
        )
    return 1


def lacks_memory(error: Exception) -> bool:
    """Whether an error of a library is for want of memory, or of what a limit of the system leaves."""
    signs = ("allocate memory", "out of memory", "not enough memory", "start new thread", "failed to map segment")
    return isinstance(error, (RuntimeError, ImportError)) and any(sign in str(error) for sign in signs)


def prepare_streams() -> None:
    """Make the standard streams safe to use: open, even if the caller closed them, and able to print any name."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115 - it lives as long as the process
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def let_go(stream: TextIO) -> None:
    """Write what a stream still holds, or drop it: Python would end with another exit code where it cannot."""
    try:
        stream.flush()
    except (OSError, ValueError):
        discard(stream)


def discard(stream: object) -> None:
    """Point a stream that cannot be written at the null device, so that flushing it at exit does not fail again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())  # type: ignore[attr-defined]
