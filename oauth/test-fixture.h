/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/token.h"

G_BEGIN_DECLS

/* One exchange of a scripted dialogue with an authorization server. */
typedef struct
{
  const char *url;  /* that must be asked; NULL ends the script */
  const char *form; /* parts that the form must hold, by spaces; NULL: a GET */
  int status;       /* of the reply; 0: none comes (a time-out), -1: the server is not reached */
  const char *body;
  gint64 retry_after; /* 0: none */
} Exchange;

/* Sets the script that fixture_http follows. */
void fixture_script (const Exchange *script);
/* Asserts that the whole script was used. */
void fixture_script_done (void);
/* An SeHttpFunc that follows the script. */
SeHttpReply *fixture_http (const char *url, const char *form, const SeHttpOptions *options,
                           gboolean *timed_out, GError **error);
/* A reply as se_http_perform makes it. */
SeHttpReply *fixture_reply (int status, const char *body, gint64 retry_after);

/* An account with its own state directory. */
typedef struct
{
  char *directory;
  SeServerConfig server;
  SeProviderConfig provider;
  SeAccount account;
  SeTokenContext context;
} Fixture;

#define FIXTURE_ADDRESS "scanner@contoso.com"
#define FIXTURE_CLIENT "client-1"
#define FIXTURE_TOKEN_URL "https://id.test/contoso/token"
#define FIXTURE_DEVICE_URL "https://id.test/contoso/device"

void fixture_set_up (Fixture *fixture, gconstpointer data);
void fixture_tear_down (Fixture *fixture, gconstpointer data);

/* Of a refresh: the form, replies, and what an error tells a person to do. */
#define REFRESH(token) "grant_type=refresh_token client_id=client-1 refresh_token=" token
#define ROTATED \
  "{\"access_token\":\"access-1\",\"refresh_token\":\"refresh-1\",\"expires_in\":3600}"
#define INVALID_GRANT "{\"error\":\"invalid_grant\",\"error_description\":\"refresh-0 is dead\"}"
#define ADVICE "run: oauth-setup login " FIXTURE_ADDRESS

/* A record of the fixture's account: access token "access-0", refresh token "refresh-0".
 * age: seconds since it was obtained; left: seconds until it expires. */
SeTokenRecord *fixture_record (const Fixture *fixture, gint64 age, gint64 left);
void fixture_store (const Fixture *fixture, const SeTokenRecord *record);
/* What is stored; must exist. */
SeTokenRecord *fixture_load (const Fixture *fixture);
/* Stores fixture_record (age, left). */
void fixture_store_new (const Fixture *fixture, gint64 age, gint64 left);
/* Asserts what is stored. */
void fixture_assert_stored (const Fixture *fixture, const char *access_token,
                            const char *refresh_token, const char *failure);
/* The path of the account's record. Owned by the caller. */
char *fixture_path (const Fixture *fixture);
/* Writes a file, 0600; length -1: contents is a text. */
void fixture_put (const char *path, const char *contents, gssize length);
/* An ID token with these claims (JSON). Owned by the caller. */
char *fixture_id_token (const char *claims);

#define ADD(name, function) \
  g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
#define ADD_CASE(name, data, function) \
  g_test_add (name, Fixture, data, fixture_set_up, function, fixture_tear_down)

/* Asserts an error with this code whose message holds part, and clears it. */
#define assert_failure(error, code, part)                                     \
  do                                                                          \
    {                                                                         \
      g_assert_error (error, SE_ERROR, (int)code);                            \
      if (strstr (error->message, part) == NULL)                              \
        g_error ("\"%s\" not in \"%s\"", (const char *)part, error->message); \
      g_clear_error (&error);                                                 \
    }                                                                         \
  while (0)

G_END_DECLS
