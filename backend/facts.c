/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/facts.h"

#include "common/io.h"
#include "common/log.h"
#include "common/option-list.h"

#include <cups/cups.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

#define TIMEOUT_MS 10000
#define END_TIMEOUT_MS 500

/* A question to cupsd. libcups cannot be interrupted, looks names up and waits for whole seconds:
 * so a thread asks, which is left to itself with what belongs to both once nobody waits any more.
 */
typedef struct
{
  int id;
  char *user;
  char *server; /* NULL: libcups's default */
  int answered; /* eventfd */
  /* The answer. */
  ipp_t *reply;     /* of whatever status; NULL: cupsd did not answer */
  gboolean refused; /* it would not for want of a password */
  char *why;        /* libcups's words */
} Question;

static void
question_clear (gpointer data)
{
  Question *question = data;

  g_free (question->user);
  g_free (question->server);
  se_io_clear_fd (&question->answered);
  ippDelete (question->reply);
  g_free (question->why);
}

static void
question_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, question_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_unref)

/* There is nobody to ask for a password. */
static const char *
no_password (const char *prompt, http_t *http, const char *method, const char *resource,
             void *unused)
{
  return NULL;
}

/* Get-Job-Attributes (RFC 8011, 4.3.4) as the job's owner, since cupsd tells others less. */
static void
ask_cupsd (Question *question)
{
  g_autofree char *uri = g_strdup_printf ("ipp://localhost/jobs/%d", question->id);
  http_t *http = httpConnect2 (cupsServer (), ippPort (), NULL, AF_UNSPEC, cupsEncryption (), 1,
                               TIMEOUT_MS, NULL);
  ipp_t *request;

  if (http == NULL)
    return;
  request = ippNewRequest (IPP_OP_GET_JOB_ATTRIBUTES);
  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_URI, "job-uri", NULL, uri);
  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL,
                question->user);
  question->reply = cupsDoRequest (http, request, "/");
  httpClose (http);
}

/* What libcups is told and tells is a thread's own. */
static gpointer
run_question (gpointer data)
{
  g_autoptr (Question) question = data;

  if (question->server != NULL)
    cupsSetServer (question->server);
  cupsSetPasswordCB2 (no_password, NULL);
  ask_cupsd (question);
  question->refused = cupsLastError () == IPP_STATUS_ERROR_NOT_AUTHENTICATED
                      || cupsLastError () == IPP_STATUS_ERROR_NOT_AUTHORIZED
                      || cupsLastError () == IPP_STATUS_ERROR_FORBIDDEN;
  question->why = se_log_clean (cupsLastErrorString (), 200);
  if (eventfd_write (question->answered, 1) < 0)
    g_warning ("eventfd: %s", g_strerror (errno));
  return NULL;
}

/* NULL: cancelled, or no answer in time. */
static Question *
ask (const SeJob *job, const char *server, int cancel_fd, int timeout_ms)
{
  g_autoptr (Question) question = g_atomic_rc_box_new0 (Question);
  struct pollfd fds[2] = { { .events = POLLIN }, { .fd = cancel_fd, .events = POLLIN } };
  int n;

  question->id = job->id;
  question->user = g_strdup (job->user);
  question->server = g_strdup (server);
  question->answered = fds[0].fd = eventfd (0, EFD_CLOEXEC);
  if (question->answered < 0)
    return NULL;
  g_thread_unref (g_thread_new ("cupsd", run_question, g_atomic_rc_box_acquire (question)));
  do
    n = poll (fds, 2, timeout_ms);
  while (n < 0 && errno == EINTR);
  return n > 0 && fds[0].revents != 0 ? g_steal_pointer (&question) : NULL;
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

static ipp_jstate_t
get_state (ipp_t *reply)
{
  return (ipp_jstate_t)ippGetInteger (ippFindAttribute (reply, "job-state", IPP_TAG_ENUM), 0);
}

/* Attributes' values as cupsd writes them into argv[5], but of any length and without quoting. */
static char *
join_values (ipp_attribute_t *attribute)
{
  GString *all = g_string_new (NULL);

  for (int i = 0; i < ippGetCount (attribute); i++)
    {
      const char *text = ippGetString (attribute, i, NULL);

      if (i > 0)
        g_string_append_c (all, ',');
      if (text != NULL)
        g_string_append (all, text);
      else if (ippGetValueTag (attribute) == IPP_TAG_BOOLEAN)
        g_string_append (all, ippGetBoolean (attribute, i) ? "true" : "false");
      else if (ippGetValueTag (attribute) == IPP_TAG_INTEGER
               || ippGetValueTag (attribute) == IPP_TAG_ENUM)
        g_string_append_printf (all, "%d", ippGetInteger (attribute, i));
    }
  return g_string_free (all, FALSE);
}

static GPtrArray *
list_options (ipp_t *reply)
{
  GPtrArray *options = se_option_list_new ();

  for (ipp_attribute_t *attribute = ippFirstAttribute (reply); attribute != NULL;
       attribute = ippNextAttribute (reply))
    if (ippGetGroupTag (attribute) == IPP_TAG_JOB && ippGetName (attribute) != NULL)
      {
        g_autofree char *value = join_values (attribute);

        se_option_list_add (options, ippGetName (attribute), value);
      }
  return options;
}

/* cupsd adds each of these once. But what it adds stands behind attributes of the name that a
 * client sends, which it does not all take away; and what a document's job ticket says it takes in
 * place of its own where the name has a capital letter. */
static gboolean
check_forged (ipp_t *reply, GError **error)
{
  static const char *const names[] = { "job-originating-user-name", "job-originating-host-name",
                                       "job-uuid", "time-at-creation", "time-at-completed" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      ipp_attribute_t *first = ippFindAttribute (reply, names[i], IPP_TAG_ZERO);

      if (first == NULL
          || (strcmp (ippGetName (first), names[i]) == 0
              && ippFindNextAttribute (reply, names[i], IPP_TAG_ZERO) == NULL))
        continue;
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("The job or its document came with a %s beside cupsd's: it does not say "
                      "honestly where it is from"),
                   names[i]);
      return FALSE;
    }
  return TRUE;
}

