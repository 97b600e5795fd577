"""Teachers of what masks alone do not tell: which hand it is."""

# SPDX-License-Identifier: Apache-2.0
