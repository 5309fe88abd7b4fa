# SPDX-License-Identifier: Apache-2.0
# mail/: addresses, messages, the SMTP session, delivery; common, libcurl and libidn2.

noinst_LIBRARIES += mail/libmail.a
mail_libmail_a_SOURCES = \
  mail/activity.c \
  mail/activity.h \
  mail/address.c \
  mail/address.h \
  mail/delivery.c \
  mail/delivery.h \
  mail/domain.c \
  mail/domain.h \
  mail/envelope.c \
  mail/envelope.h \
  mail/filename.c \
  mail/header.c \
  mail/header.h \
  mail/journal-clock.c \
  mail/journal-clock.h \
  mail/journal-entry.c \
  mail/journal-entry.h \
  mail/journal-list.c \
  mail/journal-list.h \
  mail/journal-message.c \
  mail/journal-passage.c \
  mail/journal-private.h \
  mail/journal-message.h \
  mail/journal.c \
  mail/journal.h \
  mail/limit.c \
  mail/limit.h \
  mail/mailto.c \
  mail/mailto.h \
  mail/message.c \
  mail/message.h \
  mail/pause.c \
  mail/pause.h \
  mail/reply.c \
  mail/reply.h \
  mail/report.c \
  mail/report.h \
  mail/session.c \
  mail/session.h \
  mail/smtp-connect-error.c \
  mail/smtp-connect.c \
  mail/smtp-error-table.c \
  mail/smtp-error.c \
  mail/smtp-error.h \
  mail/smtp-handshake.c \
  mail/smtp-handshake.h \
  mail/smtp-io.c \
  mail/smtp-private.h \
  mail/smtp-probe.c \
  mail/smtp-probe.h \
  mail/smtp.c \
  mail/smtp.h \
  mail/text-part.c \
  mail/text-part.h \
  mail/throttle.c \
  mail/throttle.h \
  mail/turn.c \
  mail/turn.h \
  mail/unicode.h
mail_libmail_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CURL_CFLAGS) $(SSL_CFLAGS) \
  $(CRYPTO_CFLAGS) $(IDN2_CFLAGS)
MAIL_LIBS = mail/libmail.a $(COMMON_LIBS) $(CURL_LIBS) $(SSL_LIBS) $(IDN2_LIBS)

MAIL_TEST_MESSAGE = mail/test-message-fixture.c mail/test-message-fixture.h

check_PROGRAMS += mail/test-address mail/test-mailto mail/test-header mail/test-message \
  mail/test-message-parsed mail/test-filename
mail_test_address_SOURCES = mail/test-address.c
mail_test_address_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_address_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_mailto_SOURCES = mail/test-mailto.c
mail_test_mailto_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_mailto_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_header_SOURCES = mail/test-header.c
mail_test_header_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_header_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_message_SOURCES = mail/test-message.c $(MAIL_TEST_MESSAGE)
mail_test_message_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_message_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_message_parsed_SOURCES = mail/test-message-parsed.c $(MAIL_TEST_MESSAGE)
mail_test_message_parsed_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_message_parsed_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_filename_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_filename_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
EXTRA_DIST += mail/parse-message.py

check_PROGRAMS += mail/test-injection
mail_test_injection_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_injection_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

check_PROGRAMS += mail/test-activity
mail_test_activity_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_activity_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

MAIL_TEST_THROTTLE = mail/test-throttle-fixture.c mail/test-throttle-fixture.h

check_PROGRAMS += mail/test-pause mail/test-throttle mail/test-throttle-races mail/test-turn
mail_test_pause_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_pause_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_throttle_SOURCES = mail/test-throttle.c $(MAIL_TEST_THROTTLE)
mail_test_throttle_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_throttle_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_throttle_races_SOURCES = mail/test-throttle-races.c $(MAIL_TEST_THROTTLE)
mail_test_throttle_races_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_throttle_races_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_turn_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_turn_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

check_PROGRAMS += mail/test-limit
mail_test_limit_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_limit_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

check_PROGRAMS += mail/test-error-table
mail_test_error_table_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CJSON_CFLAGS)
mail_test_error_table_LDADD = $(TEST_LIBS) $(MAIL_LIBS) $(CJSON_LIBS)
EXTRA_DIST += mail/test-replies.json

