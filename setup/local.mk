# SPDX-License-Identifier: Apache-2.0
# setup/: oauth-setup, the admin's tool; common, oauth, mail, libcups, cJSON and libqrencode.

# All of it but main (), so that tests can link it.
noinst_LIBRARIES += setup/libsetup.a
setup_libsetup_a_SOURCES = \
  setup/alerts.c setup/alerts.h \
  setup/audit.c setup/audit.h \
  setup/browser.c setup/browser.h \
  setup/config-file.c setup/config-file.h \
  setup/console.c setup/console.h \
  setup/cupsd.c setup/cupsd.h \
  setup/exchange.c setup/exchange.h \
  setup/jobs.c setup/jobs.h \
  setup/list.c \
  setup/login.c setup/login.h \
  setup/login-options.c \
  setup/login-questions.c \
  setup/login-report.c \
  setup/lost.c setup/lost.h \
  setup/mailbox.c setup/mailbox.h \
  setup/queue.c \
  setup/queues.c setup/queues.h \
  setup/refresh.c \
  setup/release.c setup/release.h \
  setup/reports.c setup/reports.h \
  setup/revoke.c \
  setup/service.c setup/service.h setup/service-private.h \
  setup/service-worker.c \
  setup/setup.c setup/setup.h \
  setup/sign-in.c \
  setup/sign-in-code.c \
  setup/status.c \
  setup/test.c \
  setup/trial.c setup/trial.h \
  setup/waiting.c setup/waiting.h
setup_libsetup_a_CPPFLAGS = $(AM_CPPFLAGS) -DSE_SERVICE_GROUP=\"$(service_group)\"
setup_libsetup_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CUPS_CFLAGS) $(CJSON_CFLAGS) \
  $(QRENCODE_CFLAGS)
SETUP_LIBS = setup/libsetup.a $(OAUTH_LIBS) $(MAIL_LIBS) $(CUPS_LIBS) $(QRENCODE_LIBS)

sbin_PROGRAMS += setup/oauth-setup
setup_oauth_setup_SOURCES = setup/main.c
setup_oauth_setup_CPPFLAGS = $(AM_CPPFLAGS)
setup_oauth_setup_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_oauth_setup_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
setup_oauth_setup_LDADD = $(SETUP_LIBS)

check_PROGRAMS += setup/test-browser setup/test-exchange setup/test-login-options
setup_test_browser_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_test_browser_LDADD = $(SETUP_LIBS)
setup_test_exchange_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_test_exchange_LDADD = $(SETUP_LIBS)
setup_test_login_options_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_test_login_options_LDADD = $(SETUP_LIBS)
check_PROGRAMS += setup/test-audit setup/test-config-file setup/test-console setup/test-jobs \
  setup/test-login setup/test-queues setup/test-service setup/test-service-rights \
  setup/test-waiting
setup_test_audit_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CUPS_CFLAGS)
setup_test_audit_LDADD = $(TEST_LIBS) $(SETUP_LIBS)
setup_test_config_file_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_test_config_file_LDADD = $(TEST_LIBS) $(SETUP_LIBS)
setup_test_console_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(QRENCODE_CFLAGS)
setup_test_console_LDADD = $(SETUP_LIBS)
setup_test_jobs_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CUPS_CFLAGS)
setup_test_jobs_LDADD = $(SETUP_LIBS)
setup_test_login_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CJSON_CFLAGS)
setup_test_login_LDADD = $(SETUP_LIBS)
setup_test_queues_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CUPS_CFLAGS)
setup_test_queues_LDADD = $(SETUP_LIBS)
setup_test_waiting_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CUPS_CFLAGS)
setup_test_waiting_LDADD = $(SETUP_LIBS)
setup_test_service_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_test_service_LDADD = $(SETUP_LIBS)
setup_test_service_rights_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
setup_test_service_rights_LDADD = $(TEST_LIBS) $(SETUP_LIBS)
