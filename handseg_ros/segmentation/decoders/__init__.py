"""How each family of networks is decoded: its outputs become hands and objects."""

# SPDX-License-Identifier: Apache-2.0
