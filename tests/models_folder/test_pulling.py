"""Pulling from a Hub on loopback: what it does when all is well, and at every failure."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ryla_graphs.cli.weights.progress import bars
from ryla_graphs.models_folder import ModelsFolder, transfer
from ryla_graphs.models_folder.pulling import Fetch, Watcher, plan_pull, pull
from ryla_graphs.problems import PullFailed
from ryla_graphs.weights import HubFile, Licence, WebFile, Weight
from tests.conftest import ROOT
from tests.models_folder.files import write
from tests.models_folder.hub import TOKEN, Hub, serving

LICENCE = Licence(name="MIT", commercial=True)
CONTENT = random.Random(7).randbytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def row(**facts: object) -> Weight:
    known = {
        "name": "model.bin",
        "folder": "diffusion_models",
        "content": "diffusion model",
        "licence": LICENCE,
        "size": len(CONTENT),
        "sha256": SHA256,
        "sources": (HubFile("acme/model", "deep/model.bin"),),
    }
    return Weight(**(known | facts))  # type: ignore[arg-type]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(files={"acme/model/deep/model.bin": CONTENT})) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(transfer, "PAUSES", (0.01,) * 5)
        yield served


@pytest.fixture
def models(tmp_path: Path) -> ModelsFolder:
    (tmp_path / "models").mkdir()
    return ModelsFolder(tmp_path / "models")


def fetch(models: ModelsFolder, *rows: Weight, watcher: Watcher | None = None, replace: bool = False) -> None:
    pull(plan_pull(rows or (row(),), models, replace=replace), watcher)


def failure(models: ModelsFolder, *rows: Weight, replace: bool = False) -> list[str]:
    with pytest.raises(PullFailed) as caught:
        fetch(models, *rows, replace=replace)
    assert TOKEN not in str(caught.value) and "Signature" not in str(caught.value)
    return [problem.code for problem in caught.value.problems]


def target(models: ModelsFolder) -> Path:
    return models.target("diffusion_models", "model.bin")


def leftovers(models: ModelsFolder) -> list[str]:
    return sorted(path.name for path in models.roots[0].rglob("*") if path.is_file() and path.name != "model.bin")


class Heard(Watcher):
    """Keeps every report."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.done: list[int] = []

    def began(self, fetch: Fetch, size: int | None) -> None:
        self.words.append(f"began {size}")

    def progressed(self, fetch: Fetch, done: int) -> None:
        self.done.append(done)

    def checking(self, fetch: Fetch) -> None:
        self.words.append("checking")

    def finished(self, fetch: Fetch) -> None:
        self.words.append("finished")

    def said(self, text: str) -> None:
        self.words.append(text)


def test_a_file_comes_whole_checked_and_once(hub: Hub, models: ModelsFolder) -> None:
    heard = Heard()
    fetch(models, watcher=heard)
    assert target(models).read_bytes() == CONTENT
    assert heard.words == [f"began {len(CONTENT)}", "checking", "finished"]
    assert heard.done == sorted(heard.done) and heard.done[-1] == len(CONTENT)
    assert leftovers(models) == []
    fetch(models)
    assert hub.sent == len(CONTENT), "nothing is downloaded twice"


@pytest.mark.parametrize("drops", [[1_000_000], [0, 0, 2_000_000, 5], [1] * 12])
def test_a_dropped_connection_is_resumed_where_it_broke(hub: Hub, models: ModelsFolder, drops: list[int]) -> None:
    hub.drops = list(drops)
    fetch(models)
    assert target(models).read_bytes() == CONTENT
    assert hub.sent == len(CONTENT)


def test_what_an_earlier_pull_left_is_gone_on_with(hub: Hub, models: ModelsFolder) -> None:
    hub.drops = [1_234_567] + [0] * 20
    assert failure(models) == ["connection_lost"]
    assert leftovers(models) == [".model.bin.lock", "model.bin.part"]
    (planned,) = plan_pull([row()], models)
    assert (planned.begun, planned.remaining) == (1_234_567, len(CONTENT) - 1_234_567)
    hub.drops, hub.log[:] = [], []
    fetch(models)
    assert hub.get("model.bin") == ["bytes=1234567-"]
    assert hub.sent == len(CONTENT)
    assert leftovers(models) == []


