"""Interface: `make demo`, the real node and a real image source as processes, watched over DDS."""

# SPDX-License-Identifier: Apache-2.0
