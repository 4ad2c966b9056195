"""The storage that a URL names, and what went wrong there in our own words. Credentials never get into a message."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qaadcodec.errors import EnvironmentFailure, QaadError, UsageError
from qaadcodec.remote.urls import WEB, scheme_of, shown

WRITTEN = "be written"  # what cannot be done, in messages
TIMEOUT = 30  # seconds without an answer

# What fsspec needs besides itself, and what pip calls it.
PACKAGES = {
    **dict.fromkeys(WEB, "qaadcodec[remote]"),
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss", "adl"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    "hf": "huggingface_hub",
    "smb": "smbprotocol",
}
_CREDENTIALS = {
    **dict.fromkeys(WEB, "give them in ~/.netrc, or name a signed URL"),
    **dict.fromkeys(("s3", "s3a"), "s3fs takes them from ~/.aws, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs takes them from gcloud auth application-default login"),
}


class Missing(EnvironmentFailure):
    """There is no file at a URL."""


def storage(url: str) -> tuple[Any, str]:
    """The file system of fsspec for a URL, and what it calls the place there.

    Raises:
        EnvironmentFailure: what this kind of storage needs is not installed; UsageError: there is no such kind.
    """
    scheme, package = scheme_of(url), "qaadcodec[remote]"
    try:
        import fsspec

        package = PACKAGES.get(scheme, scheme)
        options = _web_options() if scheme in WEB else {}
        fs, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        what = package.partition("[")[0] if "[" not in package else "aiohttp"
        what = error.name if isinstance(error, ModuleNotFoundError) and error.name else what
        what = what.partition(".")[0]
        raise EnvironmentFailure(
            f"{shown(url)}: this needs {what}, which is not installed", hint=f"pip install '{package}'"
        ) from None
    except ValueError as error:
        if "rotocol not known" not in str(error):
            raise failure(url, "be read", error) from None
        raise UsageError(f"{shown(url)}: {scheme}:// is no kind of storage that fsspec knows") from None
    return fs, path


@contextmanager
def telling(url: str, doing: str = "be read") -> Iterator[None]:
    """Make a failure of storage an EnvironmentFailure; `Missing` where there is no file."""
    try:
        yield
    except QaadError:
        raise
    except Exception as error:  # every kind of storage has its own
        raise failure(url, doing, error) from None  # what came before may show credentials


def failure(url: str, doing: str, error: Exception) -> EnvironmentFailure:
    """What went wrong at a URL that could not `doing`."""
    chain = list(_chain(error))
    status = next((number for number in map(_status, chain) if number), None)
    kinds = {kind.__name__ for e in chain for kind in type(e).__mro__}
    denied = status in (401, 403) or "PermissionError" in kinds or "NoCredentialsError" in kinds
    if denied:
        number = f" ({status})" if status else ""
        hint = _CREDENTIALS.get(scheme_of(url), "see the documentation of fsspec for how this storage takes them")
        return EnvironmentFailure(f"{shown(url)}: cannot {doing}: access is denied{number}", hint=hint)
    if status in (404, 410) or ("FileNotFoundError" in kinds and status is None and len(chain) == 1):
        if doing == WRITTEN:
            return EnvironmentFailure(f"{shown(url)}: cannot {doing}: there is no such bucket")
        return Missing(f"{shown(url)}: no such file")
    return EnvironmentFailure(f"{shown(url)}: cannot {doing}: {_reason(chain, status, kinds)}")


def _status(error: BaseException) -> int | None:
    """The status of HTTP that an error tells, where the libraries of the web, of gcsfs and of S3 have it."""
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        number = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:  # an error of aiohttp warns of being asked for its code
        number = error.status if hasattr(error, "status") else getattr(error, "code", None)
    return number if isinstance(number, int) and 100 <= number < 600 else None


def _reason(chain: list[BaseException], status: int | None, kinds: set[str]) -> str:
    if "TooManyRedirects" in kinds:
        return "its redirects do not end"
    if status is not None:
        return f"the server answers {status}"
    if "TimeoutError" in kinds:
        return f"no answer within {TIMEOUT} s"
    if "ClientConnectorDNSError" in kinds or "gaierror" in kinds:
        return "no such host"
    if "ClientPayloadError" in kinds or "ServerDisconnectedError" in kinds:
        return "the connection ended early"
    for error in reversed(chain):
        if isinstance(error, OSError) and error.errno:
            return os.strerror(error.errno).lower()
    # Not the text of the error, which may show signatures and keys.
    return f"{type(chain[-1]).__name__} of {type(chain[-1]).__module__.partition('.')[0]}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _web_options() -> dict[str, Any]:
    """How fsspec reads from the web: bytes as they are, no waiting for ever, proxies and ~/.netrc as curl has them."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=TIMEOUT)
    return {"client_kwargs": {"timeout": timeout, "trust_env": True, "headers": {"Accept-Encoding": "identity"}}}
