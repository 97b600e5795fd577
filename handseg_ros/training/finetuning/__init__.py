"""From a shipped model and a labelled set of one's own to a model file, judged."""

# SPDX-License-Identifier: Apache-2.0
