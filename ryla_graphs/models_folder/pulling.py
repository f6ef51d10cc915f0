"""Fetches the weights that a models folder lacks; each is put in place complete and checked, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path

import requests

from ryla_graphs.models_folder.disk_space import check_room
from ryla_graphs.models_folder.folder import ModelsFolder
from ryla_graphs.models_folder.hashing import sha256_of
from ryla_graphs.models_folder.headers import SAFETENSORS, check_other, read_header
from ryla_graphs.models_folder.locating import Located, locate, require_hub
from ryla_graphs.models_folder.transfer import download
from ryla_graphs.models_folder.xet import download_xet, helps
from ryla_graphs.problems import AtFile, InvalidWeights, Problem, PullFailed
from ryla_graphs.sessions import session_for
from ryla_graphs.weights import Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """What must be done for one weight."""

    weight: Weight
    target: Path
    """Where the file is, or will be."""
    there: bool
    """Whether it already exists, with the published size."""
    begun: int = 0
    """Bytes that an earlier attempt left behind."""

    @property
    def part(self) -> Path:
        """The file that collects its bytes until they are complete and checked."""
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def place(self) -> str:
        """Its folder and name."""
        return f"{self.weight.folder}/{self.weight.name}"

    @property
    def remaining(self) -> int | None:
        """Bytes still to fetch; None if the size is not published."""
        if self.there:
            return 0
        return None if self.weight.size is None else max(0, self.weight.size - self.begun)


class Watcher:
    """Receives the progress of a pull, from several threads if several files are fetched at once; ignores it.

    Subclass it to show progress.
    """

    def began(self, fetch: Fetch, size: int | None) -> None:
        """A file's download has begun."""

    def progressed(self, fetch: Fetch, done: int) -> None:
        """This many of its bytes have arrived."""

    def checking(self, fetch: Fetch) -> None:
        """All bytes have arrived; their hash is being computed."""

    def finished(self, fetch: Fetch) -> None:
        """The file is in place."""

    def said(self, text: str) -> None:
        """Something worth knowing."""


def plan_pull(rows: Iterable[Weight], models: ModelsFolder, *, replace: bool = False) -> tuple[Fetch, ...]:
    """What must be fetched so that all of these exist; looks only at the disk.

    A file whose bytes differ from the published one is left alone: raises `PullFailed`, unless `replace`.
    """
    fetches: list[Fetch] = []
    problems: list[Problem] = []
    for row in dict.fromkeys(rows):
        fetch = _fetch_of(row, models)
        strange = None if fetch.there or replace else _strange(fetch)
        problems += [strange] if strange else []
        fetches.append(fetch)
    if problems:
        raise PullFailed(problems)
    return tuple(fetches)


def _fetch_of(row: Weight, models: ModelsFolder) -> Fetch:
    found = models.find(row.folder, row.name)
    target = found or models.target(row.folder, row.name)
    fetch = Fetch(weight=row, target=target, there=_whole(target, row))
    if fetch.there or not fetch.part.is_file():
        return fetch
    return replaced(fetch, begun=fetch.part.stat().st_size)


def _whole(path: Path, row: Weight) -> bool:
    return path.is_file() and (path.stat().st_size == row.size if row.size is not None else _sound(path))


def _sound(path: Path, ending: str | None = None) -> bool:
    """Whether a file is complete according to its header; `ending` is the true extension if its name has another."""
    try:
        if (ending or path.suffix) in SAFETENSORS:
            read_header(path)
        else:
            check_other(path)
    except InvalidWeights:
        return False
    return True


def _strange(fetch: Fetch) -> Problem | None:
    """The problem of a complete file that is not the published one; empty and truncated files are fetched again."""
    if not fetch.target.is_file() or not _sound(fetch.target):
        return None
    return Problem(
        code="other_file",
        message=f"'{fetch.target}' has {fetch.target.stat().st_size:,} bytes, the published file {fetch.weight.size:,}",
        subject=AtFile(fetch.place),
        hint="it may be a version of your own; `--replace` puts the published one in its place",
    )


def pull(
    fetches: Sequence[Fetch], watcher: Watcher | None = None, *, at_once: int = 1, measured: bool = True
) -> dict[tuple[str, str], str]:
    """Fetch what is missing; returns the sha256 of fetched files that have none published, by folder and name.

    All sources are asked before the first byte is fetched, so that a gated one is reported at once. `at_once` files
    are fetched at the same time. Without `measured`, free space is not checked.

    Raises `PullFailed` with everything unavailable, or with the files that failed; all others are then in place.
    """
    require_hub()
    watcher = watcher or Watcher()
    todo = [fetch for fetch in fetches if not fetch.there]
    with session_for() as session:
        located = _locate_all(todo, session, watcher)
        if measured:
            check_room((fetch.target, max(0, (place.size or 0) - fetch.begun)) for fetch, place in located)
        _bring_all(located, session, watcher, at_once)
        return {fetch.weight.key: sha256_of(fetch.target) for fetch, _ in located if fetch.weight.sha256 is None}


