"""Hand masks of other methods beside those of this package: how good, how long, how much memory.

From the repository's top folder `make compare` runs each method in a process of its own (see
`worker`) on the same pictures, scores all masks alike, and writes one table into docs/model.md.
"""

# SPDX-License-Identifier: Apache-2.0
