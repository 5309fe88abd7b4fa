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
  SeSeal *seal;    /* encrypts the text; NULL: it is kept as it is */
};

/* STATE-DIRECTORY/tokens/ADDRESS.json, ADDRESS percent-encoded. directory: exists. */
SeStore *se_store_file_new (const char *directory, const char *address);

G_END_DECLS
