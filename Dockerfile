# The README's two commands, pip's way, and the node in a container. `make fresh-machine` runs these very
# steps in a minimal Debian without Docker; docs/containers.md tells how to use the stages.
ARG WHO=handseg
ARG TESTS=test

FROM debian:bookworm-slim AS system
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv
RUN useradd --create-home --home-dir /srv/handseg handseg
# Nodes find each other on this machine only, until somebody asks for more.
ENV ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST

FROM system AS tools
RUN apt-get install --yes --no-install-recommends g++ git make python3-dev

# README: two commands, as a user who is not root, or with `--build-arg WHO=root`.
FROM tools AS commands
ARG WHO
ARG TESTS
USER $WHO
WORKDIR /srv/handseg
RUN mkdir handseg_ros
WORKDIR /srv/handseg/handseg_ros
COPY --chown=$WHO . .
RUN make demo
RUN make test TESTS="$TESTS"

# README: without a ROS installation. The pins make the wheel one for Jazzy.
FROM tools AS wheel
ARG WHO
USER $WHO
WORKDIR /srv/handseg
RUN mkdir source
WORKDIR /srv/handseg/source
COPY --chown=$WHO . .
RUN python3 -m venv ../build && ../build/bin/pip install --upgrade pip
RUN ../build/bin/pip wheel --no-deps --build-constraint requirements/jazzy.txt --wheel-dir ../wheels .

# No compiler, no source: the wheel and what it requires.
FROM system AS runtime
ARG WHO
USER $WHO
WORKDIR /srv/handseg
COPY --from=wheel /srv/handseg/wheels wheels
RUN python3 -m venv ros && ros/bin/pip install wheels/*.whl
ENV PATH=/srv/handseg/ros/bin:/usr/local/bin:/usr/bin:/bin
RUN handseg run -s masks.png
RUN hand_segmentation_node --version
ENTRYPOINT ["hand_segmentation_node"]

# SPDX-License-Identifier: Apache-2.0
