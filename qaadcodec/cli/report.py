"""`qaad report`: a page of an archive that opens in any browser, without a network."""

from __future__ import annotations

from collections.abc import Iterable

import click

from qaadcodec.cli.choices import files
from qaadcodec.cli.eval_inputs import files_of
from qaadcodec.cli.options import Ways, debug_option, force_option, json_option, location_type, quiet_option, ways
from qaadcodec.cli.output import byte_stdout, put
from qaadcodec.cli.render_looks import UPS
from qaadcodec.cli.voice import say
from qaadcodec.errors import UsageError
from qaadcodec.remote.urls import Location


@click.command("report")
@click.argument("archive", type=location_type())
@click.argument("references", metavar="[REFERENCE]...", nargs=-1, shell_complete=files)
@click.option("-o", "--output", required=True, metavar="FILE.html", help="The page, or - for stdout.")
@click.option(
    "--link",
    metavar="URL",
    help="Where the page reads the archive from, by range requests, when it is opened; an address, or a path relative "
    "to the page on its server.  [default: the archive is in the page]",
)
@click.option(
    "--up",
    type=click.Choice(UPS),
    default="y",
    help="Which axis of the clouds is up at first; the page can change it.  [default: y]",
)
@ways(force_option, quiet_option, json_option("What was written"), debug_option)
def command(archive: Location, references: tuple[str, ...], output: str, link: str | None, up: str, ways: Ways) -> None:
    """Make a page of an archive: summary, tables, charts, and the clouds themselves.

    The page is one HTML file. It opens in any current browser, from a disk or a server, and asks for nothing from
    outside: the archive is in it, and so is a decoder. Clouds are decoded and drawn in the browser; they turn, play,
    and change into each other, and the page saves them as PLY, and the archive too. With REFERENCE, the originals,
    found by name as in eval, it has the errors that eval measures, and shows them as colour.

    With --link the archive stays on a web server. A server other than the page's own has to allow it (CORS:
    Access-Control-Allow-Origin), and one that knows no range requests sends all of the archive.

    \b
    Example:
      qaad report scans.qaad scans/ -o report.html
      qaad report scans.qaad --link https://example.org/scans.qaad -o report.html
    """
    from qaadcodec.codec.open import open as open_archive
    from qaadcodec.files import preflight, protect
    from qaadcodec.page.assemble import Looks, check, page
    from qaadcodec.page.gather import gather
    from qaadcodec.progress import Run
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting
    from qaadcodec.report.text import count_of

    to_stdout = output == "-"
    if to_stdout and ways.as_json:
        raise UsageError("-o - and --json would both write to stdout", hint="name a file with -o")
    if not to_stdout:
        preflight(output, ways.force)
        protect(files_of((str(archive), *references)), output)
    looks = Looks(link, up)
    with open_archive(archive) as opened:
        check(opened.size_bytes, looks)
    with reporting(quiet=ways.quiet) as listener:
        told = gather(archive, references, Run(listener=listener, device="cpu"))
        size = write(output, page(archive, told, looks), overwrite=ways.force)
    if ways.as_json:
        record = {"path": output, "bytes": size, "clouds": told.inspection.clouds, "compared": len(told.errors)}
        put([json_line(record)])
    else:
        clouds = count_of(told.inspection.clouds, "cloud")
        say(f"wrote {output}: {clouds}, {count_of(size, 'byte')}", quiet=ways.quiet or to_stdout)


def write(output: str, pieces: Iterable[bytes], *, overwrite: bool) -> int:
    """The page as a file, whole or not at all; or to stdout. Returns its bytes."""
    if output == "-":
        whole = b"".join(pieces)
        return byte_stdout("HTML", is_text=True).write(whole)
    from qaadcodec.files import atomic_output

    size = 0
    with atomic_output(output, overwrite) as file:
        for piece in pieces:
            size += file.write(piece)
    return size
