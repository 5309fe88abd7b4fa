# SPDX-License-Identifier: Apache-2.0
# oauth/: endpoints, grants and the life of tokens; libcurl, cJSON and libcrypto.

noinst_LIBRARIES += oauth/liboauth.a
oauth_liboauth_a_SOURCES = \
  oauth/client-auth.c oauth/client-auth.h \
  oauth/code-grant.c oauth/code-grant.h \
  oauth/deadline.c oauth/deadline.h \
  oauth/device-grant.c oauth/device-grant.h \
  oauth/endpoints.c oauth/endpoints.h \
  oauth/error-table.c oauth/error-table.h \
  oauth/form.c oauth/form.h \
  oauth/grant.c oauth/grant.h \
  oauth/http.c oauth/http.h \
  oauth/id-token.c oauth/id-token.h \
  oauth/json.c oauth/json.h \
  oauth/jwt.c oauth/jwt.h \
  oauth/loopback.c oauth/loopback.h \
  oauth/response.c oauth/response.h \
  oauth/revoke.c oauth/revoke.h \
  oauth/rsa-key.c oauth/rsa-key.h \
  oauth/service-account.c oauth/service-account.h \
  oauth/store.c oauth/store.h oauth/store-private.h \
  oauth/store-file.c \
  oauth/store-seal.c oauth/store-seal.h \
  oauth/store-secret-service.c oauth/keyring.h \
  oauth/token.c oauth/token.h \
  oauth/token-check.c oauth/token-check.h \
  oauth/token-status.c
oauth_liboauth_a_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CURL_CFLAGS) $(CJSON_CFLAGS) \
  $(CRYPTO_CFLAGS)
oauth_liboauth_a_CPPFLAGS = $(AM_CPPFLAGS) -DSE_SECRET_SERVICE_MODULE='$(secret_service_module)'
OAUTH_LIBS = oauth/liboauth.a $(COMMON_LIBS) $(CURL_LIBS) $(CJSON_LIBS) -lm

OAUTH_TESTS_COMMON = oauth/test-fixture.c oauth/test-fixture.h
OAUTH_TESTS_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CJSON_CFLAGS)

check_PROGRAMS += \
  oauth/test-response oauth/test-endpoints oauth/test-id-token oauth/test-store \
  oauth/test-code-grant oauth/test-loopback \
  oauth/test-jwt oauth/test-client-auth oauth/test-grant oauth/test-revoke \
  oauth/test-token oauth/test-token-races oauth/test-device-grant oauth/test-http
oauth_test_response_SOURCES = oauth/test-response.c $(OAUTH_TESTS_COMMON)
oauth_test_response_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_response_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_endpoints_SOURCES = oauth/test-endpoints.c $(OAUTH_TESTS_COMMON)
oauth_test_endpoints_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_endpoints_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_id_token_SOURCES = oauth/test-id-token.c $(OAUTH_TESTS_COMMON)
oauth_test_id_token_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_id_token_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_jwt_SOURCES = oauth/test-jwt.c oauth/test-pki.c oauth/test-pki.h $(OAUTH_TESTS_COMMON)
oauth_test_jwt_CFLAGS = $(OAUTH_TESTS_CFLAGS) $(CRYPTO_CFLAGS)
oauth_test_jwt_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_client_auth_SOURCES = oauth/test-client-auth.c oauth/test-pki.c oauth/test-pki.h \
  $(OAUTH_TESTS_COMMON)
oauth_test_client_auth_CFLAGS = $(OAUTH_TESTS_CFLAGS) $(CRYPTO_CFLAGS)
oauth_test_client_auth_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_grant_SOURCES = oauth/test-grant.c oauth/test-pki.c oauth/test-pki.h \
  $(OAUTH_TESTS_COMMON)
