"""Interface: the command line `handseg`."""

# SPDX-License-Identifier: Apache-2.0
