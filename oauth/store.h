/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* What is kept of an account between runs. The record is bound to issuer or token
 * endpoint, client id and login-user: a refresh token is never sent anywhere else. */
typedef struct
{
  char *issuer; /* as configured, where the token endpoint was discovered; else NULL */
  char *token_endpoint;
  char *client_id;
  char *login_user;
  char *grant;
  char *access_token;     /* secret */
  char *refresh_token;    /* secret; NULL: the grant has none */
  char *scope;            /* as granted; NULL: as asked */
  gint64 authorized;      /* when the account was last signed in, seconds since 1970 */
  gint64 obtained;        /* seconds since 1970 (RFC 3339 in the file) */
  gint64 expires;         /* of the access token, seconds since 1970 */
  gint64 refresh_expires; /* of the refresh token as the server told; 0: it did not */
  gint64 last_refresh;    /* last success; 0: never */
  char *identity;         /* who signed in, as the id_token says; NULL: not known */
  char *tenant_id;        /* Microsoft's tid, pinned at the first login; NULL: none */
  char *failure;          /* error code of the last refusal ("invalid_grant"); NULL: none */
  gint64 failed;          /* when; 0: never */
  gint64 retry_at;        /* when the server wants to be asked again; 0: it did not say */
} SeTokenRecord;

void se_token_record_free (SeTokenRecord *record); /* wipes the secrets */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeTokenRecord, se_token_record_free)

/* A store of records: a table of functions, one implementation a file (store-file.c: one JSON file
 * an account, 0600, in STATE-DIRECTORY/tokens, encrypted where [server] token-key-file says so;
 * store-secret-service.c: one item an account in the Secret Service at [server]
 * secret-service-bus). */
typedef struct SeStore SeStore;

/* The store that the account names. SE_ERROR_CONFIG if it cannot be used. */
SeStore *se_store_open (const SeServerConfig *server, const SeAccount *account, GError **error);
/* From now on loading and reserving end with SE_ERROR_CANCELLED, wherever they wait, once cancel_fd
 * is readable; -1: no more. What is saved is not left undone. */
void se_store_watch (SeStore *store, int cancel_fd);
void se_store_free (SeStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeStore, se_store_free)

/* Takes the account's lock, held over read, decision, request and write of a refresh.
 * timeout_ms and cancel_fd as in se_lock_take. Returns a descriptor to close, -1 on error. */
int se_store_lock (SeStore *store, int timeout_ms, int cancel_fd, GError **error);

/* All that follow return SE_ERROR_TEMPORARY where nobody answers at the Secret Service's bus, and
 * SE_ERROR_CONFIG where its keyring is locked, or not the one that the records are in. */

/* record: NULL on return TRUE means that there is none. SE_ERROR_CONFIG for a file of wrong owner
 * or mode (with the command that mends it), of a newer version, encrypted with another key or
 * damaged. A record of an older version, or one that is not encrypted though it should be, is read
 * and written as it should be by the next save. */
gboolean se_store_load (SeStore *store, SeTokenRecord **record, GError **error);
gboolean se_store_save (SeStore *store, const SeTokenRecord *record, GError **error);

/* Takes the room for the next save beforehand, under the account's lock: call it before a request
 * whose reply must not be lost. Given back by se_store_save or se_store_free. SE_ERROR_TEMPORARY:
 * the disk is full. */
gboolean se_store_reserve (SeStore *store, GError **error);

gboolean se_store_remove (SeStore *store, GError **error);

/* Where the record is, for people: a path, or which item of which Secret Service. Owned by the
 * store. */
const char *se_store_location (SeStore *store);

G_END_DECLS