def _locate_all(todo: Sequence[Fetch], session: requests.Session, watcher: Watcher) -> list[tuple[Fetch, Located]]:
    found: list[tuple[Fetch, Located]] = []
    problems: list[Problem] = []
    for fetch in todo:
        try:
            place = locate(fetch.weight, session)
        except PullFailed as error:
            problems += error.problems
            continue
        if _differs(fetch.weight.size, place.size) or _differs(fetch.weight.sha256, place.sha256):
            problems.append(_changed(fetch, place))
        for refused in place.passed_over:
            watcher.said(f"{refused.message}; {fetch.weight.name} comes from {place.source.page}")
        found.append((fetch, place))
    if problems:
        raise PullFailed(problems)
    return found


def _differs(published: object, offered: object) -> bool:
    return published is not None and offered is not None and published != offered


def _changed(fetch: Fetch, place: Located) -> Problem:
    return Problem(
        code="source_changed",
        message=f"{place.source.url} has other bytes now than the manifest knows",
        subject=AtFile(fetch.place),
        given={"size": place.size, "sha256": place.sha256},
        expected=f"{fetch.weight.size} bytes, sha256 {fetch.weight.sha256}",
        hint="the publisher changed the file: look at it, and bring the manifest up to date",
    )


def _bring_all(
    located: Sequence[tuple[Fetch, Located]], session: requests.Session, watcher: Watcher, at_once: int
) -> None:
    """Fetch all files, the largest first, so that no large one is left to run alone at the end."""
    problems: list[Problem] = []
    order = sorted(located, key=lambda pair: -(pair[1].size or 0)) if at_once > 1 else located
    with ThreadPoolExecutor(at_once) as threads:
        coming = [threads.submit(_bring, fetch, place, session, watcher) for fetch, place in order]
        for each in coming:
            try:
                each.result()
            except PullFailed as error:
                problems += error.problems
                if at_once == 1:
                    threads.shutdown(cancel_futures=True)
                    break
    if problems:
        raise PullFailed(problems)


def _bring(fetch: Fetch, place: Located, session: requests.Session, watcher: Watcher) -> None:
    """Fetch one file under a lock, so that no other pull fetches it too."""
    from filelock import FileLock, Timeout  # noqa: PLC0415

    fetch.target.parent.mkdir(parents=True, exist_ok=True)
    lock_file = fetch.target.with_name(f".{fetch.target.name}.lock")
    lock = FileLock(lock_file)
    held: AbstractContextManager[object]
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        watcher.said(f"another pull fetches {fetch.weight.name}; waiting for it")
        held = lock.acquire()
    except (NotImplementedError, OSError) as error:
        watcher.said(f"this file system has no locks ({error}): do not pull twice at the same time")
        held = nullcontext()
    with held:
        if not _whole(fetch.target, fetch.weight):
            _download(fetch, place, session, watcher)
            watcher.checking(fetch)
            _verify(fetch, place)
            fetch.part.replace(fetch.target)
        with suppress(OSError):  # Windows cannot delete it while it is held
            lock_file.unlink()
    watcher.finished(fetch)


def _download(fetch: Fetch, place: Located, session: requests.Session, watcher: Watcher) -> None:
    watcher.began(fetch, place.size)

    def on_done(done: int) -> None:
        watcher.progressed(fetch, done)

    try:
        if helps(place, fetch.begun) and _by_xet(fetch, place, watcher, on_done):
            return
        download(place, lambda: locate(fetch.weight, session), fetch.part, session, on_done)
    except PullFailed as error:
        raise PullFailed(problem.at(file=fetch.place) for problem in error.problems) from error
    except OSError as error:
        message = f"cannot be written to '{fetch.part}': {error.strerror or error}"
        raise PullFailed([Problem(code="disk_failed", message=message, subject=AtFile(fetch.place))]) from error


def _by_xet(fetch: Fetch, place: Located, watcher: Watcher, on_done: Callable[[int], None]) -> bool:
    try:
        download_xet(place, fetch.part, on_done)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, plain HTTP may work
        watcher.said(f"hf_xet did not bring {fetch.weight.name} ({type(error).__name__}); it comes over plain HTTP")
        return False
    return True


def _verify(fetch: Fetch, place: Located) -> None:
    """Check the bytes that arrived; bad ones are deleted."""
    size, wanted = fetch.part.stat().st_size, fetch.weight.size or place.size
    sha256 = fetch.weight.sha256 or place.sha256
    wrong = None
    if wanted is not None and size != wanted:
        wrong = f"{size:,} bytes came, expected {wanted:,}"
    elif sha256 is not None and (found := sha256_of(fetch.part)) != sha256:
        wrong = f"what came has the sha256 {found}, expected {sha256}"
    elif sha256 is None and not _sound(fetch.part, fetch.target.suffix):
        wrong = "what came is no weight file"
    if wrong is not None:
        fetch.part.unlink()
        raise PullFailed(
            [
                Problem(
                    code="wrong_bytes",
                    message=f"{wrong}; it was thrown away",
                    subject=AtFile(fetch.place),
                    hint=f"pull it again; if it stays so, the file at {place.source.page} is not the published one",
                )
            ]
        )
