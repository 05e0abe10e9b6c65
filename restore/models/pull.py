"""Fetching a published model: continued where it was cut off, proven before it bears its name."""

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
from restore.models.published import HEAD, no_model
from restore.store import digest_file, held, make_folder, publish, writing_failed

Tell = Callable[[int, int | None], None]
"""Called with the bytes that are there, and with how many there will be, if that is known."""

ATTEMPTS = 5
"""How often a connection that was cut off is taken up again before giving up."""

REDIRECTS = 8

TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as cut off."""

LARGEST = 4 << 30
"""Bytes that a file of unknown size may have at most."""

_BLOCK = 1 << 18
_EARLY = "the connection ended early"
_BY_HAND = "Fetch it on another machine or by hand, then: restore models pull {} --from FILE"


def is_there(model: KnownModel, folder: Path) -> bool:
    """Whether the model is in the folder, undamaged as far as its hash is known."""
    path = model.path(folder)
    return path.is_file() and model.sha256 in (None, digest_file(path))


def fetch(model: KnownModel, folder: Path, tell: Tell, *, unverified: bool = False) -> Path:
    """Fetch a model into the folder and return its path; what was fetched before is not fetched again.

    UsageError: it has no hash and `unverified` does not allow that, or no address for programs.
    SourceError: the network, the server, or a file that is not the one wanted. OutputError: the disk.
    """
    _allowed(model, unverified)
    if model.page:
        todo = f"Open it in a browser, then: restore models pull {model.name} --from FILE"
        raise UsageError(f"{model.name} is given on a web page only.", model.address, todo)
    with _unfinished(model, folder) as part:
        _download(model, part, tell)
        if what := _wrong(model, part):
            part.unlink()
            todo = "It was thrown away. Its authors may have replaced it: report that, please."
            raise SourceError(what, model.address, todo)
        publish(part, model.path(folder))
    return model.path(folder)


def adopt(model: KnownModel, file: Path, folder: Path, *, unverified: bool = False) -> Path:
    """Take over a copy of a file that was fetched by other means; the errors are those of `fetch`."""
    _allowed(model, unverified)
    with _unfinished(model, folder) as part:
        copy = part.with_suffix(f".{os.getpid()}.tmp")
        is_part = part.exists() and file.exists() and part.samefile(file)
        try:
            _copy(file, copy)
            if what := _wrong(model, copy):
                raise SourceError(what, str(file), f"It is published at {model.address}")
            publish(copy, model.path(folder))
        finally:
            copy.unlink(missing_ok=True)
        if not is_part:  # what the user gave stays, whatever it is
            part.unlink(missing_ok=True)
    return model.path(folder)


def _allowed(model: KnownModel, unverified: bool) -> None:
    if model.sha256 is None and not unverified:
        raise UsageError(
            f"Nobody has published a hash for {model.name}: what comes cannot be verified.",
            model.address,
            "Add --unverified if you trust the address.",
        )


@contextlib.contextmanager
def _unfinished(model: KnownModel, folder: Path) -> Generator[Path, None, None]:
    """The name of the unfinished file, for one process at a time."""
    make_folder(folder)
    with held(folder / f".{model.name}.lock", f"{model.name} is being pulled by another run."):
        yield folder / f".{model.name}.part"


def _copy(file: Path, copy: Path) -> None:
    """A copy of the user's file under a new name: `copy` may not be there."""
    try:
        source = file.open("rb")
    except OSError as error:
        raise UsageError(f"Cannot read the file: {error.strerror}.", str(file)) from error
    with source:
        try:
            with copy.open("xb") as target:
                shutil.copyfileobj(source, target, _BLOCK)
        except OSError as error:
            raise writing_failed(copy.parent, error) from error


def _wrong(model: KnownModel, path: Path) -> str:
    """What is wrong with a complete file, in words; empty: it is the one wanted."""
    with path.open("rb") as file:
        instead = no_model(file.read(HEAD))
    if instead is not None:
        return instead[0]
    found = digest_file(path)
    if model.sha256 in (None, found):
        return ""
    return f"Not the file wanted: its SHA-256 is {found}, not {model.sha256}."


def _download(model: KnownModel, part: Path, tell: Tell) -> None:
    """All of the file into `part`, over as many connections as it takes."""
    cut: Exception = ConnectionError()
    for _ in range(ATTEMPTS):
        before = _size(part)
        try:
            _continue(model, part, tell)
            return
        except HTTPError as error:
            raise _refused(model, error) from error
        except (OSError, http.client.HTTPException) as error:
            cut = error
            if _size(part) <= before:
                break
    raise _lost(model, cut, _size(part)) from cut