/* An attribute name can add a job-uuid to argv[5], but not take cupsd's own out of it. */
static gboolean
is_same_job (ipp_t *reply, const SeJob *job)
{
  const char *uuid = get_string (reply, "job-uuid");

  if (uuid == NULL || ippGetStatusCode (reply) > IPP_STATUS_OK_CONFLICTING)
    return FALSE;
  for (guint i = 0; i < job->arguments->len; i++)
    {
      const SeOption *argument = job->arguments->pdata[i];

      if (strcmp (argument->name, "job-uuid") == 0 && strcmp (argument->value, uuid) == 0)
        return TRUE;
    }
  return FALSE;
}

static char *
name_server (const char *server)
{
  if (server != NULL)
    return g_strdup (server);
  return *cupsServer () == '/' ? g_strdup (cupsServer ())
                               : g_strdup_printf ("%s:%d", cupsServer (), ippPort ());
}

SeFacts *
se_facts_get (const SeJob *job, const char *server, int cancel_fd, GError **error)
{
  SeFacts *facts = NULL;
  g_autoptr (Question) question = ask (job, server, cancel_fd, TIMEOUT_MS);
  g_autofree char *name = name_server (server);
  ipp_t *reply = question != NULL ? question->reply : NULL;
  const char *why = question != NULL ? question->why : g_strerror (ETIMEDOUT);

  if (question == NULL && se_io_is_readable (cancel_fd))
    g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("Cancelled while asking cupsd"));
  else if (reply == NULL && !(question != NULL && question->refused))
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("cupsd does not answer at %s (%s): if it listens elsewhere, set cups-server in "
                    "[server] of scan-email.conf"),
                 name, why);
  else if (!is_same_job (reply, job))
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("cupsd at %s does not tell about job %d (%s): check cups-server in [server] of "
                    "scan-email.conf and the policy of the queue"),
                 name, job->id, reply != NULL ? _ ("it has another one of that number") : why);
  else if (check_forged (reply, error))
    {
      const char *user = get_string (reply, "job-originating-user-name");
      const char *host = get_string (reply, "job-originating-host-name");

      facts = g_new0 (SeFacts, 1);
      facts->uuid = g_strdup (get_string (reply, "job-uuid"));
      facts->creation = get_integer (reply, "time-at-creation");
      /* What cupsd has done with is no job that it runs again. */
      facts->completion = get_state (reply) == IPP_JSTATE_COMPLETED
                              ? 0
                              : get_integer (reply, "time-at-completed");
      facts->cancel_after = get_integer (reply, "job-cancel-after");
      facts->user = g_utf8_make_valid (user != NULL ? user : job->user, -1);
      facts->host = host != NULL ? g_utf8_make_valid (host, -1) : NULL;
      facts->options = list_options (reply);
    }
  return facts;
}

gboolean
se_facts_is_over (const SeJob *job, const char *server)
{
  g_autoptr (Question) question = ask (job, server, -1, END_TIMEOUT_MS);

  return question != NULL && is_same_job (question->reply, job)
         && get_state (question->reply) >= IPP_JSTATE_CANCELED;
}

void
se_facts_free (SeFacts *facts)
{
  g_free (facts->uuid);
  g_free (facts->user);
  g_ptr_array_unref (facts->options);
  g_free (facts->host);
  g_free (facts);
}
