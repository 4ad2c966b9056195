"""Text that fits where it goes."""

from __future__ import annotations

from qaadcodec.pictures.lettering import Lettering

TEXT = Lettering(16)


def test_what_fits_stays() -> None:
    assert TEXT.fitting("scan_0001", 200) == "scan_0001"


def test_a_long_name_keeps_both_ends() -> None:
    short = TEXT.fitting("subject_with_a_long_name_0001_front", 120)
    assert short.startswith("subj")
    assert "…" in short
    assert short.endswith("front")
    assert TEXT.width(short) <= 120
    assert TEXT.fitting("x" * 100_000, 60).count("…") == 1
    assert TEXT.fitting("wide", 1) == "…"


def test_names_are_data() -> None:
    assert TEXT.fitting("a\x1b[31m\nb", 400) == r"a\x1b[31m\nb"


def test_sentences_are_broken_at_blanks() -> None:
    text = "Each is drawn as the surface through its points, to one scale."
    lines = TEXT.broken(text, 150)
    assert " ".join(lines) == text
    assert len(lines) > 2
    assert all(TEXT.width(line) <= 150 for line in lines)
    assert all(TEXT.width(line) <= 60 for line in TEXT.broken("a" * 500 + " b", 60))
