"""Makes pictures of the live page: `PYTHONPATH=test python tools/documentation/page_pictures.py`.

The real page in Chromium, beside a node that gets the rendered scene with depth.
"""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import sys
from pathlib import Path

from handseg_ros.nodes.own_domain import claim_domain

# Before rclpy is imported; the processes inherit them.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(claim_domain())

from playwright.sync_api import Browser, Page
from support.browser import a_browser, a_page
from support.node import start_node
from support.processes import running_process
from support.robot import NODE
from support.service import a_service

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SCENE = ASSETS / "rgbd_scene"
CAMERA = {
    "source": SCENE / "images",
    "depth": SCENE / "depth",
    "camera_info_url": SCENE / "camera.yaml",
    "rate": 5.0,
    "loop": "true",
}
WIDE = {"width": 1280, "height": 660}
NARROW = {"width": 390, "height": 760}
# Both hands measured, by the page's own table.
READY = "() => document.querySelectorAll('#live-hands tbody tr').length === 2 && " \
    "!document.getElementById('live-hands').innerText.includes('not known')"  # fmt: skip


def shown(page: Page, target: str) -> None:
    """Write what the page shows once both hands are measured."""
    page.wait_for_selector("#live-level.good")
    page.wait_for_function(READY)
    page.screenshot(path=str(ASSETS / target))


def refused(page: Page) -> None:
    """Write the parameters with the node's reason beside one."""
    model = page.get_by_label("model", exact=True)
    model.fill("hads")
    model.press("Enter")
    page.wait_for_selector("#parameter-model-reason:not(:empty)")
    page.locator("#parameters").evaluate("e => e.scrollIntoView()")
    page.screenshot(path=str(ASSETS / "live_page_parameters.png"))


def take(browser: Browser, url: str) -> None:
    with a_page(browser, url, viewport=WIDE) as page:
        shown(page, "live_page.png")
        refused(page)
    with a_page(browser, url, viewport=NARROW, color_scheme="dark", is_mobile=True) as page:
        shown(page, "live_page_phone.png")


def main() -> None:
    camera = [f"{name}:={value}" for name, value in CAMERA.items()]
    command = [sys.executable, "-m", "handseg_ros.nodes.image_source_node", "--ros-args"]
    for parameter in camera:
        command += ["-p", parameter]
    with (
        running_process(command),
        start_node("depth:=true", "depth_wait:=5.0"),
        a_service("--node", NODE) as service,
        a_browser() as browser,
    ):
        take(browser, service.url)


if __name__ == "__main__":
    main()
