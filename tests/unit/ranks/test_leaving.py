"""How ranks leave a run that fails, on a store of one process."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from qaadcodec.ranks import leaving
from qaadcodec.ranks.leaving import ENDED, Leaving

dist = pytest.importorskip("torch.distributed")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dist.Store:
    store = dist.HashStore()
    store.set_timeout(timedelta(seconds=60))
    monkeypatch.setattr(leaving, "agents_store", lambda: store)
    return store


def test_one_rank_says_why_and_the_others_leave_with_its_code(store: dist.Store) -> None:
    first, second = Leaving(), Leaving()
    assert first.is_first(3)
    assert not second.is_first(5)
    assert second.code_of_first(5) == first.code() == 3


def test_a_code_that_is_about_to_be_noted_is_waited_for(store: dist.Store) -> None:
    """It once came as none, and a command whose processes had all failed ended with zero."""
    store.add(f"{ENDED}/count", 1)  # the first rank has come so far
    second = Leaving()
    assert not second.is_first(5)
    assert second.code() is None
    late = threading.Timer(0.1, store.set, (ENDED, "3"))
    late.start()
    assert second.code_of_first(5) == 3
    late.join()


def test_a_rank_that_is_gone_before_it_noted_its_code(store: dist.Store) -> None:
    store.set_timeout(timedelta(milliseconds=50))
    store.add(f"{ENDED}/count", 1)
    second = Leaving()
    assert not second.is_first(5)
    assert second.code_of_first(5) == 5
