"""Runs one launch file with real ROS launch: python launch_file.py FILE NAME:=VALUE ..."""

from __future__ import annotations

import sys

from launch.actions import IncludeLaunchDescription
from launch.launch_description import LaunchDescription
from launch.launch_service import LaunchService


def main(path: str, *given: str) -> int:
    """Run until all that was started has ended; returns launch's exit code."""
    arguments = [tuple(argument.split(":=", 1)) for argument in given]
    include = IncludeLaunchDescription(path, launch_arguments=arguments)
    service = LaunchService()
    service.include_launch_description(LaunchDescription([include]))
    return int(service.run())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
