"""The background of models that compare with one: taken on request, kept in a file."""

# SPDX-License-Identifier: Apache-2.0
