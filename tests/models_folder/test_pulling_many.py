"""Pulls of many and of large files: several at once, by hf_xet, onto disks that do not tell what is free."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from filelock import FileLock

from ryla_graphs.cli.weights.progress import Lines, bars
from ryla_graphs.models_folder import ModelsFolder, transfer, xet
from ryla_graphs.models_folder.pulling import Fetch, Watcher, plan_pull, pull
from ryla_graphs.problems import PullFailed
from ryla_graphs.weights import HubFile, Weight
from tests.models_folder.hub import Hub, serving
from tests.models_folder.test_pulling import CONTENT, Heard, row

FILES = {f"model{number}.bin": bytes([number]) * 100_000 for number in range(3)}
Usage = namedtuple("Usage", "total used free")


def rows(*more: Weight) -> list[Weight]:
    found = [
        row(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), sources=(HubFile("a/b", name),))
        for name, content in FILES.items()
    ]
    return [*found, *more]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    files = {f"a/b/{name}": content for name, content in FILES.items()}
    with serving(Hub(files={**files, "acme/model/deep/model.bin": CONTENT})) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(transfer, "PAUSES", (0.01,))
        yield served


@pytest.fixture
def models(tmp_path: Path) -> ModelsFolder:
    (tmp_path / "models").mkdir()
    return ModelsFolder(tmp_path / "models")


def there(models: ModelsFolder) -> list[str]:
    return sorted(path.name for path in models.roots[0].rglob("*") if path.is_file() and path.suffix != ".lock")


class Together(Watcher):
    """Lets no file come before all have begun."""

    def __init__(self, files: int) -> None:
        self._barrier = threading.Barrier(files, timeout=60)

    def began(self, fetch: Fetch, size: int | None) -> None:
        self._barrier.wait()


def test_several_files_come_at_the_same_time(hub: Hub, models: ModelsFolder) -> None:
    pull(plan_pull(rows(), models), Together(3), at_once=3)
    assert there(models) == [*FILES]


def test_a_file_that_fails_does_not_keep_the_others_away(hub: Hub, models: ModelsFolder) -> None:
    hub.files["a/b/short.bin"] = b"short"
    hub.sizes["a/b/short.bin"] = 200_000
    short = row(name="short.bin", size=None, sha256=None, sources=(HubFile("a/b", "short.bin"),))
    with pytest.raises(PullFailed, match="5 bytes came, expected 200,000"):
        pull(plan_pull(rows(short), models), at_once=2)
    assert there(models) == [*FILES]


@pytest.mark.parametrize(("printed", "measured"), [((0, 0, 0), True), ((4096, 4096, 0), False), ((10**9, 1, 5), False)])
def test_a_placeholder_of_free_space_refuses_nothing(
    hub: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch, printed: tuple[int, int, int], measured: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(*printed))
    pull(plan_pull(rows(), models), measured=measured)
    assert there(models) == [*FILES]


def test_a_disk_that_tells_the_truth_still_counts(
    hub: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 5, 5))
    with pytest.raises(PullFailed, match="300,000 bytes are needed, 5 are free"):
        pull(plan_pull(rows(), models))
    assert hub.sent == 0


class Xet:
    """Plays `hf_hub_download`; that hf_xet is behind it was seen on no real Hub."""

    def __init__(self, content: bytes | Exception) -> None:
        self.content = content
        self.asked: list[tuple[str, str]] = []

    def __call__(self, repository: str, path: str, *, local_dir: Path, tqdm_class: type[Any]) -> str:
        self.asked.append((repository, path))
        target = local_dir / path
        target.parent.mkdir(parents=True)
        target.with_suffix(".incomplete").write_bytes(b"half")
        if isinstance(self.content, Exception):
            raise self.content
        bar = tqdm_class(total=len(self.content), initial=0)
        bar.update(1_000_000)
        bar.update(len(self.content) - 1_000_000)
        target.write_bytes(self.content)
        return str(target)


@pytest.fixture
def large(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub.xet = True
    monkeypatch.setattr(xet, "LEAST_BYTES", 2_000_000)
    return hub


def test_a_large_file_comes_by_xet(large: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    by_xet, heard = Xet(CONTENT), Heard()
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", by_xet)
    pull(plan_pull([row(), *rows()], models), heard)
    assert by_xet.asked == [("acme/model", "deep/model.bin")] and large.sent == 300_000
    assert 1_000_000 in heard.done and len(CONTENT) in heard.done
    assert there(models) == sorted(["model.bin", *FILES])


def test_where_xet_fails_the_bytes_come_over_http(
    large: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", Xet(RuntimeError("no storage answers")))
    pull(plan_pull([row()], models), heard)
    assert there(models) == ["model.bin"] and large.sent == len(CONTENT)
    assert any("hf_xet did not bring model.bin (RuntimeError)" in word for word in heard.words)


def test_what_was_begun_goes_on_where_it_ended(
    large: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_xet = Xet(CONTENT)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", by_xet)
    part = models.target("diffusion_models", "model.bin").with_name("model.bin.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:2_500_000])
    pull(plan_pull([row()], models))
    assert not by_xet.asked and large.sent == len(CONTENT) - 2_500_000


def test_lines_say_how_far_it_is(hub: Hub, models: ModelsFolder, capsys: pytest.CaptureFixture[str]) -> None:
    hub.drops = [1_000_000]
    pull(plan_pull([row()], models), Lines(seconds=0))
    printed = capsys.readouterr().err
    assert "diffusion_models/model.bin: 3.0 MB\n" in printed and "(100%)" in printed and "per second" in printed
    assert printed.endswith("computing its hash\ndiffusion_models/model.bin: in place\n")
    with bars(shown=True) as watcher:  # pytest's standard error is no terminal
        assert isinstance(watcher, Lines)


def test_a_file_system_without_locks(hub: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise NotImplementedError("no flock here")

    monkeypatch.setattr(FileLock, "acquire", refused)
    heard = Heard()
    pull(plan_pull([row()], models), heard)
    assert there(models) == ["model.bin"] and "no flock here" in heard.words[0]
