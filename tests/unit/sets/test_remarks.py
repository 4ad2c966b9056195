"""What is said of clouds as they were read: a line for each kind, however many clouds there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.clouds import LeftOut, PointCloud
from qaadcodec.progress import Event, Notice, Run
from qaadcodec.sets.remarks import Noticed, Remarks


def told(*clouds: tuple[str, LeftOut, Sequence[str]], points: int = 100) -> list[tuple[str, bool]]:
    remarks, heard = Remarks(), list[Event]()
    for path, left_out, doubts in clouds:
        cloud = PointCloud("c", np.zeros((points - sum(left_out), 3)), (), left_out, tuple(doubts))
        remarks.take(path, Noticed.of(cloud))
    remarks.tell(Run(listener=heard.append))
    return [(notice.text, notice.warning) for notice in heard if isinstance(notice, Notice)]


WHOLE = ("w.ply", LeftOut(), ())
AT_ORIGIN = "points at exactly (0, 0, 0), which sensors write where they saw nothing"


def test_nothing_is_said_of_whole_clouds() -> None:
    assert told() == told(WHOLE, WHOLE) == []


def test_points_left_out_of_one_cloud_and_of_many() -> None:
    assert told(("a.ply", LeftOut(3), ())) == [("a.ply has points that are not finite: 3 points left out", False)]
    assert told(WHOLE, ("a.ply", LeftOut(1), ())) == [
        ("1 of 2 clouds has points that are not finite: 1 point left out of a.ply", False)
    ]
    many = [("a.ply", LeftOut(1), ()), ("b.ply", LeftOut(3), ()), ("c.ply", LeftOut(2, 4), ())]
    assert told(WHOLE, *many) == [
        ("3 of 4 clouds have points that are not finite: 6 points left out; b.ply has most, 3", False),
        (f"1 of 4 clouds has {AT_ORIGIN}: 4 points left out of c.ply", False),
    ]


def test_a_thousand_clouds_take_a_line() -> None:
    assert len(told(*[(f"{i}.ply", LeftOut(1), ()) for i in range(1000)])) == 1


def test_more_than_a_tenth_is_a_warning() -> None:
    assert told(WHOLE, ("a.ply", LeftOut(10), ()))[1:] == []
    assert told(WHOLE, ("a.ply", LeftOut(11), ()))[1:] == [("a.ply loses 11 % of its points", True)]
    two = [("a.ply", LeftOut(11), ()), ("b.ply", LeftOut(0, 30), ())]
    assert told(WHOLE, *two)[2:] == [
        ("2 of 3 clouds lose more than a tenth of their points; b.ply loses most, 30 %", True)
    ]


def test_doubts_are_warnings() -> None:
    doubtful = [(f"{i}.xyz", LeftOut(), ["may be cut"]) for i in range(3)]
    assert told(WHOLE, doubtful[0]) == [("0.xyz: may be cut", True)]
    assert told(WHOLE, *doubtful) == [("0.xyz: may be cut; the same is true of 2 more of 4 clouds", True)]


def test_who_lost_how_many_is_kept() -> None:
    remarks = Remarks()
    remarks.take("a.ply", PointCloud("a", np.zeros((9, 3)), (), LeftOut(2, 3)))
    remarks.take("b.ply", PointCloud("b", np.zeros((9, 3))))
    assert remarks.points_left_out == (("a.ply", 5),)
