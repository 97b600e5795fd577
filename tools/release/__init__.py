"""What a publisher hands out: sdist and wheels, built, checked and tried: `make dist`."""

# SPDX-License-Identifier: Apache-2.0
