"""What Foxglove shows of a played source, by the WebSocket server of foxglove-sdk."""

# SPDX-License-Identifier: Apache-2.0
