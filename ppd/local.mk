# SPDX-License-Identifier: Apache-2.0
# ppd/: the queue's PPD, compiled by CUPS when a queue is made.

cupsdrvdir = $(cups_datadir)/drv
dist_cupsdrv_DATA = ppd/scan-email.drv

dist_check_SCRIPTS = ppd/test-ppd
TESTS += ppd/test-ppd
