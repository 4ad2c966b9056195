"""What a resumed run has to find as it was when it was begun: the clouds, and the kind of machine."""

from __future__ import annotations

from qaadcodec.archive import storable_names
from qaadcodec.errors import UsageError
from qaadcodec.parallel import cores
from qaadcodec.progress import Run
from qaadcodec.sets.survey import Survey
from qaadcodec.training.backend import choose_device
from qaadcodec.work.identity import Known
from qaadcodec.work.state import State

MACHINE = "machine"  # a part of a checkpoint


def same_clouds(found: Survey, run: Run) -> None:
    """Say which clouds a run is of, by the names that an archive gives them.

    Raises:
        CloudError: it was begun with others; it names them.
    """
    names = storable_names([source.name for source in found.sources])
    run.checkpoints.of([Known(*known) for known in zip(names, found.counts, found.checksums, strict=True)])


def same_machine(run: Run) -> None:
    """Refuse to go on with a run on another kind of device, and say where the number of cores has changed.

    Raises:
        UsageError: it was begun on another kind.
    """
    here = {"device": choose_device(run.device).type, "cores": cores(), "processes": run.ranks.size}
    if (left := run.checkpoints.take(MACHINE)) is not None:
        with left.going_on() as found:
            device, count, processes = (found.numbers[name] for name in here)
        if device != here["device"]:
            raise UsageError(
                f"the run was begun on the device {device}, and would go on on {here['device']}",
                hint=f"--device {device} goes on with it",
            )
        if processes != here["processes"]:
            run.note(
                f"the run was begun in {processes} processes, and goes on in {run.ranks.size}: its bits may differ"
            )
        elif count != here["cores"]:
            run.note(f"the run was begun on {count} cores, and goes on on {here['cores']}: its last bits may differ")
    run.checkpoints.keep(MACHINE, State(here))
