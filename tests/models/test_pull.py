"""Pulling from a server on this machine: interruptions, wrong files, redirections, no network."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from restore.errors import Busy, SourceError, UsageError
from restore.models import pull
from restore.models.known import KnownModel
from restore.store import digest_bytes, held
from tests.models.server import (
    Reply,
    Site,
    hung_up,
    in_chunks,
    moved,
    page,
    served,
    stalled,
    whole,
)

DATA = b"PK\x03\x04" + bytes(range(256)) * 800
PAGE = b"<!DOCTYPE html><html><body>Sign in to download</body></html>"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Generator[Site, None, None]:
    """A server that gives the file under /model.pth."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with served() as site:
        site.replies["/model.pth"] = whole(DATA)
        yield site


def model(site: Site, path: str = "/model.pth", **changes: object) -> KnownModel:
    """A published model of that site."""
    facts: dict[str, object] = {
        "name": "toy",
        "task": "upscale",
        "architecture": "none",
        "scale": 4,
        "file": "model.pth",
        "address": site.address + path,
        "page": False,
        "licence": "MIT",
        "licence_in": "LICENSE",
        "non_commercial": False,
        "size": len(DATA),
        "sha256": digest_bytes(DATA),
        "runs": "itself",
        "seen_in": "a test",
        "note": None,
    }
    return KnownModel.model_validate({**facts, **changes})


def quiet(done: int, whole: int | None) -> None:
    """Ignore progress."""


def names(folder: Path) -> set[str]:
    """The files in the folder, without locks."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_file_arrives_whole_and_verified(site: Site, tmp_path: Path) -> None:
    """The file has the model's name, its progress was reported to the end, nothing else is left."""
    states: list[tuple[int, int | None]] = []
    path = pull.fetch(model(site), tmp_path / "new", lambda *state: states.append(state))
    assert path.read_bytes() == DATA
    assert names(path.parent) == {"toy.pth"}
    assert states[-1] == (len(DATA), len(DATA))
    assert pull.is_there(model(site), tmp_path / "new")


def test_an_interrupted_download_is_resumed(site: Site, tmp_path: Path) -> None:
    """Each new connection asks only for what is missing, and the file is whole in the end."""
    site.replies["/model.pth"] = whole(DATA, cut_after=60_000)
    path = pull.fetch(model(site), tmp_path, quiet)
    assert path.read_bytes() == DATA
    assert [asked for _, asked in site.asked] == [
        None,
        *(f"bytes={place}-" for place in (60_000, 120_000, 180_000)),
    ]


def test_what_was_downloaded_before_a_failure_is_kept(site: Site, tmp_path: Path) -> None:
    """The error says how much there is; the next call resumes."""
    site.replies["/model.pth"] = whole(DATA, cut_after=1000)
    with pytest.raises(SourceError, match="interrupted after 5,000 bytes") as caught:
        pull.fetch(model(site), tmp_path, quiet)
    assert "resumes" in caught.value.what_to_do
    assert names(tmp_path) == {".toy.part"}
    site.replies["/model.pth"] = whole(DATA)
    site.asked.clear()
    assert pull.fetch(model(site), tmp_path, quiet).read_bytes() == DATA
    assert site.asked == [("/model.pth", "bytes=5000-")]


