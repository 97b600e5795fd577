"""What comes from the camera: adaptive subscriptions, pending frames, stamps."""

# SPDX-License-Identifier: Apache-2.0
