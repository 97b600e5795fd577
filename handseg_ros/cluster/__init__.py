"""Work that is spread over the processors of a machine, or of several, by Ray."""

# SPDX-License-Identifier: Apache-2.0