def test_an_interruption_is_detected_without_the_servers_length(site: Site, tmp_path: Path) -> None:
    """The known size shows that bytes are missing: they are requested, nothing is deleted."""
    site.replies["/model.pth"] = whole(DATA, cut_after=60_000, length=False)
    assert pull.fetch(model(site), tmp_path, quiet).read_bytes() == DATA
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    "reply",
    [in_chunks(DATA[:1000], cut=True), stalled(DATA[:1000], len(DATA), 0.8)],
    ids=["chunked", "stalled"],
)
def test_bytes_before_an_interruption_are_kept(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    """Every byte received before an interruption is kept for the next connection."""
    monkeypatch.setattr(pull, "TIMEOUT", 0.2)
    site.replies["/model.pth"] = reply
    with pytest.raises(SourceError, match="interrupted after 1,000 bytes"):
        pull.fetch(model(site), tmp_path, quiet)
    assert (tmp_path / ".toy.part").read_bytes() == DATA[:1000]
    site.replies["/model.pth"] = whole(DATA)
    assert pull.fetch(model(site), tmp_path, quiet).read_bytes() == DATA
    assert site.asked[-1] == ("/model.pth", "bytes=1000-")


def test_a_connection_closed_without_an_answer_is_an_interruption(
    site: Site, tmp_path: Path
) -> None:
    """The error says that nothing was received, and how to download by other means."""
    site.replies["/model.pth"] = hung_up
    with pytest.raises(SourceError, match="interrupted before the first byte") as caught:
        pull.fetch(model(site), tmp_path, quiet)
    assert "--from FILE" in caught.value.what_to_do


def test_a_file_whose_end_is_unknown_is_refused(site: Site, tmp_path: Path) -> None:
    """Without size, hash and length a truncated file would not be detected; chunks have an end."""
    unknown = model(site, size=None, sha256=None)
    site.replies["/model.pth"] = whole(DATA, cut_after=1000, length=False)
    with pytest.raises(SourceError, match="does not state the file's size"):
        pull.fetch(unknown, tmp_path, quiet, unverified=True)
    assert names(tmp_path) == set()
    site.replies["/model.pth"] = in_chunks(DATA, cut=False)
    assert pull.fetch(unknown, tmp_path, quiet, unverified=True).read_bytes() == DATA


def test_a_server_without_range_support_sends_the_whole_file(site: Site, tmp_path: Path) -> None:
    """The download starts again: nothing is appended to what was there."""
    (tmp_path / ".toy.part").write_bytes(DATA[:777])
    site.replies["/model.pth"] = whole(DATA, ranges=False)
    assert pull.fetch(model(site), tmp_path, quiet).read_bytes() == DATA


def test_a_complete_download_is_only_verified(site: Site, tmp_path: Path) -> None:
    """After a kill between the last byte and the name nothing is downloaded, size known or not."""
    (tmp_path / ".toy.part").write_bytes(DATA)
    pull.fetch(model(site), tmp_path, quiet)
    assert site.asked == []
    (tmp_path / ".toy.part").write_bytes(DATA)
    assert pull.fetch(model(site, size=None), tmp_path, quiet).read_bytes() == DATA


def test_an_unfinished_file_longer_than_the_real_one_is_replaced(
    site: Site, tmp_path: Path
) -> None:
    """If the server cannot resume, the download starts again."""
    (tmp_path / ".toy.part").write_bytes(DATA + b"more")
    assert pull.fetch(model(site, size=None), tmp_path, quiet).read_bytes() == DATA


def test_a_wrong_hash_is_never_given_the_name(site: Site, tmp_path: Path) -> None:
    """Same size, other bytes: refused with both hashes, deleted; an older file stays."""
    (tmp_path / "toy.pth").write_bytes(b"older")
    site.replies["/model.pth"] = whole(DATA[::-1])
    with pytest.raises(SourceError) as caught:
        pull.fetch(model(site), tmp_path, quiet)
    assert digest_bytes(DATA) in caught.value.what
    assert digest_bytes(DATA[::-1]) in caught.value.what
    assert names(tmp_path) == {"toy.pth"}
    assert (tmp_path / "toy.pth").read_bytes() == b"older"


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1])
def test_another_size_is_refused_before_the_download(site: Site, tmp_path: Path, size: int) -> None:
    """The length in the server's header is enough to detect another file."""
    with pytest.raises(SourceError, match="another file"):
        pull.fetch(model(site, size=size), tmp_path, quiet)
    assert names(tmp_path) == set()


