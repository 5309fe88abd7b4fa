# SPDX-License-Identifier: Apache-2.0
# ppd/: the queue's PPD, compiled by CUPS when a queue is made.

cupsdrvdir = $(cups_datadir)/drv
dist_cupsdrv_DATA = ppd/scan-email.drv
# Where ppdc and cups-driverd look for what a .drv names by #po; po/README.md tells how to add one.
cupsppdcdir = $(cups_datadir)/ppdc
dist_cupsppdc_DATA = ppd/scan-email-de.po

dist_check_SCRIPTS += ppd/test-ppd
TESTS += ppd/test-ppd

check_PROGRAMS += ppd/test-choices
ppd_test_choices_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
ppd_test_choices_LDADD = $(COMMON_LIBS)
