/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "oauth/json.h"

G_BEGIN_DECLS

/* Encryption of records at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce each time and a
 * key made from a file's contents by HKDF-SHA256 (RFC 5869). A sealed record is a JSON object:
 * version, cipher, key_id, nonce and data (base64: ciphertext, then the tag). Its version and the
 * account's address are authenticated with it, so that a file given another account's name does
 * not open. key_id, made from the key as well, tells another key from a damaged file and says
 * nothing about the key. */
typedef struct SeSeal SeSeal;

/* path: [server] token-key-file: a secret file (se_io_read_secret_file) with at least 32 bytes;
 * line ends behind the last one do not count. SE_ERROR_CONFIG where it cannot be used. */
SeSeal *se_seal_new (const char *path, GError **error);
void se_seal_free (SeSeal *seal); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeSeal, se_seal_free)

/* text: a record. Returns the sealed object's text, owned by the caller; NULL with
 * SE_ERROR_TEMPORARY where there are no random numbers. */
char *se_seal_close (const SeSeal *seal, int version, const char *address, const char *text,
                     GError **error);

gboolean se_seal_is_sealed (const cJSON *object);

/* seal: NULL where no key is configured. location: of the sealed object, and discard: the command
 * that removes it, both for people. Returns the record's text, to be wiped by the caller. NULL:
 * with SE_ERROR_CONFIG for no or another key; with *damaged TRUE and no error for an object that is
 * not as it was written. */
char *se_seal_open (const SeSeal *seal, const cJSON *object, int version, const char *address,
                    const char *location, const char *discard, gboolean *damaged, GError **error);

G_END_DECLS
