"""Guards that simulated time may stand still, leap and loop: images are answered all the same."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from support.accounts import settled
from support.node import start_node
from support.robot import Robot

SECOND = 10**9
# What /clock says, in nanoseconds, image by image; None: nothing more than before.
COURSES: dict[str, list[int | None]] = {
    "never starts": [None] * 8,
    "stands still": [7 * SECOND, None, None, None, None, None, None, None],
    "leaps": [number**9 * SECOND for number in range(8)],
    "loops": [(number % 3) * SECOND for number in range(8)],
    "runs back": [(9 - number) * SECOND for number in range(8)],
}


def clock_of(robot: Robot) -> Callable[[int], None]:
    """Return what publishes a time on /clock."""
    publisher = robot.node.create_publisher(Clock, "/clock", 10)

    def tell(nanoseconds: int) -> None:
        message = Clock()
        message.clock.sec, message.clock.nanosec = divmod(nanoseconds, SECOND)
        publisher.publish(message)

    return tell


def test_images_are_answered_whatever_the_clock_does(robot: Robot, small_image: Image) -> None:
    tell = clock_of(robot)
    with start_node("model:=hands_fast", "use_sim_time:=true") as process:
        robot.listen("hands")
        robot.open_camera()
        assert robot.wait_for(lambda: robot.watchers), process.output()
        for course in COURSES.values():
            for time in course:
                if time is not None:
                    tell(time)
                    robot.wait_for(lambda: False, 0.02)
                robot.send_and_wait(small_image, "hands")
        # Supervision and diagnostics go on although time does not.
        assert settled(robot)["frames_answered"] == sum(map(len, COURSES.values()))
        assert process.stop() == 0
