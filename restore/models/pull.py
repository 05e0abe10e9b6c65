"""Download of a published model: resumed after interruptions, verified before it gets its name."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import string
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit

from restore import __version__
from restore.errors import SourceError, UsageError
from restore.models.known import KnownModel
from restore.models.published import HEAD, not_a_model
from restore.store import digest_file, held, make_folder, publish, writing_failed

PullProgress = Callable[[int, int | None], None]
"""Gets the number of bytes fetched, and the size of the file if it is known."""

ATTEMPTS = 5
"""Number of connections before giving up."""

REDIRECTS = 8

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as interrupted."""

MAX_SIZE = 4 << 30
"""Largest number of bytes of a file of unknown size."""

_BLOCK = 1 << 18
_ENDED = "the connection ended early"
_BY_HAND = "Download it by other means, then: restore models pull {} --from FILE"


def is_there(model: KnownModel, folder: Path) -> bool:
    """Whether the model is in the folder and, if its hash is known, undamaged."""
    path = model.path(folder)
    return path.is_file() and model.sha256 in (None, digest_file(path))


def fetch(
    model: KnownModel, folder: Path, progress: PullProgress, *, unverified: bool = False
) -> Path:
    """Download a model into the folder and return its path; an interrupted download is resumed.

    UsageError: it has no hash and `unverified` does not allow that, or its address is a web page.
    SourceError: the network, the server, or a file that is not the right one. OutputError: the disk.
    """
    _allowed(model, unverified)
    if model.page:
        what = f"{model.name} can be downloaded with a browser only."
        todo = f"Open its page, then: restore models pull {model.name} --from FILE"
        raise UsageError(what, model.address, todo, code="browser-needed")
    with _incomplete(model, folder) as part:
        _download(model, part, progress)
        if what := _wrong(model, part):
            part.unlink()
            todo = "It was deleted. Its authors may have replaced it: please report that."
            raise SourceError(what, model.address, todo, code="wrong-file")
        publish(part, model.path(folder))
    return model.path(folder)


def adopt(model: KnownModel, file: Path, folder: Path, *, unverified: bool = False) -> Path:
    """Copy a file that was downloaded by other means; the errors are those of `fetch`."""
    _allowed(model, unverified)
    with _incomplete(model, folder) as part:
        copy = part.with_suffix(f".{os.getpid()}.tmp")
        is_part = part.exists() and file.exists() and part.samefile(file)
        try:
            _copy(file, copy)
            if what := _wrong(model, copy):
                todo = f"It is published at {model.address}"
                raise SourceError(what, str(file), todo, code="wrong-file")
            publish(copy, model.path(folder))
        finally:
            copy.unlink(missing_ok=True)
        if not is_part:  # the user's file is never removed
            part.unlink(missing_ok=True)
    return model.path(folder)


def _allowed(model: KnownModel, unverified: bool) -> None:
    if model.sha256 is None and not unverified:
        raise UsageError(
            f"No hash is published for {model.name}: a file cannot be verified.",
            model.address,
            "Add --unverified if you trust the address.",
            code="no-hash",
        )


@contextlib.contextmanager
def _incomplete(model: KnownModel, folder: Path) -> Generator[Path, None, None]:
    """The path of the incomplete file, for one process at a time."""
    make_folder(folder)
    with held(folder / f".{model.name}.lock", f"Another process is pulling {model.name}."):
        yield folder / f".{model.name}.part"


def _copy(file: Path, copy: Path) -> None:
    """Copy the user's file to a new name, which must not exist."""
    try:
        source = file.open("rb")
    except OSError as error:
        what = f"Cannot read the file: {error.strerror}."
        raise UsageError(what, str(file), code="checkpoint-unreadable") from error
    with source:
        try:
            with copy.open("xb") as target:
                shutil.copyfileobj(source, target, _BLOCK)
        except OSError as error:
            raise writing_failed(copy.parent, error) from error


def _wrong(model: KnownModel, path: Path) -> str:
    """What is wrong with a complete file; empty if it is the right one."""
    with path.open("rb") as file:
        problem = not_a_model(file.read(HEAD))
    if problem is not None:
        return problem[0]
    found = digest_file(path)
    if model.sha256 in (None, found):
        return ""
    return f"This is not the right file: its SHA-256 is {found}, not {model.sha256}."


def _download(model: KnownModel, part: Path, progress: PullProgress) -> None:
    """Download the whole file into `part`, with several connections if needed."""
    failure: Exception = ConnectionError()
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            _continue(model, part, progress)
            return
        except HTTPError as error:
            raise _refused(model, error) from error
        except (OSError, http.client.HTTPException) as error:
            failure = error
            if _size(part) <= before:
                break
    raise _interrupted(model, failure, _size(part)) from failure


def _interrupted(model: KnownModel, failure: Exception, there: int) -> SourceError:
    """The error when the connection failed finally, after that many bytes."""
    host = urlsplit(model.address).hostname
    todo = "What was downloaded is kept: the same command resumes."
    if isinstance(failure, URLError):
        what = f"{host} cannot be reached: {failure.reason}."
    else:
        early = isinstance(failure, http.client.IncompleteRead)
        reason = _ENDED if early else str(failure) or type(failure).__name__
        after = f"after {there:,} bytes" if there else "before the first byte"
        what = f"The connection to {host} was interrupted {after} ({reason})."
    todo = todo if there else _BY_HAND.format(model.name)
    return SourceError(what, model.address, todo, code="download-failed")


