/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/facts.h"

#include "common/log.h"

#include <cups/cups.h>

#define CONNECT_TIMEOUT_MS 10000
#define END_TIMEOUT_MS 500
#define REPLY_TIMEOUT 10.0 /* seconds */

static const char *const wanted[] = {
  "job-uuid",         "job-state",        "job-originating-host-name", "job-originating-user-name",
  "time-at-creation", "time-at-completed"
};

/* There is nobody to ask for a password. */
static const char *
no_password (const char *prompt, http_t *http, const char *method, const char *resource,
             void *unused)
{
  return NULL;
}

static int
give_up (http_t *http, void *unused)
{
  return 0;
}

/* Get-Job-Attributes (RFC 8011, 4.3.4) as the job's owner, since cupsd tells others less. NULL:
 * cupsd did not answer; else the reply, of whatever status, to be freed with ippDelete (). */
static ipp_t *
ask (const SeJob *job, const char *server, int timeout_ms)
{
  g_autofree char *uri = g_strdup_printf ("ipp://localhost/jobs/%d", job->id);
  http_t *http;
  ipp_t *request;
  ipp_t *reply;

  if (server != NULL)
    cupsSetServer (server);
  cupsSetPasswordCB2 (no_password, NULL);
  http = httpConnect2 (cupsServer (), ippPort (), NULL, AF_UNSPEC, cupsEncryption (), 1, timeout_ms,
                       NULL);
  if (http == NULL)
    return NULL;
  httpSetTimeout (http, timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms / 1000.0 : REPLY_TIMEOUT,
                  give_up, NULL);
  request = ippNewRequest (IPP_OP_GET_JOB_ATTRIBUTES);
  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_URI, "job-uri", NULL, uri);
  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, job->user);
  ippAddStrings (request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes",
                 G_N_ELEMENTS (wanted), NULL, wanted);
  reply = cupsDoRequest (http, request, "/");
  httpClose (http);
  return reply;
}

static const char *
get_string (ipp_t *reply, const char *name)
{
  return ippGetString (ippFindAttribute (reply, name, IPP_TAG_ZERO), 0, NULL);
}

/* An integer attribute's value; 0 where it is missing or "no-value". */
static gint64
get_integer (ipp_t *reply, const char *name)
{
  return ippGetInteger (ippFindAttribute (reply, name, IPP_TAG_INTEGER), 0);
}

static gboolean
is_same_job (ipp_t *reply, const SeJob *job)
{
  return ippGetStatusCode (reply) <= IPP_STATUS_OK_CONFLICTING && job->uuid != NULL
         && g_strcmp0 (get_string (reply, "job-uuid"), job->uuid) == 0;
}

/* TRUE if cupsd, reached, would not answer the last request for want of a password. */
static gboolean
was_refused (void)
{
  return cupsLastError () == IPP_STATUS_ERROR_NOT_AUTHENTICATED
         || cupsLastError () == IPP_STATUS_ERROR_NOT_AUTHORIZED
         || cupsLastError () == IPP_STATUS_ERROR_FORBIDDEN;
}

static char *
name_server (void)
{
  return *cupsServer () == '/' ? g_strdup (cupsServer ())
                               : g_strdup_printf ("%s:%d", cupsServer (), ippPort ());
}

SeFacts *
se_facts_get (const SeJob *job, const char *server, GError **error)
{
  SeFacts *facts;
  ipp_t *reply = ask (job, server, CONNECT_TIMEOUT_MS);
  g_autofree char *name = name_server ();

  if (reply == NULL && !was_refused ())
    {
      g_autofree char *why = se_log_clean (cupsLastErrorString (), 200);

      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   "cupsd does not answer at %s (%s): set cups-server in [server] of "
                   "scan-email.conf if it listens elsewhere",
                   name, why);
      return NULL;
    }
  facts = g_new0 (SeFacts, 1);
  if (is_same_job (reply, job))
    {
      facts->creation = get_integer (reply, "time-at-creation");
      facts->completion = get_integer (reply, "time-at-completed");
      facts->user = g_strdup (get_string (reply, "job-originating-user-name"));
      facts->host = g_strdup (get_string (reply, "job-originating-host-name"));
    }
  else
    g_warning (
        "cupsd at %s does not know this job by its job-uuid (IPP status %s): nothing is known "
        "of where and when it was sent",
        name, ippErrorString (cupsLastError ()));
  if (facts->user == NULL)
    facts->user = g_strdup (job->user);
  ippDelete (reply);
  return facts;
}

gboolean
se_facts_is_over (const SeJob *job, const char *server)
{
  ipp_t *reply = ask (job, server, END_TIMEOUT_MS);
  gboolean over = is_same_job (reply, job)
                  && ippGetInteger (ippFindAttribute (reply, "job-state", IPP_TAG_ENUM), 0)
                         >= IPP_JSTATE_CANCELED;

  ippDelete (reply);
  return over;
}

void
se_facts_free (SeFacts *facts)
{
  g_free (facts->user);
  g_free (facts->host);
  g_free (facts);
}
