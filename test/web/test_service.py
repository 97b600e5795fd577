"""Guards the service: fields as others have them, masks as the command writes them, errors."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from support.assets import PICTURE, rendered_hands
from support.png_bomb import png_bomb, png_header
from support.service import Service, a_service, picture_in

from handseg_ros import from_json
from handseg_ros.cli.main import main
from handseg_ros.segmentation.segmenter import Segmenter
from handseg_ros.web.options import ServiceOptions
from handseg_ros.web.server import listen

HAND = PICTURE.read_bytes()
TOKEN = "a token"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """Return a service that is started as the README has it, but for the port."""
    with a_service() as running:
        yield running


@pytest.fixture(scope="module")
def strict() -> Iterator[Service]:
    """Return one that wants a token, lets two images wait and takes requests of a megabyte."""
    with a_service("--token", TOKEN, "--queue", "2", "--upload-megabytes", "1") as running:
        yield running


def test_a_prediction_has_the_fields_of_the_other_service(service: Service) -> None:
    content = service.post(HAND).raise_for_status().json()
    assert content["success"] is True
    assert len(content["predictions"]) >= 2
    for prediction in content["predictions"]:
        top, left, bottom, right = prediction["roi"]
        mask = picture_in(prediction["mask"])
        assert mask.shape == (content["height"], content["width"]) == (480, 640)
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) == {0, 255}
        rows, columns = np.nonzero(mask)
        assert (rows.min(), columns.min()) == (top, left)
        assert (rows.max() + 1, columns.max() + 1) == (bottom, right)
        assert prediction["class_id"] == 1
        assert 0 < prediction["score"] <= 1
        assert prediction["area"] == np.count_nonzero(mask)
        assert prediction["side"] in ("left", "right", "unknown")


def test_masks_are_the_command_s_to_the_pixel(service: Service, tmp_path: Path) -> None:
    target = tmp_path / "mask.png"
    command = [sys.executable, "-m", "handseg_ros.cli.main", "run", str(PICTURE), "-s", str(target)]
    subprocess.run(command, check=True, cwd=tmp_path)
    predictions = service.post(HAND).json()["predictions"]
    union = np.maximum.reduce([picture_in(one["mask"]) for one in predictions])
    np.testing.assert_array_equal(union, cv2.imread(str(target), cv2.IMREAD_UNCHANGED))


def test_run_lengths_are_coco_s(service: Service) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    for prediction in service.post(HAND).json()["predictions"]:
        packed = coco.frPyObjects(prediction["rle"], *prediction["rle"]["size"])
        np.testing.assert_array_equal(coco.decode(packed) * 255, picture_in(prediction["mask"]))


def test_a_request_chooses_its_thresholds_and_what_it_gets(service: Service) -> None:
    assert service.post(HAND, threshold=1.0).json()["predictions"] == []
    small = service.post(HAND, mask_threshold=0.95).json()["predictions"]
    usual = service.post(HAND, mask="none", overlay="contour").json()
    assert sum(one["area"] for one in small) < sum(one["area"] for one in usual["predictions"])
    assert [one["mask"] for one in usual["predictions"]] == [None] * len(usual["predictions"])
    drawn = picture_in(usual["overlay"]).astype(int)
    assert drawn.shape == (480, 640, 3)
    assert np.abs(drawn - rendered_hands()).max() > 100
    assert service.post(HAND).json()["overlay"] is None


def test_segment_answers_in_the_package_s_own_form(service: Service) -> None:
    answered = from_json(service.post(HAND, "/segment").raise_for_status().json())
    expected = Segmenter.load().segment(rendered_hands())
    np.testing.assert_array_equal(answered.instances(), expected.instances())
    assert [hand.side for hand in answered.hands] == [hand.side for hand in expected.hands]


def test_a_camera_s_ten_bits_are_seen_as_bright_as_they_are(service: Service) -> None:
    bright = service.post(HAND).json()["predictions"]
    ten_bits = (rendered_hands().astype(np.uint16) << 2).clip(0, 1023).astype(np.uint16)
    found = service.post(cv2.imencode(".png", ten_bits)[1].tobytes()).json()["predictions"]
    assert [one["side"] for one in found] == [one["side"] for one in bright]
    assert [one["area"] for one in found] == pytest.approx([one["area"] for one in bright], rel=0.1)


def test_many_clients_at_a_time_get_what_one_gets(service: Service) -> None:
    expected = service.post(HAND).content
    mirrored = cv2.imencode(".png", rendered_hands()[:, ::-1])[1].tobytes()
    other = service.post(mirrored).content
    assert expected != other
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: service.post((HAND, mirrored)[n % 2]), range(32)))
    assert [answer.content for answer in answers] == [expected, other] * 16


BAD_PICTURES = {
    "empty": (b"", 422, "is empty"),
    "no picture": (b"GIF89a, and no more", 422, "JPEG"),
    "text": (b"hello", 422, "damaged or no picture"),
    "truncated": (HAND[: len(HAND) // 2], 422, "truncated"),
    "a side too long": (png_header(100_000, 3), 422, "no side may have more"),
    "a bomb": (png_bomb(8000, 8000), 413, "50 million"),
}


@pytest.mark.parametrize("case", BAD_PICTURES)
def test_a_bad_picture_is_told(service: Service, case: str) -> None:
    data, status, words = BAD_PICTURES[case]
    check_failure(service.post(data), status, words)


def check_failure(answer: httpx.Response, status: int, words: str) -> None:
    content = answer.json()
    assert (answer.status_code, content["status"], content["success"]) == (status, status, False)
    assert words in content["reason"]
    assert "Traceback" not in answer.text


BAD_REQUESTS: dict[str, tuple[tuple[str, str, dict[str, Any]], int, str]] = {
    "no file": (("POST", "/predict", {"data": {"image": "text"}}), 422, "field 'image'"),
    "no form": (("POST", "/predict", {"content": b"{}"}), 422, "field 'image'"),
    "an option in the form": (
        ("POST", "/predict", {"files": {"image": HAND}, "data": {"threshold": "0.9"}}),
        422,
        "into the URL, /predict?threshold=...",
    ),
    "an unknown field": (
        ("POST", "/segment", {"files": {"image": HAND}, "data": {"overlay": "mask"}}),
        422,
        "'overlay'",
    ),
    "two pictures": (
        ("POST", "/predict", {"files": [("image", HAND), ("image", HAND)]}), 422, "several",
    ),
    "an unknown option": (
        ("POST", "/predict?threshhold=0.9", {"files": {"image": HAND}}),
        422,
        "no option 'threshhold': it takes threshold, mask_threshold, mask, overlay",
    ),
    "an option twice": (
        ("POST", "/segment?threshold=1&threshold=0", {"files": {"image": HAND}}), 422, "twice",
    ),
    "another field": (("POST", "/predict", {"files": {"file": HAND}}), 422, "field 'image'"),
    "a broken form": (
        ("POST", "/predict", {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}),
        400,
        "no multipart form",
    ),
    "a threshold of 2": (
        ("POST", "/predict?threshold=2", {"files": {"image": HAND}}), 422, "'threshold'",
    ),
    "a mask of everything": (
        ("POST", "/predict?mask_threshold=0", {"files": {"image": HAND}}), 422, "mask",
    ),
    "a threshold that is none": (
        ("POST", "/predict?threshold=nan", {"files": {"image": HAND}}), 422, "'threshold'",
    ),
    "no such overlay": (
        ("POST", "/predict?overlay=gold", {"files": {"image": HAND}}), 422, "'overlay'",
    ),
    "no such path": (("GET", "/../../etc/passwd", {}), 404, "nothing at"),
    "no such method": (("GET", "/predict", {}), 405, "does not take GET"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_a_bad_request_is_told(service: Service, case: str) -> None:
    (method, path, rest), status, words = BAD_REQUESTS[case]
    check_failure(service.client.request(method, path, **rest), status, words)


def test_names_of_files_lead_nowhere(service: Service) -> None:
    answer = service.client.post("/predict", files={"image": ("../../../etc/passwd\0.png", HAND)})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Host": "rebound.example"}, 421, "localhost"),
        ({"Host": ""}, 421, "localhost"),
        ({"Origin": "https://elsewhere.example"}, 403, "another site"),
        ({"Origin": "null"}, 403, "another site"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "another site"),
    ],
)
def test_pages_of_other_sites_are_refused(
    service: Service, headers: dict[str, str], status: int, words: str
) -> None:
    answer = service.client.post("/predict", files={"image": HAND}, headers=headers)
    check_failure(answer, status, words)


def test_its_own_pages_may_ask(service: Service) -> None:
    headers = {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    answer = service.client.post("/predict", files={"image": HAND}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/no_such_page"])
def test_browsers_are_told_to_load_nothing_from_elsewhere(service: Service, path: str) -> None:
    headers = service.client.get(path).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers
    assert "server" not in headers


def test_it_tells_that_it_lives_and_what_it_runs(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    ready = service.client.get("/readyz").json()
    assert ready["model"] == Segmenter.load().description.title
    assert (ready["provider"], ready["admitted"]) == ("cpu", 0)


def test_what_was_asked_is_counted(service: Service) -> None:
    def count(line: str) -> float:
        lines = service.client.get("/metrics").text.splitlines()
        return sum(float(text.split()[-1]) for text in lines if text.startswith(line))

    answered = 'handseg_requests_total{path="/predict",status="200"}'
    before, hands = count(answered), count("handseg_hands_total")
    found = len(service.post(HAND).json()["predictions"])
    assert count(answered) == before + 1
    assert count("handseg_hands_total") == hands + found
    service.client.get("/made_up_by_a_client")
    assert "made_up" not in service.client.get("/metrics").text


def test_the_schema_shows_examples_of_all_answers(service: Service) -> None:
    schema = service.client.get("/openapi.json").json()
    assert {"/predict", "/segment", "/healthz", "/readyz", "/metrics"} == set(schema["paths"])
    assert schema["components"]["schemas"]["Posted"]["additionalProperties"] is False
    answers = schema["paths"]["/predict"]["post"]["responses"]
    assert {"200", "413", "422", "429"} <= set(answers)
    example = answers["200"]["content"]["application/json"]["example"]
    assert set(example) | {"overlay"} == set(service.post(HAND).json())
    assert set(example["predictions"][0]) == set(service.post(HAND).json()["predictions"][0])


@pytest.mark.parametrize("token", ["schl\u00fcssel", " token", "token\n", "to\tken"])
def test_a_token_that_no_header_carries_is_refused(
    token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["serve", "--model", "none"], ["view", "none.png"]):
        assert main([*command, "--token", token]) == 2
        assert "--token has letters beyond ASCII" in capsys.readouterr().err


def test_a_token_is_wanted_where_there_is_one(strict: Service) -> None:
    check_failure(strict.post(HAND), 401, "token")
    for wrong in ("Bearer", "Bearer another", f"Basic {TOKEN}"):
        answer = strict.client.get("/metrics", headers={"Authorization": wrong})
        check_failure(answer, 401, "token")
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert strict.client.get("/metrics", headers=right).status_code == 200
    assert strict.client.get("/healthz").status_code == 200


def test_a_large_request_is_refused_while_it_comes(strict: Service) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        start = b'--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
        for part in (start, *[bytes(100_000)] * 2000):  # 200 MB
            sent += len(part)
            yield part

    headers = {"Authorization": f"Bearer {TOKEN}"}
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    try:
        answer = strict.client.post("/predict", content=endless(), headers={**headers, **form})
    except httpx.TransportError:  # it hung up on a client that goes on sending
        pass
    else:
        check_failure(answer, 413, "larger than 1 MB")
    assert sent < 100_000_000


def test_a_large_request_that_says_so_is_not_read_at_all(strict: Service) -> None:
    asking = HTTPConnection("127.0.0.1", int(strict.url.rpartition(":")[2]))
    asking.putrequest("POST", "/predict")
    asking.putheader("Authorization", f"Bearer {TOKEN}")
    asking.putheader("Content-Length", "200000000")
    asking.endheaders()
    answer = asking.getresponse()
    assert answer.status == json.loads(answer.read())["status"] == 413
    asking.close()


def test_who_comes_while_too_many_wait_is_asked_to_come_again(strict: Service) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    everybody = threading.Barrier(12)

    def ask(_: int) -> httpx.Response:
        everybody.wait()
        return strict.client.post("/predict", files={"image": HAND}, headers=headers)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(12)))
    refused = [answer for answer in answers if answer.status_code == 429]
    right = {answer.content for answer in answers if answer.status_code == 200}
    assert refused
    for answer in refused:
        check_failure(answer, 429, "--queue")
        assert int(answer.headers["Retry-After"]) >= 1
    assert len(right) == 1
    assert json.loads(right.pop())["predictions"]


def test_a_signal_ends_it_and_what_was_asked_before_is_answered() -> None:
    with a_service() as running:
        large = cv2.imencode(".png", cv2.resize(rendered_hands(), (2400, 1800)))[1].tobytes()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(running.post, large)
            while running.client.get("/readyz").json()["admitted"] == 0 and not asked.done():
                pass
            assert running.process.stop(15) == 0
            assert asked.result().json()["success"]


def test_addresses_that_it_cannot_have_are_told(service: Service) -> None:
    taken = service.url.rpartition(":")[2]
    command = [sys.executable, "-m", "handseg_ros.cli.main", "serve"]
    done = subprocess.run([*command, "--port", taken], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"127.0.0.1:{taken}" in done.stderr
    assert "--port" in done.stderr
    done = subprocess.run(
        [*command, "--host", "no-such-host.invalid"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    warning, error = done.stderr.splitlines()
    assert "--token" in warning
    assert "no-such-host.invalid" in error


def test_answers_do_not_wait_for_acknowledgements() -> None:
    with listen(ServiceOptions(port=0)) as listening:
        client = socket.create_connection(listening.getsockname())
        connection, _ = listening.accept()
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
        client.close()


@pytest.mark.parametrize(
    ("host", "is_local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.0.7", False), ("robot.local", False)],
)  # fmt: skip
def test_what_is_on_this_machine_alone(host: str, is_local: bool) -> None:
    assert ServiceOptions(host=host).is_local == is_local