KILLED = """
import sys
from pathlib import Path
from ryla_graphs.models_folder import ModelsFolder
from ryla_graphs.models_folder.pulling import plan_pull, pull
from tests.models_folder.test_pulling import row
pull(plan_pull([row()], ModelsFolder(Path(sys.argv[1]))))
"""


def test_a_pull_that_was_killed_is_gone_on_with(hub: Hub, models: ModelsFolder) -> None:
    hub.drops, hub.hangs = [1_500_000], True
    part = target(models).with_name("model.bin.part")
    with subprocess.Popen([sys.executable, "-c", KILLED, str(models.roots[0])], cwd=ROOT) as process:
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size >= 1_000_000) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
    begun = part.stat().st_size
    assert begun >= 1_000_000 and not target(models).exists()
    hub.log.clear()
    fetch(models)
    assert target(models).read_bytes() == CONTENT
    assert hub.get("model.bin") == [f"bytes={begun}-"]


def test_a_server_without_ranges_sends_it_again(hub: Hub, models: ModelsFolder) -> None:
    hub.ranges, hub.drops = False, [1_000_000]
    fetch(models)
    assert target(models).read_bytes() == CONTENT


def test_too_much_is_thrown_away(hub: Hub, models: ModelsFolder) -> None:
    write(target(models).with_name("model.bin.part"), CONTENT + b"more")
    fetch(models)
    assert target(models).read_bytes() == CONTENT


def test_signed_addresses_grow_old(hub: Hub, models: ModelsFolder) -> None:
    hub.once, hub.drops = True, [1_000_000, 5]
    fetch(models)
    assert target(models).read_bytes() == CONTENT
    assert hub.sent == len(CONTENT)


def test_damaged_leftovers_are_found_out(hub: Hub, models: ModelsFolder) -> None:
    write(target(models).with_name("model.bin.part"), bytes(1_000))
    assert failure(models) == ["wrong_bytes"]
    assert not target(models).exists()
    fetch(models)
    assert target(models).read_bytes() == CONTENT


def test_a_file_that_changed_upstream_is_not_taken(hub: Hub, models: ModelsFolder) -> None:
    hub.files["acme/model/deep/model.bin"] = CONTENT[::-1]
    assert failure(models) == ["source_changed"]
    assert hub.sent == 0


def test_without_a_published_hash_the_hub_s_own_is_taken(hub: Hub, models: ModelsFolder) -> None:
    unknown = row(size=None, sha256=None)
    write(target(models).with_name("model.bin.part"), bytes(1_000))
    assert failure(models, unknown) == ["wrong_bytes"]
    fetch(models, unknown)
    assert target(models).read_bytes() == CONTENT
    assert plan_pull([unknown], models)[0].there


