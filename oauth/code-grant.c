/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/code-grant.h"

#include "common/io.h"
#include "common/log.h"
#include "oauth/client-auth.h"
#include "oauth/grant.h"
#include "oauth/jwt.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>

/* RFC 7636, 7.1: 32 bytes of entropy, which are 43 characters. */
#define RANDOM_BYTES 32
#define PORT "%{port}"
/* No browser takes much more, nor does a line of our own channels. */
#define MAX_URI 7000
#define MAX_ANSWER 16384

void
se_code_request_free (SeCodeRequest *request)
{
  if (request == NULL)
    return;
  se_io_free_secret (request->state);
  se_io_free_secret (request->verifier);
  g_free (request->authorization_uri);
  g_free (request->redirect_uri);
  g_free (request->issuer);
  g_free (request);
}

static char *
fill_port (const SeProviderConfig *provider, guint16 port)
{
  g_auto (GStrv) parts = g_strsplit (provider->redirect_uri, PORT, -1);
  g_autofree char *number = g_strdup_printf ("%u", port);

  return g_strjoinv (number, parts);
}

guint16
se_code_grant_fixed_port (const SeProviderConfig *provider)
{
  g_autoptr (GUri) uri = NULL;

  if (strstr (provider->redirect_uri, PORT) != NULL || !se_code_grant_is_loopback (provider))
    return 0;
  uri = g_uri_parse (provider->redirect_uri, G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  return uri == NULL ? 0 : (guint16)g_uri_get_port (uri);
}

gboolean
se_code_grant_is_loopback (const SeProviderConfig *provider)
{
  /* The configuration's check lets http lead nowhere else (common/configuration-value.c). */
  return g_ascii_strncasecmp (provider->redirect_uri, "http:", strlen ("http:")) == 0;
}

static char *
make_random (GError **error)
{
  guchar data[RANDOM_BYTES];
  char *text = NULL;

  if (getrandom (data, sizeof data, 0) != (gssize)sizeof data)
    {
      se_error_set_errno (error, errno, _ ("no random numbers"));
      return NULL;
    }
  text = se_base64url_encode (data, sizeof data);
  OPENSSL_cleanse (data, sizeof data);
  return text;
}

/* RFC 7636, 4.2. */
static char *
make_challenge (const char *verifier)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar digest[32];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *)verifier, -1);
  g_checksum_get_digest (checksum, digest, &length);
  return se_base64url_encode (digest, length);
}

/* Returns NULL for none. */
static char *
choose_prompt (const SeAccount *account, const SeEndpoints *endpoints)
{
  g_auto (GStrv) scopes = g_strsplit (account->scope, " ", -1);
  gboolean offline = g_strv_contains ((const char *const *)scopes, "offline_access");
  const char *const *prompts = (const char *const *)endpoints->prompts;
  const char *words[3] = { NULL };
  guint n = 0;

  if (account->provider->prompt != NULL)
    return g_strdup (account->provider->prompt);
  /* Servers may refuse what they do not know: only consent is known to every OpenID provider that
   * knows offline_access. */
  if (prompts != NULL && g_strv_contains (prompts, "select_account"))
    words[n++] = "select_account";
  if (offline && (prompts == NULL || g_strv_contains (prompts, "consent")))
    words[n++] = "consent";
  return n > 0 ? g_strjoinv (" ", (char **)words) : NULL;
}

static gboolean
make_uri (SeCodeRequest *request, const SeAccount *account, const SeEndpoints *endpoints,
          GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();
  g_autofree char *prompt = choose_prompt (account, endpoints);
  g_autofree char *challenge = make_challenge (request->verifier);
  g_autofree char *query = NULL;

  se_form_add (form, "response_type", "code");
  se_form_add (form, "client_id", account->client_id);
  se_form_add (form, "redirect_uri", request->redirect_uri);
  se_form_add (form, "scope", account->scope);
  se_form_add (form, "state", request->state);
  se_form_add (form, "code_challenge", challenge);
  se_form_add (form, "code_challenge_method", "S256");
  se_form_add (form, "login_hint", account->login_user);
  se_form_add (form, "prompt", prompt);
  query = se_form_encode (form);
  request->authorization_uri
      = g_strdup_printf ("%s%c%s", endpoints->authorization,
                         strchr (endpoints->authorization, '?') == NULL ? '?' : '&', query);
  if (strlen (request->authorization_uri) <= MAX_URI)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("the address to sign in %s at is longer than %d characters: shorten scope ="),
               account->address, MAX_URI);
  return FALSE;
}

