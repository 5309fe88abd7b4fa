/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* What a key's value may be. Texts without control characters, unless something else is said. */
typedef enum
{
  SE_VALUE_TEXT,
  SE_VALUE_WORD,             /* no space */
  SE_VALUE_NAME,             /* letters, digits, '.', '_' and '-': it may become part of a URL */
  SE_VALUE_LANGUAGE,         /* as SE_VALUE_NAME, not long */
  SE_VALUE_QUEUE,            /* a queue's name as CUPS takes it, or "*" */
  SE_VALUE_PATH,             /* absolute */
  SE_VALUE_ADDRESS,          /* one '@', no space; mail/ parses the rest */
  SE_VALUE_ADDRESS_TEMPLATE, /* as SE_VALUE_ADDRESS, templates before the '@' */
  SE_VALUE_USER_ADDRESS,     /* as SE_VALUE_ADDRESS_TEMPLATE, with %{user} in it */
  SE_VALUE_TEMPLATE,
  SE_VALUE_BODY,        /* template; may hold newlines and tabs */
  SE_VALUE_ENDPOINT,    /* https URL, may hold %{tenant} and %{locale} */
  SE_VALUE_ISSUER,      /* https URL without query */
  SE_VALUE_REDIRECT,    /* loopback or https URL, may hold %{port} (RFC 8252, 7.3) */
  SE_VALUE_SMTP_SERVER, /* smtp or smtps URL of host and port alone */
  SE_VALUE_PROXY,       /* http, https or socks URL of host and port alone */
  SE_VALUE_GRANT,
  SE_VALUE_SASL,
  SE_VALUE_TOKEN_STORE,
  SE_VALUE_OVERSIZE,
  SE_VALUE_DATE,     /* YYYY-MM-DD */
  SE_VALUE_GRANTS,   /* char **: ';' between them */
  SE_VALUE_PATTERNS, /* char **: addresses with '*', ';' between them */
  SE_VALUE_USERS,    /* char **: names with '*' and '?', ';' between them */
  SE_VALUE_HOSTS,    /* char **: patterns of hosts, ';' between them */
  SE_VALUE_COMMAND,  /* char **: words quoted as for a shell */
  SE_VALUE_SIZE,     /* guint64: bytes, or with K, M or G (1024-based) */
  SE_VALUE_COUNT,    /* guint */
  SE_VALUE_DURATION, /* guint: seconds, or with s, m, h or d */
  SE_VALUE_RATE,     /* SeRate: a number, '/' and a time or its unit alone */
} SeValueType;

typedef struct
{
  const char *section; /* the section's kind: "server", "account", "provider" or "queue" */
  const char *key;
  SeValueType type;
  int offset; /* of the field in the kind's struct; -1: none */
} SeConfigKey;

/* The closed list of keys, ended by a NULL section; those of one kind stand together. */
extern const SeConfigKey se_config_keys[];

/* NULL if the kind of section has no such key. */
const SeConfigKey *se_config_find_key (const char *section, const char *key);

/* The candidate with the smallest Levenshtein distance to word; NULL if there is none. */
const char *se_config_nearest (const char *word, const char *const *candidates);

/* Checks text and, unless field is NULL, stores the value there; what stood there is freed.
 * SE_ERROR_CONFIG tells what the value must be. */
gboolean se_config_parse_value (SeValueType type, const char *text, gpointer field, GError **error);

/* Frees all fields of a kind's struct that have a key. */
void se_config_clear_fields (const char *section, gpointer object);

/* Tells whether an account with all its fields filled in has what its grant and its provider need.
 * SE_ERROR_CONFIG. */
gboolean se_config_check_account (const SeAccount *account, GError **error);

/* One file, scanned, parsed and with every value checked. */
typedef struct
{
  char *path;
  char *text;
  GKeyFile *keys;
  GHashTable *lines; /* "SECTION" and "SECTION\nKEY" to line number */
} SeConfigFile;

/* presets: only [provider NAME] may stand in it. */
SeConfigFile *se_config_file_parse (const char *path, const char *text, gboolean presets,
                                    GError **error);
void se_config_file_free (SeConfigFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeConfigFile, se_config_file_free)

/* Line of a section or, with key, of a key; 0 if there is none. */
guint se_config_file_line (const SeConfigFile *file, const char *section, const char *key);

G_END_DECLS
