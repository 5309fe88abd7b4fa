/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What store-secret-service.c needs of a Secret Service (freedesktop.org's D-Bus interface). Its
 * implementation stands apart from the programs, in a module that is loaded where an account asks
 * for it: keyring-libsecret.c. Everything happens in the service's default collection, and nothing
 * starts a service, asks a person or waits for longer than half a minute. Errors:
 * SE_ERROR_TEMPORARY where nobody answers, SE_ERROR_CONFIG where an admin must act (locked keyring,
 * no default keyring, no right). */
typedef struct SeKeyring SeKeyring;

typedef struct
{
  /* bus: D-Bus address. Connects and finds the unlocked default collection. cancel_fd: readable
   * ends this and read with SE_ERROR_CANCELLED; -1: none. */
  SeKeyring *(*open) (const char *bus, int cancel_fd, GError **error);

  /* An item is known by one attribute, kind = name, beside the one that marks it as ours. *secret:
   * NULL on return TRUE means that there is none; to be wiped by the caller. */
  gboolean (*read) (SeKeyring *keyring, const char *kind, const char *name, char **secret,
                    GError **error);
  /* label: for people who look into the keyring. Replaces the item if there is one. */
  gboolean (*write) (SeKeyring *keyring, const char *kind, const char *name, const char *label,
                     const char *secret, GError **error);
  /* No error if there is none. */
  gboolean (*remove) (SeKeyring *keyring, const char *kind, const char *name, GError **error);

  void (*close) (SeKeyring *keyring); /* NULL is fine */
} SeKeyringClass;

/* The kinds of items: attributes whose value is the account's address, or the canary's id. */
#define SE_KEYRING_ACCOUNT "account"
#define SE_KEYRING_CANARY "canary"

/* The attribute that all our items have, and its value. */
#define SE_KEYRING_APPLICATION "application"
#define SE_KEYRING_APPLICATION_VALUE "scan-email"

/* What the module exports. */
extern const SeKeyringClass se_keyring_class;

G_END_DECLS