SeCodeRequest *
se_code_grant_start (const SeTokenContext *context, const SeEndpoints *endpoints, guint16 port,
                     GError **error)
{
  const SeAccount *account = context->account;
  g_autoptr (SeCodeRequest) request = g_new0 (SeCodeRequest, 1);
  g_autoptr (SeTokenRecord) stored = NULL;

  if (endpoints->authorization == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("provider %s has no authorization endpoint: its server does not offer this "
                      "grant, or authorization-endpoint = is missing"),
                   account->provider->name);
      return NULL;
    }
  if (!se_grant_load_stored (context, &stored, error) || !se_grant_check_files (account, error))
    return NULL;
  request->redirect_uri = fill_port (account->provider, port);
  request->issuer = g_strdup (endpoints->issuer);
  request->issuer_told = endpoints->issuer_told;
  request->account = account;
  request->state = make_random (error);
  request->verifier = request->state == NULL ? NULL : make_random (error);
  if (request->verifier == NULL || !make_uri (request, account, endpoints, error))
    return NULL;
  return g_steal_pointer (&request);
}

/* The answer. */

enum
{
  CODE,
  STATE,
  ISS,
  ERROR,
  DESCRIPTION,
  N_PARAMETERS,
};

static const char *const parameters[N_PARAMETERS]
    = { "code", "state", "iss", "error", "error_description" };

/* Decodes application/x-www-form-urlencoded in place. FALSE for what is none, or no UTF-8. */
static gboolean
decode (char *text)
{
  char *out = text;

  for (const char *in = text; *in != '\0'; in++)
    {
      if (*in == '%')
        {
          int high = g_ascii_xdigit_value (in[1]);
          int low = high < 0 ? -1 : g_ascii_xdigit_value (in[2]);

          if (low < 0 || (high == 0 && low == 0))
            return FALSE;
          *out++ = (char)(high * 16 + low);
          in += 2;
        }
      else
        *out++ = *in == '+' ? ' ' : *in;
    }
  *out = '\0';
  return g_utf8_validate (text, -1, NULL);
}

/* Finds the parameters in a query, which is cut up; the values stay in it. FALSE if one stands
 * there twice (RFC 6749, 3.1) or cannot be decoded. */
static gboolean
find_parameters (char *query, char *values[N_PARAMETERS])
{
  char *rest = query;
  char *pair;

  while ((pair = strsep (&rest, "&")) != NULL)
    {
      char *value = strchr (pair, '=');
      guint i = 0;

      if (value == NULL)
        continue;
      *value++ = '\0';
      while (i < N_PARAMETERS && !g_str_equal (pair, parameters[i]))
        i++;
      if (i == N_PARAMETERS)
        continue;
      if (values[i] != NULL || !decode (value))
        return FALSE;
      values[i] = value;
    }
  return TRUE;
}

/* Where the path of an address or of a request's target begins; NULL for a query alone. */
static const char *
find_path (const char *text)
{
  const char *authority = strstr (text, "://");
  gsize before = strcspn (text, "?&=");

  if (*text == '/')
    return text;
  if (authority == NULL || authority >= text + before)
    return NULL;
  authority += strlen ("://");
  return authority + strcspn (authority, "/?#");
}

static gboolean
is_redirect_path (const SeCodeRequest *request, const char *path)
{
  const char *wanted = find_path (request->redirect_uri);
  gsize length = strcspn (path, "?#");
  gsize wanted_length = strcspn (wanted, "?#");

  /* RFC 3986, 6.2.3: of an http address an empty path is "/". */
  if (length == 0)
    return wanted_length <= 1;
  if (wanted_length == 0)
    return length == 1;
  return length == wanted_length && strncmp (path, wanted, length) == 0;
}

/* The query in text, which is cut behind it; NULL if text does not lead to the redirect-uri. */
static char *
find_query (const SeCodeRequest *request, char *text)
{
  const char *path = find_path (text);
  char *query = text;

  *(text + strcspn (text, "#")) = '\0';
  if (path != NULL)
    {
      if (!is_redirect_path (request, path))
        return NULL;
      query = strchr (path, '?');
      return query == NULL ? NULL : query + 1;
    }
  return *query == '?' ? query + 1 : query;
}

