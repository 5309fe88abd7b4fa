/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/status.h"

#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_INTERVAL G_USEC_PER_SEC

void
se_status_write (const char *lines)
{
  g_autoptr (GError) error = NULL;

  if (!se_io_write_all (STDERR_FILENO, lines, strlen (lines), &error))
    g_debug ("%s", error->message);
}

void
se_status_phase (char phase)
{
  /* Without a supervisor there is nobody to tell. */
  if (write (SE_FD_PHASE, &phase, 1) != 1)
    g_debug ("the supervisor does not listen: %s", g_strerror (errno));
}

void
se_status_tell (const SeNotice *notice, gpointer data)
{
  gsize length;
  g_autofree char *record = se_notice_encode (notice, &length);

  /* The pipe never blocks. */
  if (write (SE_FD_NOTICE, record, length) != (gssize)length)
    g_warning (_ ("Nobody can be told of %s: %s"), se_notice_event_name (notice->event),
               notice->sentence);
}

gboolean
se_status_is_orphan (void)
{
  struct pollfd fd = { .fd = SE_FD_PHASE };

  return poll (&fd, 1, 0) == 1 && (fd.revents & POLLERR) != 0;
}

static void
on_connecting (gpointer data)
{
  SeStatus *status = data;

  status->at_login = TRUE;
  se_status_write ("STATE: +connecting-to-device\n");
}

static void
on_connected (gpointer data)
{
  SeStatus *status = data;

  status->at_login = FALSE;
  se_status_write ("STATE: -connecting-to-device\n");
}

static void
on_progress (guint64 sent, guint64 total, gpointer data)
{
  SeStatus *status = data;
  gint64 now = g_get_monotonic_time ();

  if (status->last_progress == 0)
    status->last_progress = now; /* short sends say nothing */
  if (total == 0 || now - status->last_progress < PROGRESS_INTERVAL)
    return;
  status->last_progress = now;
  se_log_write ("INFO", _ ("Sending: %d %% of %.1f MB"),
                (int)(100.0 * (double)sent / (double)total), (double)total / 1e6);
}

/* What the server answers to the dot is to be journalled. */
static void
on_body_sent (gpointer data)
{
  SeStatus *status = data;

  status->group = se_group_now ();
  se_group_leave ();
}

static void
come_back (SeStatus *status, gboolean more)
{
  if (status->group.id > 0)
    se_group_return (&status->group, more, status->cancel_fd);
}

void
se_status_delivered (SeStatus *status)
{
  come_back (status, FALSE);
}

static void
on_before_dot (gpointer data)
{
  se_status_phase (SE_PHASE_DOT);
}

static void
on_accepted (const char *reply, guint left, gpointer data)
{
  g_autofree char *clean = se_log_clean (reply != NULL ? reply : "", 500);

  come_back (data, left > 0);
  if (left > 0)
    {
      se_status_phase (SE_PHASE_BEFORE_DOT);
      se_log_write ("INFO", _ ("The server has accepted a mail of this job, %u more to send: %s"),
                    left, clean);
      return;
    }
  se_status_phase (SE_PHASE_ACCEPTED);
  /* A cupsd that is stopped from here on takes the job for done. */
  se_status_write ("STATE: +cups-waiting-for-job-completed\n");
  se_log_write ("INFO", _ ("The server has accepted the mail: %s"), clean);
}

static void
on_waiting (const GError *why, guint seconds, gpointer data)
{
  SeStatus *status = data;
  g_autofree char *clean = se_log_clean (why->message, 1000);

  come_back (status, TRUE);
  status->at_login = FALSE;
  se_status_phase (SE_PHASE_BEFORE_DOT);
  se_log_write ("INFO", _ ("%s; trying again in %u s"), clean, seconds);
}

SeDeliveryEvents
se_status_events (SeStatus *status)
{
  return (SeDeliveryEvents){ .connecting = on_connecting,
                             .connected = on_connected,
                             .progress = on_progress,
                             .body_sent = on_body_sent,
                             .before_dot = on_before_dot,
                             .accepted = on_accepted,
                             .waiting = on_waiting,
                             .data = status };
}
