"""Labels that people draw: read, checked and written picture by picture, whoever else draws too."""

# SPDX-License-Identifier: Apache-2.0
