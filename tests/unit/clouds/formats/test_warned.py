"""The filters of warnings are those of the whole process, and files are read by several threads."""

from __future__ import annotations

import threading
import warnings

from qaadcodec.clouds.formats.warned import warnings_as


def test_the_filters_of_one_thread_are_never_those_of_another() -> None:
    before, entered, leave, seen = list(warnings.filters), threading.Event(), threading.Event(), list[str]()

    def strict() -> None:
        with warnings_as("error"):
            entered.set()
            leave.wait(20)
            seen.append(warnings.filters[0][0])

    def lenient() -> None:
        entered.wait(20)
        with warnings_as("ignore"):
            seen.append(warnings.filters[0][0])

    threads = [threading.Thread(target=strict), threading.Thread(target=lenient)]
    for thread in threads:
        thread.start()
    entered.wait(20)
    leave.set()
    for thread in threads:
        thread.join()
    assert seen == ["error", "ignore"]
    assert list(warnings.filters) == before