check_PROGRAMS += mail/test-reply
mail_test_reply_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_reply_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

# The scripted SMTP server, for the tests of what talks to one.
MAIL_TEST_SERVER = mail/test-server.c mail/test-server.h
EXTRA_DIST += mail/test-smtp-server.py

check_PROGRAMS += mail/test-smtp-probe
mail_test_smtp_probe_SOURCES = mail/test-smtp-probe.c $(MAIL_TEST_SERVER)
mail_test_smtp_probe_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_smtp_probe_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

check_PROGRAMS += mail/test-smtp-open mail/test-smtp-refused
mail_test_smtp_open_SOURCES = mail/test-smtp-open.c $(MAIL_TEST_SERVER)
mail_test_smtp_open_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_smtp_open_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_smtp_refused_SOURCES = mail/test-smtp-refused.c $(MAIL_TEST_SERVER)
mail_test_smtp_refused_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_smtp_refused_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

check_PROGRAMS += mail/test-report
mail_test_report_SOURCES = mail/test-report.c $(MAIL_TEST_SERVER)
mail_test_report_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_report_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

MAIL_TEST_SMTP = mail/test-smtp-fixture.c mail/test-smtp-fixture.h $(MAIL_TEST_SERVER)

check_PROGRAMS += mail/test-smtp mail/test-smtp-faults mail/test-smtp-stops
mail_test_smtp_SOURCES = mail/test-smtp.c $(MAIL_TEST_SMTP)
mail_test_smtp_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_smtp_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_smtp_faults_SOURCES = mail/test-smtp-faults.c $(MAIL_TEST_SMTP)
mail_test_smtp_faults_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_smtp_faults_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
EXTRA_DIST += mail/test-smtp-faults.txt
mail_test_smtp_stops_SOURCES = mail/test-smtp-stops.c $(MAIL_TEST_SMTP)
mail_test_smtp_stops_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_smtp_stops_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

MAIL_TEST_JOURNAL = mail/test-journal-fixture.c mail/test-journal-fixture.h

check_PROGRAMS += mail/test-journal mail/test-journal-clock mail/test-journal-files \
  mail/test-journal-list mail/test-journal-mails mail/test-journal-upgrade
mail_test_journal_clock_SOURCES = mail/test-journal-clock.c $(MAIL_TEST_JOURNAL)
mail_test_journal_clock_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_journal_clock_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_journal_SOURCES = mail/test-journal.c $(MAIL_TEST_JOURNAL)
mail_test_journal_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_journal_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_journal_mails_SOURCES = mail/test-journal-mails.c $(MAIL_TEST_JOURNAL)
mail_test_journal_mails_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_journal_mails_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_journal_upgrade_SOURCES = mail/test-journal-upgrade.c $(MAIL_TEST_JOURNAL)
mail_test_journal_upgrade_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_journal_upgrade_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_journal_files_SOURCES = mail/test-journal-files.c $(MAIL_TEST_JOURNAL)
mail_test_journal_files_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_journal_files_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_journal_list_SOURCES = mail/test-journal-list.c $(MAIL_TEST_JOURNAL)
mail_test_journal_list_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_journal_list_LDADD = $(TEST_LIBS) $(MAIL_LIBS)

MAIL_TEST_DELIVERY = mail/test-delivery-fixture.c mail/test-delivery-fixture.h $(MAIL_TEST_SERVER)

check_PROGRAMS += mail/test-delivery mail/test-delivery-fate mail/test-delivery-mix \
  mail/test-session
mail_test_delivery_mix_SOURCES = mail/test-delivery-mix.c $(MAIL_TEST_DELIVERY)
mail_test_delivery_mix_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_delivery_mix_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_session_SOURCES = mail/test-session.c $(MAIL_TEST_DELIVERY)
mail_test_session_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_session_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_delivery_fate_SOURCES = mail/test-delivery-fate.c $(MAIL_TEST_DELIVERY)
mail_test_delivery_fate_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_delivery_fate_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
mail_test_delivery_SOURCES = mail/test-delivery.c $(MAIL_TEST_DELIVERY)
mail_test_delivery_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_delivery_LDADD = $(TEST_LIBS) $(MAIL_LIBS)
