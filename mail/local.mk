# SPDX-License-Identifier: Apache-2.0
# mail/: addresses, messages, the SMTP session, delivery; common, libcurl and libidn2.

noinst_LIBRARIES += mail/libmail.a
mail_libmail_a_SOURCES = \
  mail/address.c \
  mail/address.h
mail_libmail_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CURL_CFLAGS) $(IDN2_CFLAGS)
MAIL_LIBS = mail/libmail.a $(COMMON_LIBS) $(CURL_LIBS) $(IDN2_LIBS)

check_PROGRAMS += mail/test-address
mail_test_address_SOURCES = mail/test-address.c
mail_test_address_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_address_LDADD = $(MAIL_LIBS)
