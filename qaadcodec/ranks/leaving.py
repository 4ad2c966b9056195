"""How ranks leave a run that fails: one of them says why, and none of the others waits for it for ever.

What a rank leaves with is noted in the store of torchrun's agent, which outlives the ranks. A rank that finds itself
alone looks there: either another one has failed, and has said so, or it is gone, and the agent may start all again.
"""

from __future__ import annotations

import contextlib
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from qaadcodec.errors import EnvironmentFailure

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

LOST = 75  # EX_TEMPFAIL: with which agents see that starting again makes sense
EVERY, GRACE = 1.0, 10.0  # seconds between two looks at the store, and until a rank that still waits is ended
PATIENCE = timedelta(seconds=60)
ENDED, GONE = "qaad/ended", "qaad/gone"


class LostRank(EnvironmentFailure):
    """Another rank is gone, or cannot be reached any more."""

    exit_code = LOST


def restarts_left() -> int:
    """How often the agent that started this process would start it again."""
    most, used = (int(os.environ.get(f"TORCHELASTIC_{name}", "0")) for name in ("MAX_RESTARTS", "RESTART_COUNT"))
    return most - used


def was_restarted() -> bool:
    """Whether an agent has started the ranks again after it had lost one."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


class Leaving:
    """The notes of one run. Its store is reached over connections of its own: the ranks' are busy, or broken."""

    def __init__(self, *, goes_on: bool = True) -> None:
        """Of a run that can go on from a checkpoint, or not."""
        self._goes_on = goes_on
        self._store, self._attempt = agents_store(), os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        self._done = threading.Event()
        self._watch: threading.Thread | None = None

    def code(self) -> int | None:
        """The exit code of the rank that has failed; None where none has said so."""
        return int(self._store.get(ENDED)) if self._store.check([ENDED]) else None

    def is_first(self, code: int) -> bool:
        """Note that this rank fails with an exit code; whether it is the first, which should say why."""
        if self._store.add(f"{ENDED}/count", 1) > 1:
            return False
        self._store.set(ENDED, str(code))
        return self.code() == code  # once it has been asked for, it is there for all

    def code_of_first(self, own: int) -> int:
        """The exit code of the rank that failed first, which may be about to note it; this one's own if it is gone."""
        try:
            return int(self._store.get(ENDED))  # waits for it
        except RuntimeError:
            return own

    def explained(self, lost: LostRank) -> int | LostRank:
        """What a rank leaves with that has lost another: silently with a code, or with a message."""
        code = None
        with contextlib.suppress(RuntimeError):  # the store is gone, too
            if (code := self.code()) is None and self._store.add(f"{GONE}/{self._attempt}", 1) > 1:
                code = LOST
        if code is not None:
            return code
        message = "another process of the run is gone: it was killed, or its machine is out of reach"
        hint: str | None
        if restarts_left():
            hint = "all start again, from the last checkpoint if there is one" if self._goes_on else "all start again"
        else:
            hint = "the same command with --resume goes on from the last checkpoint" if self._goes_on else None
        return LostRank(message, hint=hint)

    def watch(self) -> None:
        """End this process where it still waits for one that has failed, or where the agent is gone."""
        self._watch = threading.Thread(target=self._watching, args=(agents_store(),), daemon=True)
        self._watch.start()

    def close(self) -> None:
        """Watch no longer."""
        self._done.set()
        if self._watch is not None:
            self._watch.join()

    def _watching(self, store: Store) -> None:
        try:
            while not self._done.wait(EVERY):
                if store.check([ENDED]):
                    code = int(store.get(ENDED))
                    if not self._done.wait(GRACE):
                        os._exit(code)
                    return
        except RuntimeError:
            if not self._done.wait(EVERY):
                os._exit(LOST)


def agents_store(patience: timedelta = PATIENCE) -> Store:
    """A connection to the store that the agent keeps, or rank 0 where it keeps none."""
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return TCPStore(host, port, is_master=False, wait_for_workers=False, timeout=patience)
