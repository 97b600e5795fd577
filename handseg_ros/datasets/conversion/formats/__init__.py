"""One module for each format that is converted: what a publication has where."""

# SPDX-License-Identifier: Apache-2.0
