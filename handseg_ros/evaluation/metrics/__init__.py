"""The metrics of a report, one definition a module; `registry.py` lists them."""

# SPDX-License-Identifier: Apache-2.0
