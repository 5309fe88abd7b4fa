/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/store-seal.h"
#include "oauth/store.h"

G_BEGIN_DECLS

/* How a kind of store keeps an account's record, which to it is only a text. */
typedef struct
{
  /* *text NULL on return TRUE: there is none. The caller wipes it. */
  gboolean (*read) (SeStore *store, char **text, gsize *length, GError **error);
  /* Makes sure that the next write finds its room; NULL: nothing can be done ahead. */
  gboolean (*reserve) (SeStore *store, GError **error);
  gboolean (*write) (SeStore *store, const char *text, GError **error);
  gboolean (*remove) (SeStore *store, GError **error);
  void (*free) (SeStore *store);
} SeStoreClass;

struct SeStore
{
  const SeStoreClass *class;
  char *address;   /* of the account */
  char *lock_path; /* locks are files, whatever the store */
  char *location;  /* for people */
  char *discard;   /* the shell command that removes the record, for people */
  int cancel_fd;   /* ends reading and reserving; -1: none */
  SeSeal *seal;    /* encrypts the text; NULL: it is kept as it is */
};

/* STATE-DIRECTORY/tokens/ADDRESS.json, ADDRESS percent-encoded. directory: exists. */
SeStore *se_store_file_new (const char *directory, const char *address);

/* One item an account of the Secret Service at [server] secret-service-bus. directory: exists;
 * notes there by which item the right keyring is known. module: path of the built
 * keyring-libsecret.c; NULL: it is not built. SE_ERROR_CONFIG for a configuration or module that
 * cannot be used; the service itself is asked by the store's functions. */
SeStore *se_store_secret_service_new (const SeServerConfig *server, const char *directory,
                                      const char *address, const char *module, GError **error);

/* As se_store_open, with the module from elsewhere than it is installed. */
SeStore *se_store_open_with_module (const SeServerConfig *server, const SeAccount *account,
                                    const char *module, GError **error);

G_END_DECLS
