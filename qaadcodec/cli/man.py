"""`qaad man`: manual pages, made of what `--help` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from qaadcodec.cli.options import debug_option, force_option, path_type
from qaadcodec.cli.output import put
from qaadcodec.errors import UsageError
from qaadcodec.version import __version__


@click.command("man")
@click.argument("name", metavar="[COMMAND]", default="")
@click.option(
    "-o", "--output", type=path_type(), metavar="DIR", help="Write all pages to this folder.  [default: none]"
)
@force_option
@debug_option
@click.pass_context
def command(ctx: click.Context, name: str, output: Path | None, force: bool) -> None:
    """Print the manual page of a command, or write all of them.

    Without COMMAND it is the page of qaad itself. Pages have the text of --help, as man(1) reads it.

    \b
    Example:
      qaad man compress | man -l -
      qaad man -o ~/.local/share/man/man1 && man qaad-compress
    """
    pages = pages_of(ctx.find_root())
    if output is None:
        page = f"qaad-{name}" if name else "qaad"
        if page not in pages:
            raise UsageError(f"there is no command {name!r}", hint="qaad --help lists all")
        put([pages[page].rstrip("\n")])
        return
    if name:
        raise UsageError("--output writes all pages: leave the command out")

    from qaadcodec.cli.voice import say
    from qaadcodec.codec.folder_output import whole_folder

    with whole_folder(output, [output / f"{page}.1" for page in pages], force) as files:
        for place, text in enumerate(pages.values()):
            with files.opened(place) as file:
                file.write(text.encode())
    say(f"wrote {len(pages)} pages to {output}")


def pages_of(root: click.Context) -> dict[str, str]:
    """The page of the group, `qaad`, and of each command, `qaad-compress`, by name, in roff."""
    group = root.command
    assert isinstance(group, click.Group)
    commands = {name: group.get_command(root, name) for name in group.list_commands(root)}
    contexts = {
        f"qaad-{name}": click.Context(found, info_name=name, parent=root) for name, found in commands.items() if found
    }
    return {
        "qaad": page("qaad", click.Context(group, info_name="qaad"), list(contexts)),
        **{title: page(title, context, ["qaad"]) for title, context in contexts.items()},
    }


def page(title: str, context: click.Context, others: list[str]) -> str:
    """One page: name, synopsis, description, options, commands, exit status, other pages."""
    found = context.command
    purpose, _, rest = (found.help or "").partition("\n\n")
    usage = " ".join([context.command_path, *found.collect_usage_pieces(context)])
    lines = [f'.TH "{title.upper()}" "1" "" "qaad {__version__}" "qaad"']
    lines += [".SH NAME", escaped(f"{title} - {lowered(purpose)}"), ".SH SYNOPSIS", escaped(usage), ".SH DESCRIPTION"]
    lines += paragraphs(rest)
    options = (each for each in found.get_params(context) if isinstance(each, click.Option))
    lines += [".SH OPTIONS", *records(option.get_help_record(context) for option in options)]
    if isinstance(found, click.Group):
        named = ((name, found.get_command(context, name)) for name in found.list_commands(context))
        lines += [".SH COMMANDS", *records((name, each.get_short_help_str(100)) for name, each in named if each)]
    if epilog := context.find_root().command.epilog:
        lines += [".SH EXIT STATUS", escaped(epilog.removeprefix("exit codes: "))]
    lines += [".SH SEE ALSO", escaped(", ".join(f"{other}(1)" for other in others))]
    return "\n".join(lines) + "\n"


def paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of a help text; those that begin with \\b keep their lines."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            yield ".PP"
        first, *rest = paragraph.splitlines() or [""]
        if first.strip() != "\b":
            yield escaped(" ".join(paragraph.split()))
        else:
            yield from (".nf", *(escaped(line.rstrip()) for line in rest), ".fi")


def records(found: Iterator[tuple[str, str] | None]) -> Iterator[str]:
    """A term and what it means, for each record."""
    for record in found:
        if record is not None:
            term, meaning = record
            yield from (".TP", f"\\fB{escaped(term)}\\fR", escaped(re.sub(r"\s+", " ", meaning)))


def lowered(sentence: str) -> str:
    """A sentence as the name section has it: in lower case, and without the full stop."""
    text = " ".join(sentence.split()).rstrip(".")
    return text[:1].lower() + text[1:]


def escaped(text: str) -> str:
    """Text as roff takes it literally, in ASCII."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return f"\\&{text}" if text.startswith((".", "'")) else text
