/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* scan-email.conf and the provider presets, read by GKeyFile after a scan over the lines that
 * finds unknown sections and keys, duplicates and a '#' after a value. Every value is checked when
 * the file is loaded. An empty value counts as none: in [queue NAME] and [provider NAME] it takes
 * away what [queue *] or the preset says. Sizes are bytes or have K, M or G (1024-based; KB and KiB
 * mean the same), times are seconds or have s, m, h or d; lists have ';' between their items. */
typedef struct SeConfig SeConfig;

/* [server] */
typedef struct
{
  char *user;               /* service user's name */
  char *state_directory;    /* absolute path */
  char *cups_server;        /* host:port or socket path; NULL: libcups's default */
  char *proxy;              /* URL for the token endpoint and SMTP; NULL: none */
  char **notify_command;    /* argv, NULL: none */
  char *secret_service_bus; /* D-Bus address; NULL: none */
  char *token_key_file;     /* NULL: files of tokens are not encrypted */
} SeServerConfig;

/* [provider NAME], %{tenant} still in its endpoints */
typedef struct
{
  char *name;
  char *issuer; /* NULL: the endpoints are given */
  char *device_authorization_endpoint;
  char *authorization_endpoint;
  char *token_endpoint;
  char *revocation_endpoint;
  char *scope;
  char **grants;             /* the one to propose first; NULL: not limited */
  char **grants_with_secret; /* those that need client-secret-file; NULL: none */
  /* Why a grant does not work there, one sentence; NULL: nothing known. */
  char *no_device;
  char *no_code;
  char *no_client_credentials;
  char *no_service_account;
  char *redirect_uri;
  char *prompt; /* of the authorization request; NULL: not set */
  /* Connect-ExchangeOnline's -ExchangeEnvironmentName; NULL: not Exchange Online */
  char *exchange_environment;
  guint refresh_token_idle;     /* seconds after which an unused refresh token dies; 0: not known */
  char *smtp_server;            /* smtp://HOST[:PORT] (STARTTLS required) or smtps://HOST[:PORT] */
  char *sasl;                   /* "xoauth2" or "oauthbearer" */
  char *ca_file;                /* replaces the system's certificate store; NULL: the system's */
  guint64 max_message_size;     /* bytes, 0: none stated */
  guint max_connections;        /* at once, of an account; default 2; 0: not limited */
  guint max_rate;               /* messages a minute; default 30; 0: not limited */
  guint max_recipients_per_day; /* 0: not limited */
  char *helo_name;
  char *proxy_smtp;
} SeProviderConfig;

/* [account ADDRESS] with its provider */
typedef struct
{
  char *address;
  SeProviderConfig *provider;
  char *tenant;
  char *client_id;
  char *client_secret_file;
  char *certificate_file;
  char *key_file;
  char *service_account_file;
  char *client_secret_expires; /* YYYY-MM-DD; NULL: not known */
  char *grant;        /* "device", "code", "client-credentials" or "service-account"; default: the
                         first of the provider's grants, else "device" */
  char *login_user;   /* who signs in; default ADDRESS */
  char *smtp_user;    /* SASL user=; default ADDRESS */
  char *from_address; /* MAIL FROM and From; default ADDRESS */
  char *from_name;    /* NULL: none */
  char *scope;        /* the account's, else the provider's scope-GRANT, else its scope; not NULL */
  char *token_store;  /* "file" (default), "secret-service" */
} SeAccount;

/* At most so many within any period */
typedef struct
{
  guint count;  /* 0: not limited */
  guint period; /* seconds */
} SeRate;

