/* SPDX-License-Identifier: Apache-2.0 */
#include "common/notice.h"

#include "common/log.h"
#include "common/notify.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <syslog.h>

/* Bytes. All of a notice's fit into PIPE_BUF, 4096. */
#define NAME_MAX_BYTES 512
#define TITLE_MAX_BYTES 255
#define SENTENCE_MAX 1000
#define ONCE_MAX 1000

static const struct
{
  const char *name;
  int priority;
} events[] = {
  [SE_NOTICE_AUTHORIZATION_LOST] = { "authorization-lost", LOG_ERR },
  [SE_NOTICE_AUTHORIZATION_RESTORED] = { "authorization-restored", LOG_NOTICE },
  [SE_NOTICE_AUTHORIZATION_EXPIRING] = { "authorization-expiring", LOG_WARNING },
  [SE_NOTICE_JOB_CANCELED] = { "job-canceled", LOG_NOTICE },
  [SE_NOTICE_JOB_HELD] = { "job-held", LOG_WARNING },
  [SE_NOTICE_JOB_GIVEN_UP] = { "job-given-up", LOG_ERR },
  [SE_NOTICE_JOB_PARTLY_REFUSED] = { "job-partly-refused", LOG_WARNING },
};

const char *
se_notice_event_name (SeNoticeEvent event)
{
  return events[event].name;
}

static char *
clean (const char *text, gsize max)
{
  return se_log_clean (text != NULL ? text : "", max);
}

/* As clean. Many programs look for options among all of their arguments, and one may be to read a
 * file: nobody who prints is to name that. */
static char *
make_argument (const char *text, gsize max)
{
  char *argument = clean (text, max);

  if (*argument == '-')
    {
      g_autofree char *option = argument;

      argument = g_strconcat (" ", option, NULL);
    }
  return argument;
}

void
se_notice_announce (const SeServerConfig *server, const SeNotice *notice)
{
  const char *event = events[notice->event].name;
  g_autofree char *subject = make_argument (notice->subject, NAME_MAX_BYTES);
  g_autofree char *sentence = make_argument (notice->sentence, SENTENCE_MAX);
  g_autofree char *user = make_argument (notice->user, NAME_MAX_BYTES);
  g_autofree char *title = make_argument (notice->title, TITLE_MAX_BYTES);
  g_autofree char *line = g_strdup_printf ("%s %s: %s", event, subject, sentence);
  const char *const arguments[]
      = { event, subject, sentence, notice->user != NULL ? user : NULL, title, NULL };
  g_autoptr (GError) error = NULL;

  se_notify_system_log (events[notice->event].priority, line);
  if (server != NULL && server->notify_command != NULL
      && !se_notify_run ((const char *const *)server->notify_command, arguments, SE_NOTIFY_TIME,
                         &error))
    g_warning (_ ("notify-command of scan-email.conf: %s"), error->message);
}

static void
tell_directly (const SeNotice *notice, gpointer data)
{
  se_notice_announce (data, notice);
}

SeNotifier
se_notice_direct (const SeServerConfig *server)
{
  return (SeNotifier){ tell_directly, (gpointer)server };
}

static void
append (GString *record, const char *text, gsize max)
{
  g_autofree char *field = clean (text, max);

  g_string_append_len (record, field, (gssize)strlen (field) + 1);
}

char *
se_notice_encode (const SeNotice *notice, gsize *length)
{
  GString *record = g_string_new (NULL);

  append (record, events[notice->event].name, NAME_MAX_BYTES);
  append (record, notice->subject, NAME_MAX_BYTES);
  append (record, notice->sentence, SENTENCE_MAX);
  append (record, notice->once, ONCE_MAX);
  *length = record->len;
  return g_string_free (record, FALSE);
}

/* The next text of what was read; NULL: it does not end. */
static const char *
take_text (const char **data, gsize *left)
{
  const char *text = *data;
  const char *end = *left > 0 ? memchr (text, '\0', *left) : NULL;

  if (end == NULL)
    return NULL;
  *left -= (gsize)(end + 1 - text);
  *data = end + 1;
  return text;
}

static gboolean
find_event (const char *name, SeNoticeEvent *event)
{
  for (gsize i = 0; name != NULL && i < G_N_ELEMENTS (events); i++)
    if (strcmp (name, events[i].name) == 0)
      {
        *event = (SeNoticeEvent)i;
        return TRUE;
      }
  return FALSE;
}

gboolean
se_notice_decode (const char **data, gsize *left, SeNotice *notice)
{
  *notice = (SeNotice){ 0 };
  if (!find_event (take_text (data, left), &notice->event))
    return FALSE;
  notice->subject = take_text (data, left);
  notice->sentence = take_text (data, left);
  notice->once = take_text (data, left);
  return notice->once != NULL;
}