def test_an_endless_stream_is_stopped(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bytes than a model can have are not written to the disk."""
    monkeypatch.setattr(pull, "MAX_SIZE", 100_000)
    with pytest.raises(SourceError, match="More than 100,000 bytes"):
        pull.fetch(model(site, size=None), tmp_path, quiet)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("size", [None, len(DATA)])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (page(PAGE, "text/html; charset=utf-8"), "web page"),
        (page(PAGE, "application/octet-stream"), "web page"),
        (page(b"version https://git-lfs.github.com/spec/v1\n", "text/plain"), "Git LFS pointer"),
    ],
    ids=["page", "stream", "pointer"],
)
def test_pages_and_pointers_are_named(
    site: Site, tmp_path: Path, reply: Reply, words: str, size: int | None
) -> None:
    """The error says what the server sent instead of the model; nothing is kept."""
    site.replies["/model.pth"] = reply
    with pytest.raises(SourceError, match=words) as caught:
        pull.fetch(model(site, size=size), tmp_path, quiet)
    assert caught.value.where.endswith("/model.pth")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("code", [301, 302, 307])
def test_redirections_are_followed(site: Site, tmp_path: Path, code: int) -> None:
    """Relative and absolute targets, and the byte to resume from."""
    site.replies["/start"] = moved("/next", code)
    site.replies["/next"] = moved(f"{site.address}/model.pth", code)
    (tmp_path / ".toy.part").write_bytes(DATA[:100])
    assert pull.fetch(model(site, "/start"), tmp_path, quiet).read_bytes() == DATA
    assert site.asked[-1] == ("/model.pth", "bytes=100-")


def test_addresses_are_escaped_as_browsers_do(site: Site, tmp_path: Path) -> None:
    """A redirection to a name with spaces and letters beyond ASCII."""
    site.replies["/start"] = moved("/a model\u00e9.pth")
    site.replies["/a%20model%E9.pth"] = whole(DATA)
    assert pull.fetch(model(site, "/start"), tmp_path, quiet).read_bytes() == DATA


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/model.pth",
        "http://[zz",
        "http://127.0.0.1:port/",
        "http://a..b/model.pth",
        "https:///model.pth",
    ],
)
def test_redirections_stay_on_the_web(site: Site, tmp_path: Path, target: str) -> None:
    """A server cannot redirect to a file of this machine, nor to an invalid address."""
    site.replies["/start"] = moved(target)
    with pytest.raises(SourceError, match="not a web address"):
        pull.fetch(model(site, "/start"), tmp_path, quiet)


def test_redirections_in_a_circle_end(site: Site, tmp_path: Path) -> None:
    """The number of redirections is limited."""
    site.replies["/start"] = moved("/start")
    with pytest.raises(SourceError, match="redirections"):
        pull.fetch(model(site, "/start"), tmp_path, quiet)


def test_a_missing_file_is_reported(site: Site, tmp_path: Path) -> None:
    """The error has the server's answer, the address, and the alternative."""
    site.replies["/gone"] = lambda handler: handler.send_error(404)
    with pytest.raises(SourceError, match="404") as caught:
        pull.fetch(model(site, "/gone"), tmp_path, quiet)
    assert caught.value.where.endswith("/gone")
    assert "--from FILE" in caught.value.what_to_do


def test_an_unreachable_host_is_reported(site: Site, tmp_path: Path) -> None:
    """The error has the host, and --from as the alternative."""
    away = model(site).model_copy(update={"address": "http://127.0.0.1:9/model.pth"})
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 cannot be reached") as caught:
        pull.fetch(away, tmp_path, quiet)
    assert "--from FILE" in caught.value.what_to_do


def test_a_file_downloaded_by_other_means_is_verified_and_copied(
    site: Site, tmp_path: Path
) -> None:
    """--from copies the right file and refuses a wrong one."""
    own, folder = tmp_path / "download.bin", tmp_path / "models"
    own.write_bytes(DATA)
    assert pull.adopt(model(site), own, folder).read_bytes() == DATA
    assert own.is_file()
    own.write_bytes(DATA[:-1])
    with pytest.raises(SourceError, match="SHA-256") as caught:
        pull.adopt(model(site, name="other"), own, folder)
    assert caught.value.where == str(own)
    with pytest.raises(UsageError, match="Cannot read"):
        pull.adopt(model(site), tmp_path / "missing", folder)
    assert names(folder) == {"toy.pth"}
    assert site.asked == []


def test_a_page_saved_by_hand_is_named(site: Site, tmp_path: Path) -> None:
    """The error has the path of the user's file, which stays."""
    own = tmp_path / "download.pth"
    own.write_bytes(PAGE)
    with pytest.raises(SourceError, match="web page") as caught:
        pull.adopt(model(site), own, tmp_path / "models")
    assert caught.value.where == str(own)
    assert own.read_bytes() == PAGE
    assert names(tmp_path / "models") == set()


@pytest.mark.parametrize("there", [DATA, DATA[:1000]], ids=["whole", "unfinished"])
@pytest.mark.parametrize("link", [False, True])
def test_the_incomplete_file_may_be_given(
    site: Site, tmp_path: Path, there: bytes, link: bool
) -> None:
    """--from never changes the given file, even if it is our own incomplete one."""
    part = tmp_path / ".toy.part"
    part.write_bytes(there)
    own = part
    if link:
        own = tmp_path / "own.pth"
        own.symlink_to(part)
    if there == DATA:
        assert pull.adopt(model(site), own, tmp_path).read_bytes() == DATA
    else:
        with pytest.raises(SourceError, match="SHA-256"):
            pull.adopt(model(site), own, tmp_path)
    assert own.read_bytes() == there


def test_a_given_file_replaces_an_incomplete_one(site: Site, tmp_path: Path) -> None:
    """The rest of an interrupted download is removed."""
    own, folder = tmp_path / "download.pth", tmp_path / "models"
    own.write_bytes(DATA)
    folder.mkdir()
    (folder / ".toy.part").write_bytes(DATA[:1000])
    pull.adopt(model(site), own, folder)
    assert names(folder) == {"toy.pth"}


def test_a_file_without_a_hash_must_be_accepted(site: Site, tmp_path: Path) -> None:
    """A file that cannot be verified needs --unverified, downloaded or given."""
    unknown = model(site, sha256=None)
    with pytest.raises(UsageError, match="cannot be verified"):
        pull.fetch(unknown, tmp_path, quiet)
    with pytest.raises(UsageError, match="cannot be verified"):
        pull.adopt(unknown, tmp_path / "any", tmp_path)
    assert pull.fetch(unknown, tmp_path, quiet, unverified=True).read_bytes() == DATA


def test_web_pages_are_not_downloaded(site: Site, tmp_path: Path) -> None:
    """Where a browser is needed, the error has the address."""
    with pytest.raises(UsageError, match="with a browser only") as caught:
        pull.fetch(model(site, page=True), tmp_path, quiet)
    assert caught.value.where.endswith("/model.pth")


def test_a_model_is_pulled_by_one_process_at_a_time(site: Site, tmp_path: Path) -> None:
    """While one process pulls a model, another one is refused."""
    with held(tmp_path / ".toy.lock", "busy"), pytest.raises(Busy, match="Another process"):
        pull.fetch(model(site), tmp_path, quiet)


def test_a_damaged_file_is_downloaded_again(site: Site, tmp_path: Path) -> None:
    """Pulling again replaces a damaged file."""
    (tmp_path / "toy.pth").write_bytes(DATA[:-1] + b"!")
    assert not pull.is_there(model(site), tmp_path)
    assert pull.fetch(model(site), tmp_path, quiet).read_bytes() == DATA
    assert pull.is_there(model(site), tmp_path)
