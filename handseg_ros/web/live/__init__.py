"""What the page shows of something that runs, whatever that is."""

# SPDX-License-Identifier: Apache-2.0