def _continue(model: KnownModel, part: Path, progress: PullProgress) -> None:
    """One connection: from the end of `part` to the end of the file, or until it is interrupted."""
    there = _size(part)
    if model.size is not None and there == model.size:
        return
    answer = _rest(model.address, there)
    if answer is None:
        return
    with answer:
        if not _resumes(answer, there):
            there = 0
        whole = None if answer.length is None else there + cast(int, answer.length)
        _check_answer(model, answer, there, whole)
        with _opened(part, "ab" if there else "wb") as file:
            # read1, not read: bytes received before an interruption are written
            while block := cast(bytes, answer.read1(_BLOCK)):
                there += len(block)
                if there > (model.size or MAX_SIZE):
                    part.unlink()
                    raise _too_large(model)
                _write(file, block, part)
                progress(there, whole or model.size)
    if there < (whole or model.size or 0):
        raise ConnectionError(_ENDED)


def _rest(address: str, there: int) -> Any:
    """The open response with the bytes after `there`; None if the server says that there are none."""
    try:
        return _answer(address, there)
    except HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE or not there:
            raise
        complete = error.headers.get("Content-Range") == f"bytes */{there}"
        return None if complete else _answer(address, 0)


def _opened(part: Path, mode: Literal["ab", "wb"]) -> BinaryIO:
    try:
        return part.open(mode)
    except OSError as error:
        raise writing_failed(part, error) from error


def _write(file: BinaryIO, block: bytes, part: Path) -> None:
    """Write one block; a full disk is an OutputError, not a lost connection."""
    try:
        file.write(block)
        file.flush()
    except OSError as error:
        raise writing_failed(part, error) from error


def _check_answer(model: KnownModel, answer: Any, there: int, whole: int | None) -> None:
    """SourceError for a web page, a file of another size, and one whose end could not be detected."""
    todo = _BY_HAND.format(model.name)
    if str(answer.headers.get("Content-Type", "")).startswith("text/html"):
        what = "The address leads to a web page, not to a file."
        raise SourceError(what, model.address, todo, code="wrong-file")
    head = cast(bytes, answer.peek(HEAD)) if answer.length != 0 and not there else b""
    if head and (problem := not_a_model(head)) is not None:
        raise SourceError(problem[0], model.address, todo, code="wrong-file")
    if model.size is not None and whole is not None and whole != model.size:
        what = f"The server's file has {whole:,} bytes, not {model.size:,}: it is another file."
        todo = "Its authors may have replaced it: please report that."
        raise SourceError(what, model.address, todo, code="wrong-file")
    length_known = whole is not None or model.size is not None or answer.chunked
    if not length_known and model.sha256 is None:
        what = "The server does not state the file's size: a truncated file could not be detected."
        raise SourceError(what, model.address, todo, code="size-unknown")


def _too_large(model: KnownModel) -> SourceError:
    what = f"More than {model.size or MAX_SIZE:,} bytes were received: it is another file."
    return SourceError(what, model.address, code="wrong-file")


def _resumes(answer: Any, there: int) -> bool:
    """Whether the server sends the rest, not the whole file again."""
    span = str(answer.headers.get("Content-Range", ""))
    return answer.status == http.client.PARTIAL_CONTENT and span.startswith(f"bytes {there}-")


def _answer(address: str, there: int) -> Any:
    """The open response, after redirections; only HTTP and HTTPS, never from HTTPS to HTTP."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    headers = {"User-Agent": f"restore-film/{__version__}", "Accept-Encoding": "identity"}
    if there:
        headers["Range"] = f"bytes={there}-"
    for _ in range(REDIRECTS):
        try:
            return opener.open(request.Request(address, headers=headers), timeout=TIMEOUT)
        except HTTPError as error:
            target = error.headers.get("Location")
            if error.code not in (301, 302, 303, 307, 308) or not target:
                raise
            address = _redirected(address, target)
    what = f"More than {REDIRECTS} redirections."
    raise SourceError(what, address, code="bad-redirection")


def _redirected(address: str, target: str) -> str:
    """The address of a redirection; SourceError unless it is a web address, and HTTPS after HTTPS."""
    try:
        # as in browsers: characters that are not allowed in an address are escaped
        following = urljoin(address, quote(target, string.punctuation, encoding="iso-8859-1"))
        parts = urlsplit(following)
        host = (parts.hostname or "").encode("idna")
        if parts.scheme not in ("http", "https") or not host or parts.port == 0:
            raise ValueError(following)
    except ValueError as error:  # also of wrong brackets, ports and hosts
        what = "The server redirects to an address that is not a web address."
        raise SourceError(what, target, code="bad-redirection") from error
    if urlsplit(address).scheme == "https" and parts.scheme == "http":
        what = "The server redirects from HTTPS to HTTP."
        raise SourceError(what, following, code="bad-redirection")
    return following


def _refused(model: KnownModel, error: HTTPError) -> SourceError:
    """The error for a server's error response."""
    what = f"The server answered {error.code} {error.reason}."
    todo = _BY_HAND.format(model.name)
    return SourceError(what, error.url or model.address, todo, code="download-failed")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
