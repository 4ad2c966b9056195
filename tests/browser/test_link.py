"""A page that reads its archive from a server: by range requests, and told in words where that cannot be."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from fixtures.chromium import Tab
from fixtures.viewer import Viewer, within, write_page

from qaadcodec.codec.open import open as open_archive
from qaadcodec.page.assemble import Looks

Look = Callable[..., Tab]


@dataclass
class Server:
    """Serves one archive, and remembers what was asked."""

    data: bytes
    knows_ranges: bool = True
    allows_others: bool = True
    asked: list[str | None] = field(default_factory=list)
    address: str = ""


def handler_of(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:  # asked by browsers before they send a header such as Range to others
            self.send_response(204)
            self._allow()
            self.end_headers()

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append(wanted)
            span = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted or "")
            if span and server.knows_ranges:
                first, last = int(span[1]), min(int(span[2]), len(server.data) - 1)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(server.data)}")
                body = server.data[first : last + 1]
            else:
                self.send_response(200)
                body = server.data
            self._allow()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _allow(self) -> None:
            if server.allows_others:
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Allow-Headers", "Range")
                self.send_header("Access-Control-Expose-Headers", "Content-Range, Content-Length")

        def log_message(self, *about: object) -> None:
            pass

    return Handler


@pytest.fixture
def server(archive: Path) -> Iterator[Server]:
    about = Server(archive.read_bytes())
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(about))
    about.address = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield about
    running.shutdown()
    thread.join()
    running.server_close()


def test_the_archive_comes_from_the_server(look: Look, server: Server, archive: Path, tmp_path: Path) -> None:
    page = write_page(tmp_path / "page.html", archive, [], Looks(link=f"{server.address}/scans.qaad"))
    viewer = Viewer(look(page, server=server.address))
    assert viewer.text("message") == ""
    assert server.asked
    assert all(asked is not None for asked in server.asked)
    with open_archive(archive) as opened:
        assert np.abs(viewer.cloud() - opened.points(0)).max() <= within(opened)
    viewer.click("next")
    viewer.settled(1)


def test_a_server_without_ranges_and_with_another_archive(
    look: Look, server: Server, archive: Path, tmp_path: Path
) -> None:
    page = write_page(tmp_path / "page.html", archive, [], Looks(link=f"{server.address}/scans.qaad"))
    other = Path(__file__).parents[2] / "formats" / "vectors" / "extended.qaad"
    server.data, server.knows_ranges = other.read_bytes(), False
    tab = look(page, server=server.address)
    tab.wait("!message.hidden")
    assert "is another one: it has 687 bytes" in str(tab.run("message.innerText")).replace("\u00a0", " ")


def test_a_server_that_does_not_allow_it(look: Look, server: Server, archive: Path, tmp_path: Path) -> None:
    server.allows_others = False
    page = write_page(tmp_path / "page.html", archive, [], Looks(link=f"{server.address}/scans.qaad"))
    tab = look(page, server=server.address)
    tab.wait("!message.hidden")
    assert f"The archive at {server.address}/scans.qaad cannot be read" in str(tab.run("message.innerText"))
    assert "CORS" in str(tab.run("message.innerText"))
    tab.complaints.clear()  # the browser tells of it on the console, too
