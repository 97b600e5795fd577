"""Other people's data sets brought to one format: COCO's instances with sides, owners, sources."""

# SPDX-License-Identifier: Apache-2.0
