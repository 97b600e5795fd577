"""Foreign networks come in: what their graph says, what trying them out says, as a description."""

# SPDX-License-Identifier: Apache-2.0
