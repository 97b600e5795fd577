"""What commands do with each of several bags, in one process or in many."""

# SPDX-License-Identifier: Apache-2.0
