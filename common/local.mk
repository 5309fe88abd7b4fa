# SPDX-License-Identifier: Apache-2.0
# common/: what every program shares; GLib and libcrypto only.

noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = \
  common/error.c common/error.h
common_libcommon_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CRYPTO_CFLAGS)
COMMON_LIBS = common/libcommon.a $(GLIB_LIBS) $(CRYPTO_LIBS)
