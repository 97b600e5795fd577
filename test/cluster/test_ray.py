"""Guards `--ray` on a real cluster: the bytes of one process, whatever worker dies on the way."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.assets import rendered_hands
from support.bags import image_entry, stamp_of, write_bag
from support.converting import begun_conversion, files_in
from support.foreign import bright
from support.interrupting import interrupted
from support.ray_cluster import LOOPBACK, WORKERS, StartedCluster, a_worker_killed, started_cluster

from handseg_ros.cli.main import main
from handseg_ros.cli.ray_option import workers_at
from handseg_ros.cluster.jobs import Needs
from handseg_ros.segmentation.errors import ClusterError

BAGS = ("bread", "dough", "sieve")
IMAGES = 8


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[StartedCluster]:
    os.environ.update(LOOPBACK)
    with started_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network that takes what is bright for hand, in no time."""
    return str(bright(tmp_path_factory.mktemp("model") / "bright.onnx"))


@pytest.fixture(scope="module")
def bags(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Recordings of moving hands."""
    folder = tmp_path_factory.mktemp("recordings")
    picture = cv2.resize(rendered_hands(), (320, 240))
    for place, name in enumerate(BAGS):
        views = (np.roll(picture, 12 * number + 40 * place, axis=1) for number in range(IMAGES))
        entries = [
            image_entry("/camera/image", stamp_of(number), view)
            for number, view in enumerate(views)
        ]
        write_bag(folder / name, entries)
    return [str(folder / name) for name in BAGS]


def test_recordings_are_those_of_one_process_though_a_worker_is_killed(
    cluster: StartedCluster, bags: list[str], tmp_path: Path
) -> None:
    assert main(["record-masks", *bags, str(tmp_path / "one")]) == 0
    with a_worker_killed(cluster.pid):
        arguments = ["record-masks", *bags, str(tmp_path / "many"), "--ray", cluster.address]
        assert main(arguments) == 0
    expected = files_in(tmp_path / "one")
    assert set(expected) == {f"{name}.mcap" for name in BAGS}
    assert files_in(tmp_path / "many") == expected


def test_labels_are_those_of_one_process_and_are_gone_on_with(
    cluster: StartedCluster, bags: list[str], model: str, tmp_path: Path
) -> None:
    one, many = str(tmp_path / "one"), str(tmp_path / "many")
    asked = ["--model", model, "--every"]
    assert main(["label-bag", *bags, one, *asked, "4"]) == 0
    assert main(["label-bag", bags[0], f"{many}/{BAGS[0]}", *asked, "8"]) == 0
    arguments = ["label-bag", *bags, many, *asked, "4", "--resume", "--ray", cluster.address]
    assert main(arguments) == 0
    assert files_in(tmp_path / "many") == files_in(tmp_path / "one")


def test_figures_are_those_of_one_process_and_are_gone_on_with(
    cluster: StartedCluster, model: str, tmp_path: Path
) -> None:
    """Of two sets as one: a folder, which is read in parts, and a recording."""
    folder = tmp_path / "folder"
    _painted_folder(folder, 70)
    (folder / "images" / "040.png").write_bytes(b"no picture")
    sets = [str(folder), str(_painted_recording(tmp_path / "recording", 10))]
    one, many = tmp_path / "one", tmp_path / "many"
    assert main(["evaluate", *sets, "--out", str(one), "--model", model]) == 0
    _begun_evaluation(one, many, frames=45)
    arguments = ["evaluate", *sets, "--out", str(many), "--model", model, "--resume"]
    assert main([*arguments, "--ray", cluster.address]) == 0
    for name in ("run.json", "frames.jsonl", "scores.json", "report.md"):
        assert (many / name).read_bytes() == (one / name).read_bytes(), name


@pytest.mark.nightly
def test_labels_and_figures_are_done_again_where_a_worker_is_killed(
    cluster: StartedCluster, bags: list[str], model: str, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    _painted_folder(folder, 320)
    labels = ["label-bag", *bags, "--every", "1"]
    figures = ["evaluate", str(folder), "--model", model, "--out"]
    for name, command in (("labels", labels), ("figures", figures)):
        one, many = tmp_path / name / "one", tmp_path / name / "many"
        assert main([*command, str(one)]) == 0
        with a_worker_killed(cluster.pid):
            assert main([*command, str(many), "--ray", cluster.address]) == 0
        told = {path for path in files_in(one) if not path.startswith(("timings", "report.html"))}
        assert told
        for path in told:
            assert (many / path).read_bytes() == (one / path).read_bytes(), path


def test_pictures_are_converted_as_by_one_process_and_are_gone_on_with(
    cluster: StartedCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    _painted_folder(folder, 70)
    (folder / "images" / "040.png").write_bytes(b"no picture")
    one, many = tmp_path / "one", tmp_path / "many"
    command = ["data", "convert", str(folder), "--format", "masks", "--out"]
    assert main([*command, str(one)]) == 0
    told = capsys.readouterr()
    begun_conversion(one, many, members=21)
    assert main([*command, str(many), "--resume", "--ray", cluster.address]) == 0
    assert files_in(many) == files_in(one)
    assert capsys.readouterr().out == told.out.replace(str(one), str(many))


def test_recordings_are_converted_as_by_one_process_though_a_worker_is_killed(
    cluster: StartedCluster, tmp_path: Path
) -> None:
    folder, one, many = tmp_path / "recordings", tmp_path / "one", tmp_path / "many"
    for name in BAGS:
        _painted_recording(folder / name, 60, (240, 320))
    (folder / "crumbs").mkdir()
    (folder / "crumbs" / "metadata.yaml").write_text("no metadata")
    command = ["data", "convert", str(folder), "--format", "bag", "--out"]
    assert main([*command, str(one)]) == 0
    with a_worker_killed(cluster.pid):
        assert main([*command, str(many), "--ray", cluster.address]) == 0
    assert files_in(many) == files_in(one)
    begun = begun_conversion(one, tmp_path / "begun", members=75)
    assert main([*command, str(begun), "--resume", "--ray", cluster.address]) == 0
    assert files_in(begun) == files_in(one)
    assert {path.name for path in tmp_path.iterdir()} == {"recordings", "one", "many", "begun"}


def test_one_recording_cannot_be_converted_by_workers(
    bags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["data", "convert", bags[0], "--format", "bag", "--out", str(out)]
    assert main([*command, "--ray", "local"]) == 1
    told = "is one recording, whose pictures are read one after the other: give several"
    assert told in capsys.readouterr().err
    assert not out.exists()


def _painted(number: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    """Return a bright square, each in another place: uint8 of a size."""
    image = np.zeros(size, np.uint8)
    image[10:30, number % 40 : number % 40 + 20] = 255
    return image


def _painted_folder(folder: Path, count: int) -> None:
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
        for number in range(count):
            cv2.imwrite(str(folder / part / f"{number:03d}.png"), _painted(number))


def _painted_recording(path: Path, count: int, size: tuple[int, int] = (48, 64)) -> Path:
    topics = ("/camera/image", "/ground_truth/mask")
    return write_bag(
        path,
        [
            image_entry(topic, stamp_of(number), _painted(number, size), "mono8")
            for number in range(count)
            for topic in topics
        ],
    )


def _begun_evaluation(whole: Path, folder: Path, frames: int) -> None:
    """Leave an evaluation as it is when it is stopped after some frames."""
    folder.mkdir()
    (folder / "run.json").write_bytes((whole / "run.json").read_bytes())
    for name in ("frames.jsonl", "timings.jsonl"):
        lines = (whole / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(lines[:frames]))


@pytest.mark.parametrize("is_spread", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_bag_that_cannot_be_used_is_told_and_the_others_are_done(
    is_spread: bool,
    cluster: StartedCluster,
    bags: list[str],
    model: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(b"no recording")
    spread = ["--ray", cluster.address] if is_spread else []
    out = tmp_path / "out"
    given = [str(broken), *bags[:2], str(out), "--model", model, *spread]
    assert main(["record-masks", *given]) == 1
    assert sorted(files_in(out)) == [f"{name}.mcap" for name in BAGS[:2]]
    told = capsys.readouterr().err
    assert f"{broken}: " in told
    assert f"1 of 3 bags could not be used, the first is '{broken}'" in told


def test_jobs_are_taken_as_they_are_needed_and_what_they_raise_is_raised_here(
    cluster: StartedCluster,
) -> None:
    taken = []

    def jobs() -> Iterator[int]:
        for number in range(40):
            taken.append(number)
            yield number

    with workers_at(cluster.address, Needs()) as workers:
        results = workers.in_order(partial(partial, pow, 2), jobs())
        assert next(results) == 1
        assert len(taken) <= 2 * WORKERS + 1
        assert list(results) == [2**number for number in range(1, 40)]
        done = workers.as_completed(partial(partial, pow, 3), iter(range(40)))
        assert dict(done) == {number: 3**number for number in range(40)}
        with pytest.raises(ValueError, match="invalid literal for int"):
            list(workers.in_order(partial(partial, int), ["1", "two"]))


def test_without_ray_the_command_that_installs_it_is_told(
    bags: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delitem(sys.modules, "handseg_ros.cluster.ray_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["record-masks", bags[0], str(tmp_path / "out.mcap"), "--ray", "local"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--ray needs the package 'ray'" in told
    assert "pip install 'handseg_ros[cluster]'" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.nightly
def test_a_job_that_kills_every_worker_is_given_up(cluster: StartedCluster) -> None:
    with (
        workers_at(cluster.address, Needs()) as workers,
        pytest.raises(ClusterError, match="workers ended 4 times at the same work"),
    ):
        list(workers.in_order(partial(partial, os._exit), [3]))


@pytest.mark.parametrize(
    ("address", "why"),
    [("127.0.0.1:1", "Connection refused"), ("kitchen", "it is no HOST:PORT")],
)
def test_a_wrong_address_is_told(
    address: str, why: str, bags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record-masks", bags[0], str(tmp_path / "out.mcap"), "--ray", address]) == 1
    told = capsys.readouterr().err
    assert f"there is no Ray cluster to work with at '{address}', {why}: give the HOST:PORT" in told
    assert list(tmp_path.iterdir()) == []


def test_local_is_this_machine_whatever_cluster_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with workers_at("local", Needs()) as workers:
        assert list(workers.in_order(partial(partial, pow, 2), range(3))) == [1, 2, 4]


def test_more_than_a_cluster_has_is_told(
    cluster: StartedCluster, bags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.mcap")
    arguments = ["record-masks", bags[0], out, "--ray", cluster.address, "--threads", "64"]
    assert main(arguments) == 1
    assert f"takes 64 processors, and the Ray cluster has {WORKERS}" in capsys.readouterr().err


def test_ctrl_c_leaves_no_recording_that_is_not_whole(
    cluster: StartedCluster, bags: list[str], tmp_path: Path
) -> None:
    _stop_at_work(bags, tmp_path / "out", cluster.address)


@pytest.mark.nightly
def test_ctrl_c_ends_the_cluster_of_this_machine_too(bags: list[str], tmp_path: Path) -> None:
    _stop_at_work(bags, tmp_path / "out", "local")


def _stop_at_work(bags: list[str], out: Path, address: str) -> None:
    printed = interrupted(
        ["record-masks", *bags, str(out), "--ray", address],
        lambda process: out.exists() and any(out.glob(".*.partial/*/.*")),
    )
    assert "bag/s" in printed
    assert set(files_in(out)) <= {f"{bag}.mcap" for bag in BAGS}


@pytest.mark.nightly
def test_processors_of_this_machine_are_a_cluster_that_leaves_nothing(
    bags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = Path(tempfile.mkdtemp(prefix="hs_", dir="/tmp"))  # names of sockets are short
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert main(["record-masks", *bags, str(tmp_path / "one")]) == 0
    assert main(["record-masks", *bags, str(tmp_path / "many"), "--ray", "local"]) == 0
    assert files_in(tmp_path / "many") == files_in(tmp_path / "one")
    temporary.rmdir()  # fails where something is left
