# SPDX-License-Identifier: Apache-2.0
# oauth/: endpoints, grants and the life of tokens; libcurl, cJSON and libcrypto.

noinst_LIBRARIES += oauth/liboauth.a
oauth_liboauth_a_SOURCES = \
  oauth/device-grant.c oauth/device-grant.h \
  oauth/endpoints.c oauth/endpoints.h \
  oauth/form.c oauth/form.h \
  oauth/grant.c oauth/grant.h \
  oauth/hint.c oauth/hint.h \
  oauth/http.c oauth/http.h \
  oauth/id-token.c oauth/id-token.h \
  oauth/json.c oauth/json.h \
  oauth/response.c oauth/response.h \
  oauth/store.c oauth/store.h oauth/store-private.h \
  oauth/store-file.c \
  oauth/token.c oauth/token.h \
  oauth/token-status.c
oauth_liboauth_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS) \
  $(CRYPTO_CFLAGS)
OAUTH_LIBS = oauth/liboauth.a $(COMMON_LIBS) $(CURL_LIBS) $(CJSON_LIBS) -lm