def test_a_gated_repository_says_where_to_accept(
    hub: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.gated = {"acme/model"}
    with pytest.raises(PullFailed) as caught:
        fetch(models)
    (problem,) = caught.value.problems
    assert problem.code == "token_missing" and problem.file == "diffusion_models/model.bin"
    assert problem.hint is not None and "https://huggingface.co/acme/model" in problem.hint
    assert "HF_TOKEN" in problem.hint
    monkeypatch.setenv("HF_TOKEN", "hf_bad")
    assert failure(models) == ["token_wrong"]
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.accepted = False
    assert failure(models) == ["gated"]
    hub.accepted = True
    fetch(models)
    assert target(models).read_bytes() == CONTENT


def test_the_token_goes_to_the_hub_alone(hub: Hub, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fetch(models)
    shown = {path.startswith("/cdn/"): token for _, path, _, token in hub.log}
    assert shown == {False: f"Bearer {TOKEN}", True: None}


def test_all_refusals_come_before_the_first_byte(hub: Hub, models: ModelsFolder) -> None:
    hub.gated = {"acme/closed"}
    closed = row(name="closed.bin", sources=(HubFile("acme/closed", "closed.bin"),))
    gone = row(name="gone.bin", sources=(HubFile("acme/model", "gone.bin"),))
    assert failure(models, row(), closed, gone) == ["token_missing", "source_gone"]
    assert hub.sent == 0


def test_another_source_serves_what_the_first_does_not(hub: Hub, models: ModelsFolder) -> None:
    hub.gated = {"acme/closed"}
    heard = Heard()
    sources = (HubFile("acme/closed", "model.bin", gated=True), HubFile("acme/model", "deep/model.bin"))
    fetch(models, row(sources=sources), watcher=heard)
    assert "acme/closed is gated" in heard.words[0] and "comes from https://huggingface.co/acme/model" in heard.words[0]


def test_no_server_answers(models: ModelsFolder, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert failure(models) == ["source_unreachable"]


def test_a_disk_that_is_too_small_is_reported_first(hub: Hub, models: ModelsFolder) -> None:
    hub.sizes["acme/model/deep/model.bin"] = 10**17
    assert failure(models, row(size=10**17)) == ["disk_full"]
    assert hub.sent == 0


def test_a_disk_that_fills_up_meanwhile(hub: Hub, models: ModelsFolder) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    target(models).parent.mkdir()
    target(models).with_name("model.bin.part").symlink_to("/dev/full")
    assert failure(models) == ["disk_failed"]


def test_two_pulls_at_once_fetch_once(hub: Hub, models: ModelsFolder) -> None:
    heard = [Heard(), Heard()]
    hub.ready = lambda: any("another pull" in word for each in heard for word in each.words)
    threads = [threading.Thread(target=fetch, args=(models,), kwargs={"watcher": each}) for each in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target(models).read_bytes() == CONTENT
    assert hub.sent == len(CONTENT)
    assert sorted(len(each.words) for each in heard) == [2, 3]
    assert any("another pull fetches model.bin" in word for each in heard for word in each.words)
    assert leftovers(models) == []


def test_bars_show_what_comes(
    hub: Hub, models: ModelsFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as if standard error were a terminal
    monkeypatch.setenv("NO_COLOR", "1")
    hub.drops, hub.gated = [1_000_000], {"acme/closed"}
    sources = (HubFile("acme/closed", "model.bin"), HubFile("acme/model", "deep/model.bin"))
    planned = plan_pull([row(sources=sources)], models)
    with bars(shown=True) as watcher:
        pull(planned, watcher)
        pull(planned, watcher)  # another pull was first
    shown = capsys.readouterr().err
    assert "3.0/3.0 MB" in shown and "acme/closed is gated" in shown
    assert hub.sent == len(CONTENT)


def test_files_of_one_s_own_are_left_alone(hub: Hub, models: ModelsFolder) -> None:
    write(target(models), b"a fine-tune of mine")
    assert failure(models) == ["other_file"]
    assert target(models).read_bytes() == b"a fine-tune of mine"
    fetch(models, replace=True)
    assert target(models).read_bytes() == CONTENT


def test_empty_files_are_fetched_again(hub: Hub, models: ModelsFolder) -> None:
    write(target(models), b"")
    fetch(models)
    assert target(models).read_bytes() == CONTENT


def test_files_in_legacy_folders_are_there(hub: Hub, models: ModelsFolder) -> None:
    write(models.target("unet", "model.bin"), CONTENT)
    (planned,) = plan_pull([row()], models)
    assert planned.there and planned.target.parent.name == "unet"


def test_files_from_elsewhere_on_the_web(hub: Hub, models: ModelsFolder) -> None:
    hub.files["web/model.bin"], hub.drops = CONTENT, [2_000_000]
    web = row(sources=(WebFile(f"{hub.endpoint}/web/model.bin"),))
    fetch(models, web)
    assert target(models).read_bytes() == CONTENT and hub.sent == len(CONTENT)
    target(models).unlink()
    hub.lengths = False
    unknown = row(size=None, sources=web.sources)
    for begun in (CONTENT[:1_000_000], CONTENT, CONTENT + b"more"):
        write(target(models).with_name("model.bin.part"), begun)
        fetch(models, unknown)
        assert target(models).read_bytes() == CONTENT
        target(models).unlink()
    assert failure(models, row(sources=(WebFile(f"{hub.endpoint}/web/none.bin"),))) == ["source_gone"]
