"""Fetching a published model: continued where it was cut off, proven before it bears its name."""

from __future__ import annotations

import contextlib
import http.client
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

from restore import __version__
from restore.errors import SourceError, UsageError
from restore.models.checkpoint import check_head
from restore.models.known import KnownModel
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
        return _kept(model, part, folder)


def adopt(model: KnownModel, file: Path, folder: Path, *, unverified: bool = False) -> Path:
    """Take over a file that was fetched by other means; the errors are those of `fetch`."""
    _allowed(model, unverified)
    with _unfinished(model, folder) as part:
        try:
            with file.open("rb") as source:
                _copy(source, part)
        except OSError as error:
            raise UsageError(f"Cannot read the file: {error.strerror}.", str(file)) from error
        return _kept(model, part, folder)


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


def _copy(source: BinaryIO, part: Path) -> None:
    try:
        with part.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
    except OSError as error:
        raise writing_failed(part, error) from error


def _kept(model: KnownModel, part: Path, folder: Path) -> Path:
    """Give a complete file its name, if it is the one that was wanted; otherwise throw it away."""
    try:
        found = digest_file(part)
        if model.sha256 is not None and found != model.sha256:
            check_head(part)  # a page or a pointer is named as what it is
            raise SourceError(
                f"Not the file wanted: its SHA-256 is {found}, not {model.sha256}.",
                model.address,
                "It was thrown away. Its authors may have replaced it: report that, please.",
            )
        check_head(part)
    except (SourceError, UsageError):
        part.unlink()
        raise
    final = model.path(folder)
    publish(part, final)
    return final


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
    reason = str(getattr(cut, "reason", cut) or type(cut).__name__)
    host = urlsplit(model.address).hostname
    if _size(part):
        what = f"The connection to {host} was cut off after {_size(part):,} bytes ({reason})."
        todo = "The same command goes on from there."
    else:
        what, todo = f"{host} cannot be reached: {reason}.", _BY_HAND.format(model.name)
    raise SourceError(what, model.address, todo)


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
        length = answer.headers.get("Content-Length")
        whole = there + int(length) if length and length.isdecimal() else None
        _check_answer(model, answer, whole)
        with _opened(part, "ab" if there else "wb") as file:
            while block := cast(bytes, answer.read(_BLOCK)):
                there += len(block)
                if there > (model.size or LARGEST):
                    part.unlink()
                    raise _too_large(model)
                _write(file, block, part)
                tell(there, whole or model.size)
    if whole is not None and there < whole:
        raise ConnectionError("the connection ended early")


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


def _check_answer(model: KnownModel, answer: Any, whole: int | None) -> None:
    """SourceError for a web page, and for a file of another size than the one wanted."""
    if str(answer.headers.get("Content-Type", "")).startswith("text/html"):
        todo = _BY_HAND.format(model.name)
        raise SourceError("The address leads to a web page, not to a file.", model.address, todo)
    if model.size is not None and whole is not None and whole != model.size:
        what = f"The file has {whole:,} bytes there, not {model.size:,}: it is another one."
        raise SourceError(
            what, model.address, "Its authors may have replaced it: report that, please."
        )


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
        _check_address(address)
        try:
            return opener.open(request.Request(address, headers=headers), timeout=TIMEOUT)
        except HTTPError as error:
            target = error.headers.get("Location")
            if error.code not in (301, 302, 303, 307, 308) or not target:
                raise
            following = urljoin(address, target)
            if urlsplit(address).scheme == "https" and urlsplit(following).scheme == "http":
                what = "The server leads from HTTPS to plain HTTP."
                raise SourceError(what, following) from error
            address = following
    raise SourceError(f"More than {REDIRECTS} redirections.", address)


def _check_address(address: str) -> None:
    if urlsplit(address).scheme not in ("http", "https"):
        raise SourceError("The server leads to an address that is no web address.", address)


def _refused(model: KnownModel, error: HTTPError) -> SourceError:
    """What a server's refusal means."""
    what = f"The server says {error.code} {error.reason}."
    return SourceError(what, error.url or model.address, _BY_HAND.format(model.name))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
