"""What commands say at their end, line for line; records stand in for those of the codec."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from qaadcodec.metrics.names import METRICS
from qaadcodec.report.errors import SURFACE_LEGEND, errors_csv, errors_lines, notes_of
from qaadcodec.report.inspection import names_of
from qaadcodec.report.summaries import compress_lines, decode_line, verify_lines


def compressed(**values: Any) -> Any:
    return SimpleNamespace(
        **{
            "path": "scans.qaad",
            "clouds": 64,
            "points": 16384,
            "bytes_in": 12582912,
            "bytes_out": 231456,
            "ratio": 54.364,
            "ratio_paper": 12.788,
            "bits_per_point": 1.76587,
            "em_kd": 2.13e-6,
            "em_kd_root": 0.0014595,
            "n_em_kd": 0.00149,
            "sample": 8,
            "seconds": 598.2,
            "epochs": 312,
            "interrupted": False,
            "skipped": (),
            **values,
        }
    )


def test_what_a_set_became() -> None:
    assert compress_lines(compressed()) == [
        "archive         scans.qaad",
        "clouds          64 clouds of 16 384 points",
        "bytes in        12 582 912 (float32 positions)",
        "bytes out       231 456",
        "ratio           54.36 (bytes in over bytes out)",
        "paper's ratio   12.79 (floats, as the paper counts them)",
        "bits per point  1.766",
        "nEM-kD          0.149 % (mean of 8 clouds)",
        "EM-kD           2.13e-06 squared units of the input, root 0.00146",
        "time            9 min 58 s, 312 epochs",
    ]


def test_clouds_left_out_are_listed_and_an_early_end_is_said() -> None:
    skipped = (("a.ply", "a.ply: has no vertices"), ("b\n.ply", "is truncated"))
    lines = compress_lines(compressed(skipped=skipped, interrupted=True))
    assert lines[2:5] == [
        "left out        2 clouds",
        "                a.ply: has no vertices",
        "                b\\n.ply: is truncated",
    ]
    assert lines[-1] == "time            9 min 58 s, 312 epochs, finished early"


def test_what_was_decoded() -> None:
    one: Any = SimpleNamespace(paths=("out.ply",), clouds=1, points=65536)
    many: Any = SimpleNamespace(paths=("d/a.ply", "d/b.ply", "d/c.ply"), clouds=3, points=1)
    assert decode_line(one) == "wrote out.ply: 1 cloud of 65 536 points"
    assert decode_line(many) == "wrote d/a.ply and 2 more files: 3 clouds of 1 point"


def test_every_check_is_shown() -> None:
    checks = (
        SimpleNamespace(content="header", bytes=364, crc32=0xABC),
        SimpleNamespace(content="weights", bytes=88888, crc32=1 << 31),
    )
    verification: Any = SimpleNamespace(path="a.qaad", bytes=90564, checks=checks, decoded=4)
    assert verify_lines(verification) == [
        "content   bytes  CRC-32",
        "-------  ------  --------  --",
        "header      364  00000abc  ok",
        "weights  88 888  80000000  ok",
        "a.qaad: undamaged, 90 564 bytes, 4 clouds decoded",
    ]


def test_only_the_first_names_unless_all_are_asked_for() -> None:
    archive: Any = SimpleNamespace(names=("a", "b", "c"), counts=(5, 16384, 7))
    header = ["index  name  original points", "-----  ----  ---------------"]
    assert names_of(archive, 2) == [
        *header,
        "    0  a                   5",
        "    1  b              16 384",
        "and 1 more (-v lists all)",
    ]
    assert names_of(archive, 3)[-1] == "    2  c                   7"


def errors_of(index: int | None, name: str, **values: float) -> Any:
    record = {"index": index, "name": name, "points": 300} | dict.fromkeys((*METRICS, "psnr_peak")) | values
    note = "EM-kD on 200" if name == "b" else None
    return SimpleNamespace(**record, to_dict=lambda: record, note=note)


def test_errors_as_a_table() -> None:
    statistics = {"mean": 0.0015, "median": 0.001, "p95": 0.0019, "max": 0.002}
    summary = {
        "clouds": 2,
        "n_em_kd": statistics,
        "d1_psnr": dict.fromkeys(statistics, 41.2345),
        "peak": "box",
        "bytes": 1000,
        "raw_bytes": 7200,
        "ratio": 7.2,
        "ratio_paper": 9.0,
        "bits_per_point": 13.3333,
    }
    errors = [errors_of(0, "a", n_em_kd=0.001, d1_psnr=float("inf")), errors_of(1, "b", n_em_kd=0.002, d1_psnr=40.0)]
    assert errors_lines(errors, summary) == [
        "index  name    points  nEM-kD  D1 PSNR (box)",
        "-----  ------  ------  ------  -------------",
        "    0  a          300   0.1 %            inf",
        "    1  b          300   0.2 %          40.00",
        "       mean            0.15 %          41.23",
        "       median           0.1 %          41.23",
        "       p95             0.19 %          41.23",
        "       max              0.2 %          41.23",
        "b: EM-kD on 200",
        "D1 PSNR in dB; peak: diagonal of the original's bounding box",
        "",
        "compared        2 clouds",
        "bytes           1 000, of 7 200 as float32",
        "ratio           7.20 (paper's 9.00)",
        "bits per point  13.33",
    ]


def test_what_the_psnrs_are_relative_to() -> None:
    by_value = {"clouds": 1, "peak": 1023.0}
    assert errors_lines([errors_of(None, "a", d1_psnr=40.125, d2_psnr=45.5)], by_value) == [
        "index  name  points  D1 PSNR (1023)  D2 PSNR (1023)",
        "-----  ----  ------  --------------  --------------",
        "    -  a        300           40.12           45.50",
        "D1 and D2 PSNR in dB; peak: 1023 units of the input",
    ]
    assert errors_lines([errors_of(None, "a", d2_psnr=45.5)], {"clouds": 1, "peak": "spacing"}) == [
        "index  name  points  D2 PSNR (spacing)",
        "-----  ----  ------  -----------------",
        "    -  a        300              45.50",
        "D2 PSNR in dB; peak: largest nearest-neighbour distance in the original",
    ]


def test_errors_of_the_surface_are_a_table_of_their_own() -> None:
    surface = {"off_rms": 0.25, "off_p99": 0.75, "off_max": 3.0, "cover_rms": 0.5, "cover_p99": 1.25, "cover_max": 2.5}
    summary = {
        "clouds": 2,
        **{name: dict.fromkeys(("mean", "median", "p95", "max"), 1.0) for name in (*surface, "stray", "chamfer")},
    }
    a, c = (errors_of(i, name, chamfer=0.01, **surface, stray=0.0125) for i, name in enumerate("ac"))
    assert errors_lines([a, c], summary) == [
        "index  name    points  Chamfer",
        "-----  ------  ------  -------",
        "    0  a          300     0.01",
        "    1  c          300     0.01",
        *[f"       {name:6}                1" for name in ("mean", "median", "p95", "max")],
        "",
        "index  name    points  off RMS  off p99  off max",
        "-----  ------  ------  -------  -------  -------",
        "    0  a          300     0.25     0.75        3",
        "    1  c          300     0.25     0.75        3",
        *[f"       {name:6}                1        1        1" for name in ("mean", "median", "p95", "max")],
        "",
        "index  name    points  cover RMS  cover p99  cover max   stray",
        "-----  ------  ------  ---------  ---------  ---------  ------",
        "    0  a          300        0.5       1.25        2.5  1.25 %",
        "    1  c          300        0.5       1.25        2.5  1.25 %",
        *[
            f"       {name:6}                  1          1          1   100 %"
            for name in ("mean", "median", "p95", "max")
        ],
        *SURFACE_LEGEND,
    ]


def test_errors_of_the_surface_alone() -> None:
    assert errors_lines([errors_of(None, "a", stray=0.5)], {"clouds": 1}) == [
        "index  name  points  stray",
        "-----  ----  ------  -----",
        "    -  a        300   50 %",
        *SURFACE_LEGEND,
    ]


def test_notes_of_a_kind_are_said_once() -> None:
    said = {
        "a": "100 and 99 points: EM-kD on 99; EM-kD may be up to 0.2 % too high",
        "b": "100 and 101 points: EM-kD on 100",
        "c": "EM-kD may be up to 0.7 % too high",
        "d": "ends without a newline",
        "e": None,
    }
    clouds: Any = [SimpleNamespace(name=name, note=note) for name, note in said.items()]
    assert notes_of(clouds) == [
        "2 clouds, such as b: 100 and 101 points: EM-kD on 100",
        "2 clouds, such as c: EM-kD may be up to 0.7 % too high",
        "d: ends without a newline",
    ]
    same: Any = [SimpleNamespace(name=name, note="EM-kD on 5") for name in "ab"]
    assert notes_of(same) == ["2 clouds: EM-kD on 5"]


def test_a_table_is_no_wider_than_80_columns() -> None:
    values = dict.fromkeys(METRICS, 0.00012345)
    errors = [errors_of(i, f"0000{i}", **values) for i in range(2)]
    summary: Any = {"clouds": 2, **{m: dict.fromkeys(("mean", "median", "p95", "max"), 1.0) for m in METRICS}}
    lines = errors_lines(errors, summary)
    tables = [line for line in lines if line.startswith("index")]
    assert [" ".join(table.split()[3:]) for table in tables] == [
        "EM-kD root nEM-kD Chamfer aug. Chamfer",
        "D1 PSNR D2 PSNR Hausdorff",
        "off RMS off p99 off max",
        "cover RMS cover p99 cover max stray",
    ]
    assert max(len(line) for line in lines if line not in SURFACE_LEGEND) <= 80
    long_name = errors_lines([errors_of(0, 70 * "n", chamfer=1.0, d1_psnr=2.0)], {"clouds": 1})
    assert [line.split()[-1] for line in long_name if line.startswith("index")] == ["Chamfer", "PSNR"]


def test_two_clouds_have_no_statistics_and_no_rate() -> None:
    assert errors_lines([errors_of(None, "a.ply", chamfer=0.25)], {"clouds": 1, "bytes": None}) == [
        "index  name   points  Chamfer",
        "-----  -----  ------  -------",
        "    -  a.ply     300     0.25",
    ]


def test_errors_as_csv() -> None:
    assert errors_csv([errors_of(0, 'a,"b"', em_kd=1e-7)]).splitlines() == [
        "index,name,points,em_kd,em_kd_root,n_em_kd,chamfer,augmented_chamfer,d1_psnr,d2_psnr,hausdorff,"
        "off_rms,off_p99,off_max,cover_rms,cover_p99,cover_max,stray,psnr_peak",
        '0,"a,""b""",300,1e-07' + 15 * ",",
    ]