static gboolean
is_state (const SeCodeRequest *request, const char *state)
{
  gsize length = strlen (request->state);

  return state != NULL && strlen (state) == length
         && CRYPTO_memcmp (state, request->state, length) == 0;
}

static SeCodeAnswer
set_stray (const SeCodeRequest *request, GError **error, const char *what)
{
  g_set_error (error, SE_ERROR, SE_ERROR_USAGE,
               _ ("%s; what is needed is the whole address that the browser shows at the end, "
                  "beginning with %s"),
               what, request->redirect_uri);
  return SE_CODE_STRAY;
}

/* RFC 9207, 2.4. */
static gboolean
check_issuer (const SeCodeRequest *request, const char *iss, GError **error)
{
  g_autofree char *shown = NULL;

  if (request->issuer == NULL || (iss == NULL && !request->issuer_told)
      || g_strcmp0 (iss, request->issuer) == 0)
    return TRUE;
  shown = iss == NULL ? g_strdup ("nobody") : se_log_clean (iss, 200);
  g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
               _ ("the answer names %s as its issuer, not %s: somebody may have mixed up two "
                  "servers; sign in again, and at no other page than that of the address shown"),
               shown, request->issuer);
  return FALSE;
}

static void
set_refused (const SeCodeRequest *request, char *const values[N_PARAMETERS], GError **error)
{
  const char *const secrets[] = { request->state, request->verifier, NULL };
  const SeRefusal refusal = {
    .code = values[ERROR], .description = values[DESCRIPTION], .secrets = secrets, .retry_after = -1
  };

  se_response_set_refusal (error, request->account, request->authorization_uri, &refusal);
}

SeCodeAnswer
se_code_grant_read (const SeCodeRequest *request, const char *text, char **code, GError **error)
{
  se_autosecret char *copy = g_strndup (text, MAX_ANSWER);
  char *values[N_PARAMETERS] = { NULL };
  char *query = find_query (request, g_strstrip (copy));
  gsize base = strcspn (request->authorization_uri, "?");

  *code = NULL;
  if (g_str_has_prefix (text, "http") && strncmp (text, request->authorization_uri, base) == 0)
    return set_stray (request, error, _ ("this is the address to sign in at"));
  if (query == NULL || !find_parameters (query, values))
    return set_stray (request, error, _ ("this is not the address that the sign-in ends at"));
  if (values[STATE] == NULL && values[CODE] == NULL && values[ERROR] == NULL)
    return set_stray (request, error, _ ("this address holds no answer"));
  if (!is_state (request, values[STATE]))
    return set_stray (request, error,
                      _ ("this is the answer to another sign-in: its \"state\" is not this one's"));
  if (!check_issuer (request, values[ISS], error))
    return SE_CODE_REFUSED;
  if (values[ERROR] != NULL && *values[ERROR] != '\0')
    {
      set_refused (request, values, error);
      return SE_CODE_REFUSED;
    }
  if (values[CODE] == NULL || *values[CODE] == '\0')
    return set_stray (request, error, _ ("this address holds no code"));
  *code = g_strdup (values[CODE]);
  return SE_CODE_GRANTED;
}

SeTokenRecord *
se_code_grant_exchange (const SeTokenContext *context, const SeEndpoints *endpoints,
                        const SeCodeRequest *request, const char *code, GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();
  g_autoptr (SeTokenRecord) stored = NULL;
  g_autoptr (SeHttpReply) reply = NULL;
  g_autoptr (SeTokenResponse) response = NULL;
  g_autofree char *error_code = NULL;

  se_form_add (form, "grant_type", "authorization_code");
  se_form_add_secret (form, "code", code);
  se_form_add (form, "redirect_uri", request->redirect_uri);
  se_form_add_secret (form, "code_verifier", request->verifier);
  if (!se_grant_load_stored (context, &stored, error)
      || !se_client_auth_add (form, context->account, endpoints->token, error))
    return NULL;
  reply = se_grant_request (context, endpoints->token, form, 0, NULL, error);
  if (reply == NULL)
    return NULL;
  response = se_token_response_parse (reply, context->account, endpoints->token,
                                      se_form_secrets (form), &error_code, error);
  return response == NULL ? NULL
                          : se_grant_make_record (context, endpoints, response, stored, error);
}