oauth_test_grant_CFLAGS = $(OAUTH_TESTS_CFLAGS) $(CRYPTO_CFLAGS)
oauth_test_grant_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_revoke_SOURCES = oauth/test-revoke.c $(OAUTH_TESTS_COMMON)
oauth_test_revoke_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_revoke_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_store_SOURCES = oauth/test-store.c $(OAUTH_TESTS_COMMON)
oauth_test_store_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_store_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
check_PROGRAMS += oauth/test-store-seal
oauth_test_store_seal_SOURCES = oauth/test-store-seal.c $(OAUTH_TESTS_COMMON)
oauth_test_store_seal_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_store_seal_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_token_SOURCES = oauth/test-token.c $(OAUTH_TESTS_COMMON)
oauth_test_token_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_token_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_token_races_SOURCES = oauth/test-token-races.c $(OAUTH_TESTS_COMMON)
oauth_test_token_races_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_token_races_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)

check_PROGRAMS += oauth/test-token-status
oauth_test_token_status_SOURCES = oauth/test-token-status.c \
  oauth/test-pki.c oauth/test-pki.h $(OAUTH_TESTS_COMMON)
oauth_test_token_status_CFLAGS = $(OAUTH_TESTS_CFLAGS) $(CRYPTO_CFLAGS)
oauth_test_token_status_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)

oauth_test_device_grant_SOURCES = oauth/test-device-grant.c $(OAUTH_TESTS_COMMON)
oauth_test_device_grant_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_device_grant_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_code_grant_SOURCES = oauth/test-code-grant.c $(OAUTH_TESTS_COMMON)
oauth_test_code_grant_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_code_grant_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_loopback_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
oauth_test_loopback_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_http_SOURCES = oauth/test-http.c $(OAUTH_TESTS_COMMON)
oauth_test_http_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_http_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
EXTRA_DIST += oauth/test-http-server.py

check_PROGRAMS += oauth/test-error-table
oauth_test_error_table_SOURCES = oauth/test-error-table.c $(OAUTH_TESTS_COMMON)
oauth_test_error_table_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_error_table_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
EXTRA_DIST += oauth/test-replies.json

# The module for token-store = secret-service: the one place that libsecret is linked to. The
# domain of errors is the program's: a process can have one only.
if WITH_SECRET_SERVICE
secret_service_module = "$(moduledir)/secret-service.so"
moduledir = $(pkglibdir)
module_PROGRAMS = oauth/secret-service.so
oauth_secret_service_so_SOURCES = oauth/keyring-libsecret.c oauth/keyring.h common/log.c common/log.h
oauth_secret_service_so_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden $(LIBSECRET_CFLAGS)
oauth_secret_service_so_LDFLAGS = -shared $(SE_LDFLAGS)
oauth_secret_service_so_LDADD = $(LIBSECRET_LIBS)

OAUTH_TESTS_SECRET_SERVICE = oauth/test-secret-service-fixture.c \
  oauth/test-secret-service-fixture.h oauth/test-keyring.c oauth/test-keyring.h \
  $(OAUTH_TESTS_COMMON)

check_PROGRAMS += oauth/test-store-secret-service oauth/test-store-secret-service-faults \
  oauth/test-store-secret-service-races
oauth_test_store_secret_service_SOURCES = oauth/test-store-secret-service.c \
  $(OAUTH_TESTS_SECRET_SERVICE)
oauth_test_store_secret_service_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_store_secret_service_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
oauth_test_store_secret_service_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_store_secret_service_faults_SOURCES = oauth/test-store-secret-service-faults.c \
  $(OAUTH_TESTS_SECRET_SERVICE)
oauth_test_store_secret_service_faults_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_store_secret_service_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
oauth_test_store_secret_service_faults_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
oauth_test_store_secret_service_races_SOURCES = oauth/test-store-secret-service-races.c \
  $(OAUTH_TESTS_SECRET_SERVICE)
oauth_test_store_secret_service_races_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_store_secret_service_races_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
oauth_test_store_secret_service_races_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
else
secret_service_module = NULL
endif

check_PROGRAMS += oauth/test-token-check
oauth_test_token_check_CFLAGS = $(OAUTH_TESTS_CFLAGS)
oauth_test_token_check_LDADD = $(TEST_LIBS) $(OAUTH_LIBS)
