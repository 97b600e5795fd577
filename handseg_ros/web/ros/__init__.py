"""The page beside a running node: a client of its topics and parameters."""

# SPDX-License-Identifier: Apache-2.0
