"""Makes what the pages show of the code: tables of reference and the moving picture of README."""

# SPDX-License-Identifier: Apache-2.0
