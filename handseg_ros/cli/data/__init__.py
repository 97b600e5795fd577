"""`handseg data`: data sets converted, looked at and handed on."""

# SPDX-License-Identifier: Apache-2.0
