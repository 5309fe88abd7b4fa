# SPDX-License-Identifier: Apache-2.0
"""End-to-end tests of scan-email against real servers, and those servers."""
