"""`qaad completion`: what makes a shell complete commands, options and names."""

from __future__ import annotations

import sys

import click

from qaadcodec.cli.options import debug_option

VARIABLE = "_QAAD_COMPLETE"  # with it the shell asks for completions; `main` answers
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar="|".join(SHELLS))
@debug_option
def command(shell: str) -> None:
    """Print a script that makes a shell complete.

    Sourced by the shell's start-up file, it completes commands, options, their values, files, settings, and the names
    of clouds in an archive. bash has to be 4.4 or later.

    \b
    Example:
      echo 'source <(qaad completion bash)' >> ~/.bashrc
      echo 'source <(qaad completion zsh)' >> ~/.zshrc      # after compinit
      qaad completion fish > ~/.config/fish/completions/qaad.fish
    """
    from qaadcodec.cli.main import qaad

    answer(qaad, f"{shell}_source")


def answer(group: click.Command, instruction: str) -> int:
    """What the shell asks for, on stdout: its script, or completions of the line in COMP_WORDS; the exit code."""
    from click.shell_completion import shell_complete

    code = shell_complete(group, {}, "qaad", VARIABLE, instruction)
    sys.stdout.flush()
    return code
