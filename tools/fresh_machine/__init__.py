"""The Dockerfile's steps in a minimal Debian, without Docker: `make fresh-machine`."""

# SPDX-License-Identifier: Apache-2.0
