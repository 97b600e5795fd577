"""HTTP: hands for programs that post images; what a browser may do here is decided in one place."""

# SPDX-License-Identifier: Apache-2.0
