# SPDX-License-Identifier: Apache-2.0
# mail/: addresses, messages, the SMTP session, delivery; common, libcurl and libidn2.

noinst_LIBRARIES += mail/libmail.a
mail_libmail_a_SOURCES = \
  mail/address.c \
  mail/address.h \
  mail/base64.c \
  mail/base64.h \
  mail/filename.c \
  mail/header.c \
  mail/header.h \
  mail/mailto.c \
  mail/mailto.h \
  mail/message.c \
  mail/message.h \
  mail/text-part.c \
  mail/text-part.h \
  mail/unicode.h
mail_libmail_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CURL_CFLAGS) $(IDN2_CFLAGS)
MAIL_LIBS = mail/libmail.a $(COMMON_LIBS) $(CURL_LIBS) $(IDN2_LIBS)

check_PROGRAMS += mail/test-address mail/test-mailto mail/test-header mail/test-message
mail_test_address_SOURCES = mail/test-address.c
mail_test_address_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_address_LDADD = $(MAIL_LIBS)
mail_test_mailto_SOURCES = mail/test-mailto.c
mail_test_mailto_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_mailto_LDADD = $(MAIL_LIBS)
mail_test_header_SOURCES = mail/test-header.c
mail_test_header_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_header_LDADD = $(MAIL_LIBS)
mail_test_message_SOURCES = mail/test-message.c
mail_test_message_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
mail_test_message_LDADD = $(MAIL_LIBS)
EXTRA_DIST += mail/parse-message.py
