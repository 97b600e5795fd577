"""Shows results: JSON for programs, Markdown for pages, one HTML file for people."""

# SPDX-License-Identifier: Apache-2.0
