"""What the service answers, a module for each concern."""

# SPDX-License-Identifier: Apache-2.0