/* [queue NAME] over [queue *], key by key */
typedef struct
{
  char *name;
  char *account;             /* NULL: not named */
  char **allowed_recipients; /* patterns; NULL: only the device URI's own */
  char **denied_recipients;
  guint max_recipients;     /* default 100 (RFC 5321, 4.5.3.1.8); 0: not limited */
  char *only_to_self;       /* template of the one address that may be mailed; NULL: not so */
  char **allowed_users;     /* names, '*' and '?' stand for characters; NULL: all */
  char **allowed_hosts;     /* patterns as in host.h; NULL: all */
  SeRate rate_per_user;     /* jobs */
  SeRate rate_per_host;     /* jobs */
  guint64 max_message_size; /* bytes of the whole encoded message; 0: not limited here */
  char *oversize;           /* what is done with more: one of se_oversize_names; default "split" */
  char *subject;            /* templates; NULL: the default */
  char *body;
  char *signature; /* template, put below the text; NULL: none */
  char *html_file; /* template of an HTML alternative to the text; NULL: none */
  char *filename;
  char *reply_to;
  char *report_to;
  char *language;
  /* How long one run of the backend tries again by itself, seconds; default 600. */
  guint retry_for;
  /* How long a deferred job rests at most before release --due lets it go on, seconds; default
   * 1800. */
  guint retry_interval;
  /* How long a mail in doubt rests before it is sent again, seconds; default 900: more than the 10
   * minutes that a server may take to answer (RFC 5321, 4.5.3.2.6). */
  guint in_doubt_interval;
  /* How long a job may stay undelivered before it is given up, seconds; default 5 days. */
  guint give_up_after;
} SeQueueConfig;

/* The sentence that the provider's section has about a grant that is not in its grants; else NULL.
 */
const char *se_provider_config_why_not (const SeProviderConfig *provider, const char *grant);

void se_server_config_free (SeServerConfig *server);
void se_provider_config_free (SeProviderConfig *provider);
void se_account_free (SeAccount *account);
void se_queue_config_free (SeQueueConfig *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeServerConfig, se_server_config_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeProviderConfig, se_provider_config_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeAccount, se_account_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeQueueConfig, se_queue_config_free)

/* The path of scan-email.conf: $CUPS_SERVERROOT/scan-email.conf, else the configured directory's.
 * Owned by the caller. */
char *se_config_path (void);

/* FALSE if the file is there and the calling user may not read it; SE_ERROR_CONFIG has the command
 * that mends it. se_config_load begins with that. */
gboolean se_config_check_access (const char *path, GError **error);

/* Reads the configuration and the presets. presets: path of providers.conf (it may be missing: a
 * provider that is then not found says so). SE_ERROR_CONFIG lists every problem as
 * "FILE:LINE: what; did you mean 'KEY'?", joined by newlines. */
SeConfig *se_config_load (const char *path, const char *presets, GError **error);

/* As se_config_load, with text for the contents of the file at path: to see whether contents are
 * good before they are written. */
SeConfig *se_config_parse (const char *path, const char *text, const char *presets, GError **error);
void se_config_free (SeConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeConfig, se_config_free)

/* Every reader below returns a new object, owned by the caller. */
SeServerConfig *se_config_get_server (const SeConfig *config, GError **error);

/* Addresses of all accounts in the file's order; NULL-terminated. */
char **se_config_list_accounts (const SeConfig *config);

/* Names of all providers, those of the file before the presets; NULL-terminated. */
char **se_config_list_providers (const SeConfig *config);

/* SE_ERROR_CONFIG where the account or its provider does not exist (nearest name given) or a value
 * cannot be used. address NULL: the only account there is; several or none: SE_ERROR_CONFIG. */
SeAccount *se_config_get_account (const SeConfig *config, const char *address, GError **error);

/* Tells whether a key of [account] can have value; empty: none. SE_ERROR_CONFIG names the key. */
gboolean se_config_check_account_key (const char *key, const char *value, GError **error);

/* An account that is not in the file yet: keys as in [account], name to value, merged over the
 * file's section for address where there is one; an empty value takes its key out. Same checks as
 * se_config_get_account. */
SeAccount *se_config_make_account (const SeConfig *config, const char *address, GHashTable *keys,
                                   GError **error);

SeQueueConfig *se_config_get_queue (const SeConfig *config, const char *name, GError **error);

/* Edits text, a configuration file's contents: sets keys of [account ADDRESS], adding the section
 * at the end if it is missing; an empty value takes its key out. Everything else, comments
 * included, stays byte for byte. address and keys are such as se_config_make_account took. Returns
 * the new contents, owned by the caller. */
char *se_config_edit_account (const char *text, const char *address, GHashTable *keys);

G_END_DECLS
