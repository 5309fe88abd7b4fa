# SPDX-License-Identifier: Apache-2.0
# common/: what every program shares; GLib, libcrypto and libseccomp only.

noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = \
  common/advice.c common/advice.h \
  common/alert.c common/alert.h \
  common/atomic-file.c common/atomic-file.h \
  common/back-channel.c common/back-channel.h \
  common/base64.c common/base64.h \
  common/bundle.c common/bundle.h common/bundle-private.h \
  common/bundle-writer.c common/bundle-writer.h \
  common/configuration.c common/configuration.h common/configuration-private.h \
  common/configuration-account.c common/configuration-edit.c common/configuration-keys.c \
  common/configuration-scan.c common/configuration-value.c \
  common/confine.c common/confine.h common/sanitizers.h \
  common/confine-service.c common/confine-service.h \
  common/digest.c common/digest.h \
  common/error.c common/error.h \
  common/fault.h \
  common/fields.c common/fields.h \
  common/host.c common/host.h \
  common/io.c common/io.h \
  common/language.c common/language.h \
  common/lines.c common/lines.h \
  common/lock.c common/lock.h \
  common/log.c common/log.h \
  common/notice.c common/notice.h \
  common/notify.c common/notify.h \
  common/reasons.h \
  common/secret.c common/secret.h \
  common/option-list.c common/option-list.h \
  common/size.c common/size.h \
  common/state-directory.c common/state-directory.h \
  common/state-path.c common/state-path.h \
  common/tally.c common/tally.h \
  common/stop.c common/stop.h \
  common/template.c common/template.h \
  common/terms.c common/terms.h \
  common/timestamp.c common/timestamp.h \
  common/told.c common/told.h
common_libcommon_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CRYPTO_CFLAGS) $(SECCOMP_CFLAGS)
if WITH_FAULT_POINTS
common_libcommon_a_SOURCES += common/fault.c
endif
COMMON_LIBS = common/libcommon.a $(GLIB_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)

# What tests of every folder share.
check_LIBRARIES += common/libtest.a
common_libtest_a_SOURCES = common/test-command.c common/test-command.h \
  common/test-tree.c common/test-tree.h common/test-warnings.c common/test-warnings.h
common_libtest_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
TEST_LIBS = common/libtest.a

check_PROGRAMS += common/test-confine
common_test_confine_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(SECCOMP_CFLAGS)
common_test_confine_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-host
common_test_host_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_host_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-advice
common_test_advice_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_advice_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-bundle common/test-configuration common/test-configuration-edit \
  common/test-configuration-scan \
  common/test-digest common/test-language common/test-log common/test-option-list \
  common/test-presets common/test-template common/test-fields common/test-terms
common_test_fields_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_fields_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_terms_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_terms_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_bundle_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_bundle_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
COMMON_TEST_CONFIGURATION = common/test-configuration-fixture.c \
  common/test-configuration-fixture.h
common_test_configuration_SOURCES = common/test-configuration.c $(COMMON_TEST_CONFIGURATION)
common_test_configuration_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_configuration_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_configuration_edit_SOURCES = common/test-configuration-edit.c \
  $(COMMON_TEST_CONFIGURATION)
common_test_configuration_edit_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_configuration_edit_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_configuration_scan_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_configuration_scan_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_digest_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_digest_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_language_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_language_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_log_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_log_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_option_list_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_option_list_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_presets_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_presets_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
EXTRA_common_test_presets_DEPENDENCIES = conf/scan-email.conf
common_test_template_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_template_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-io common/test-lock common/test-atomic-file common/test-state-path
common_test_io_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_io_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_lock_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_lock_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_atomic_file_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_atomic_file_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_state_path_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_state_path_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-back-channel
common_test_back_channel_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_back_channel_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-secret common/test-told
common_test_secret_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_secret_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_told_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_told_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-state-directory
common_test_state_directory_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_state_directory_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-stop
common_test_stop_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_stop_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-alert common/test-notice common/test-notify
common_test_alert_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_alert_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_notice_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_notice_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_notify_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_notify_LDADD = $(TEST_LIBS) $(COMMON_LIBS)

check_PROGRAMS += common/test-error common/test-tally
common_test_error_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_error_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
common_test_tally_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
common_test_tally_LDADD = $(TEST_LIBS) $(COMMON_LIBS)
