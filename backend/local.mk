# SPDX-License-Identifier: Apache-2.0
# backend/: CUPS's contract alone. The supervisor runs as root for its first lines: libc only.

cupsbackenddir = $(cups_serverbin)/backend
cupsbackend_PROGRAMS = backend/mailto
backend_mailto_SOURCES = backend/supervisor.c backend/daemon.c backend/daemon.h \
  backend/notices.c backend/notices.h backend/phase.h common/back-channel.c
backend_mailto_LDADD =
if WITH_FAULT_POINTS
backend_mailto_SOURCES += common/fault.c
endif

# No "x" for group and others makes cupsd start the backend as root.
INSTALL_HOOKS += install-backend-modes
install-backend-modes: install-cupsbackendPROGRAMS
	chmod 0744 '$(DESTDIR)$(cupsbackenddir)/mailto'
.PHONY: install-backend-modes

BACKEND_TEST_SUPERVISOR = backend/test-supervisor-fixture.c backend/test-supervisor-fixture.h
check_PROGRAMS += backend/test-supervisor backend/test-notices
backend_test_supervisor_SOURCES = backend/test-supervisor.c $(BACKEND_TEST_SUPERVISOR)
backend_test_supervisor_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_supervisor_LDADD = $(GLIB_LIBS)
backend_test_notices_SOURCES = backend/test-notices.c $(BACKEND_TEST_SUPERVISOR)
backend_test_notices_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_notices_LDADD = $(GLIB_LIBS)

noinst_LIBRARIES += backend/libbackend.a
backend_libbackend_a_SOURCES = \
  backend/authorization.c backend/authorization.h \
  backend/channel.c backend/channel.h \
  backend/body.c backend/body.h \
  backend/compose.c backend/compose.h \
  backend/confinement.c backend/confinement.h \
  backend/ending.c backend/ending.h \
  backend/facts.c backend/facts.h \
  backend/group.c backend/group.h \
  backend/intake.c backend/intake.h \
  backend/job.c backend/job.h \
  backend/mails.c backend/mails.h \
  backend/names.c backend/names.h \
  backend/orphan.c backend/orphan.h \
  backend/oversize.c backend/oversize.h \
  backend/outcome.c backend/outcome.h \
  backend/policy.c backend/policy.h \
  backend/process.c backend/process.h \
  backend/recipients.c backend/recipients.h \
  backend/status.c backend/status.h
backend_libbackend_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CUPS_CFLAGS)
BACKEND_LIBS = backend/libbackend.a $(MAIL_LIBS) $(OAUTH_LIBS) $(CUPS_LIBS)

cupsdaemondir = $(cups_serverbin)/daemon
cupsdaemon_PROGRAMS = backend/mailto-worker backend/mailto-notify
backend_mailto_worker_SOURCES = backend/worker.c backend/worker-end.c backend/worker.h
backend_mailto_worker_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_mailto_worker_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
backend_mailto_worker_LDADD = $(BACKEND_LIBS)
# It needs no more than common: not a line of what talks to servers.
backend_mailto_notify_SOURCES = backend/notifier.c
backend_mailto_notify_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_mailto_notify_LDADD = backend/libbackend.a $(COMMON_LIBS)

check_PROGRAMS += backend/test-compose backend/test-mails backend/test-names \
  backend/test-outcome backend/test-recipients backend/test-status
backend_test_compose_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_compose_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)
backend_test_mails_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_mails_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)
backend_test_names_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_names_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)
backend_test_outcome_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_outcome_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)
backend_test_recipients_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_recipients_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)
backend_test_status_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_status_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)

check_PROGRAMS += backend/test-policy
backend_test_policy_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_policy_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)

check_PROGRAMS += backend/test-oversize
backend_test_oversize_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_oversize_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)

check_PROGRAMS += backend/test-notifier
backend_test_notifier_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_notifier_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

BACKEND_TEST_NOTICE_PIPE = backend/test-notice-pipe.c backend/test-notice-pipe.h

check_PROGRAMS += backend/test-ending
backend_test_ending_SOURCES = backend/test-ending.c $(BACKEND_TEST_NOTICE_PIPE)
backend_test_ending_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_ending_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)

check_PROGRAMS += backend/test-authorization
backend_test_authorization_SOURCES = backend/test-authorization.c $(BACKEND_TEST_NOTICE_PIPE)
backend_test_authorization_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_authorization_LDADD = $(TEST_LIBS) $(BACKEND_LIBS)