def _lost(model: KnownModel, cut: Exception, there: int) -> SourceError:
    """What to say when the connection failed for good with that many bytes in hand."""
    host = urlsplit(model.address).hostname
    todo = "What came is kept: the same command goes on from there."
    if isinstance(cut, URLError):
        what = f"{host} cannot be reached: {cut.reason}."
    else:
        early = isinstance(cut, http.client.IncompleteRead)
        reason = _EARLY if early else str(cut) or type(cut).__name__
        after = f"after {there:,} bytes" if there else "before a byte came"
        what = f"The connection to {host} was cut off {after} ({reason})."
    return SourceError(what, model.address, todo if there else _BY_HAND.format(model.name))


def _continue(model: KnownModel, part: Path, tell: Tell) -> None:
    """One connection: from the end of `part` to the end of the file, or until it is cut off."""
    there = _size(part)
    if model.size is not None and there == model.size:
        return
    answer = _rest(model.address, there)
    if answer is None:
        return
    with answer:
        if not _goes_on(answer, there):
            there = 0
        whole = None if answer.length is None else there + cast(int, answer.length)
        _check_answer(model, answer, there, whole)
        with _opened(part, "ab" if there else "wb") as file:
            # read1, not read: what a dying connection still brought is written before it is missed
            while block := cast(bytes, answer.read1(_BLOCK)):
                there += len(block)
                if there > (model.size or LARGEST):
                    part.unlink()
                    raise _too_large(model)
                _write(file, block, part)
                tell(there, whole or model.size)
    if there < (whole or model.size or 0):
        raise ConnectionError(_EARLY)


def _rest(address: str, there: int) -> Any:
    """The open answer with what is missing after `there` bytes; None: the server says that is nothing."""
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
    """Write one block; a full disk is told as such, not as a lost connection."""
    try:
        file.write(block)
        file.flush()
    except OSError as error:
        raise writing_failed(part, error) from error


def _check_answer(model: KnownModel, answer: Any, there: int, whole: int | None) -> None:
    """SourceError for a web page, a file of another size, and one whose end nobody could tell."""
    todo = _BY_HAND.format(model.name)
    if str(answer.headers.get("Content-Type", "")).startswith("text/html"):
        raise SourceError("The address leads to a web page, not to a file.", model.address, todo)
    head = cast(bytes, answer.peek(HEAD)) if answer.length != 0 and not there else b""
    if head and (instead := no_model(head)) is not None:
        raise SourceError(instead[0], model.address, todo)
    if model.size is not None and whole is not None and whole != model.size:
        what = f"The file has {whole:,} bytes there, not {model.size:,}: it is another one."
        raise SourceError(
            what, model.address, "Its authors may have replaced it: report that, please."
        )
    length_known = whole is not None or model.size is not None or answer.chunked
    if not length_known and model.sha256 is None:
        what = "The server does not say how long the file is: a part of it would pass for all."
        raise SourceError(what, model.address, todo)


def _too_large(model: KnownModel) -> SourceError:
    most = model.size or LARGEST
    return SourceError(f"More than {most:,} bytes came: not the file wanted.", model.address)


def _goes_on(answer: Any, there: int) -> bool:
    """Whether the server sends the rest, not the whole file again."""
    span = str(answer.headers.get("Content-Range", ""))
    return answer.status == http.client.PARTIAL_CONTENT and span.startswith(f"bytes {there}-")


def _answer(address: str, there: int) -> Any:
    """The open answer to a request, after redirections; HTTP and HTTPS only, never back to HTTP."""
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
            address = _led_to(address, target)
    raise SourceError(f"More than {REDIRECTS} redirections.", address)


def _led_to(address: str, target: str) -> str:
    """The address that a redirection means; SourceError unless it is one on the web, and as safe."""
    try:
        # as browsers do: spaces and letters that may not stand in an address are escaped
        following = urljoin(address, quote(target, string.punctuation, encoding="iso-8859-1"))
        parts = urlsplit(following)
        host = (parts.hostname or "").encode("idna")
        if parts.scheme not in ("http", "https") or not host or parts.port == 0:
            raise ValueError(following)
    except ValueError as error:  # brackets, ports and hosts that are none, too
        what = "The server leads to an address that is no web address."
        raise SourceError(what, target) from error
    if urlsplit(address).scheme == "https" and parts.scheme == "http":
        raise SourceError("The server leads from HTTPS to plain HTTP.", following)
    return following


def _refused(model: KnownModel, error: HTTPError) -> SourceError:
    """What a server's refusal means."""
    what = f"The server says {error.code} {error.reason}."
    return SourceError(what, error.url or model.address, _BY_HAND.format(model.name))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
