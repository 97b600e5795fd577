"""The networks that can be trained, each behind `TrainingTask`: what a training loop needs of one.

`registry.NETWORKS` has them by name. Those of older systems have the layers and names of the
libraries that they come from, so that weights of these load by name.
"""

# SPDX-License-Identifier: Apache-2.0
