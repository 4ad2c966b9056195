"""The verbs: compress, encode, decode, inspect, verify, evaluate and `open`, each in a module imported when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qaadcodec.codec.archive import OpenArchive, open
    from qaadcodec.codec.compressing import CompressSummary, compress
    from qaadcodec.codec.decoding import DecodeSummary, decode
    from qaadcodec.codec.encoding import EncodeSummary, encode
    from qaadcodec.codec.evaluation import (
        METRICS,
        CloudErrors,
        check_thresholds,
        evaluate,
        evaluate_pair,
        summarise,
    )
    from qaadcodec.codec.inspection import Inspection, SectionInfo, inspect
    from qaadcodec.codec.verification import Verification, verify

__all__ = [
    "METRICS",
    "CloudErrors",
    "CompressSummary",
    "DecodeSummary",
    "EncodeSummary",
    "Inspection",
    "OpenArchive",
    "SectionInfo",
    "Verification",
    "check_thresholds",
    "compress",
    "decode",
    "encode",
    "evaluate",
    "evaluate_pair",
    "inspect",
    "open",
    "summarise",
    "verify",
]

_HOME = {
    "archive": ("OpenArchive", "open"),
    "compressing": ("CompressSummary", "compress"),
    "decoding": ("DecodeSummary", "decode"),
    "encoding": ("EncodeSummary", "encode"),
    "evaluation": ("METRICS", "CloudErrors", "check_thresholds", "evaluate", "evaluate_pair", "summarise"),
    "inspection": ("Inspection", "SectionInfo", "inspect"),
    "verification": ("Verification", "verify"),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Find a verb in its module on first use: inspecting a file must not wait for what training imports."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
