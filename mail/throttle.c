/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/throttle.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/lock.h"
#include "common/state-path.h"
#include "common/tally.h"
#include "mail/pause.h"
#include "mail/turn.h"

#include <glib/gi18n-lib.h>
#include <poll.h>

#define FOLDER "throttle"
#define MINUTE 60                       /* seconds */
#define DAY (24 * 60 * MINUTE)          /* seconds */
#define LONGEST_WAIT_MS (MINUTE * 1000) /* unless the caller says another one */
#define LOOK_MS 1000                    /* a pause may be lifted before its time */
#define CONNECTION_LOOK_MS 50           /* a lock cannot be awaited together with cancel_fd */

/* What is counted. */
typedef enum
{
  MAILS,      /* a minute */
  RECIPIENTS, /* a day */
} Kind;

struct SePermit
{
  SeThrottle throttle;
  int connection;   /* holds its lock; -1: connections are not limited */
  guint recipients; /* that were counted and are to be taken back if the mail is not sent */
};

/* name: NULL for the account's folder itself. */
static char *
path_of (const SeThrottle *throttle, const char *name)
{
  g_autofree char *folder
      = se_state_path (throttle->state_directory, FOLDER, throttle->account->address, "");

  return g_build_filename (folder, name, NULL);
}

static int
longest_wait (const SeThrottle *throttle)
{
  return throttle->longest_wait > 0 ? (int)throttle->longest_wait : LONGEST_WAIT_MS;
}

/* *path: the tally's, owned by the caller. */
static SeTally
tally_of (const SeThrottle *throttle, Kind kind, char **path)
{
  const SeProviderConfig *provider = throttle->account->provider;

  *path = path_of (throttle, kind == MAILS ? "mails" : "recipients");
  return kind == MAILS ? (SeTally){ *path, MINUTE, provider->max_rate }
                       : (SeTally){ *path, DAY, provider->max_recipients_per_day };
}

static gint64
due_of (const SeThrottle *throttle, Kind kind, guint amount)
{
  g_autofree char *path = NULL;
  const SeTally tally = tally_of (throttle, kind, &path);

  return amount > 0 ? se_tally_due (&tally, amount) : 0;
}

/* As se_throttle_due, where there is a state directory. */
static gint64
find_due (const SeThrottle *throttle, guint recipients, char **why)
{
  const SeProviderConfig *provider = throttle->account->provider;
  const char *address = throttle->account->address;
  g_autofree char *path = path_of (throttle, "pause");
  g_autofree char *reason = NULL;
  gint64 paused = throttle->attended ? 0 : se_pause_until (path, &reason) * G_USEC_PER_SEC;
  gint64 mails = due_of (throttle, MAILS, MIN (recipients, 1));
  gint64 due = MAX (paused, MAX (mails, due_of (throttle, RECIPIENTS, recipients)));

  if (why == NULL || due == 0)
    return due;
  if (due == paused)
    *why = g_strdup_printf (_ ("The account %s pauses: %s"), address, reason);
  else if (due == mails)
    *why = g_strdup_printf (
        _ ("The account %s may send no more than %u mails within a minute (max-rate)"), address,
        provider->max_rate);
  else
    *why = g_strdup_printf (_ ("The account %s may send to no more than %u recipients within a day "
                               "(max-recipients-per-day)"),
                            address, provider->max_recipients_per_day);
  return due;
}

gint64
se_throttle_due (const SeThrottle *throttle, guint recipients, char **why)
{
  return throttle->state_directory != NULL ? find_due (throttle, recipients, why) : 0;
}

/* Waits unless cancelled. */
static gboolean
wait_for (const SeThrottle *throttle, gint64 milliseconds, GError **error)
{
  struct pollfd fd = { .fd = throttle->cancel_fd, .events = POLLIN };

  if (poll (&fd, 1, (int)milliseconds) <= 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("Cancelled before anything was sent"));
  return FALSE;
}

/* due: seconds since 1970. */
static void
set_quota (GError **error, const char *why, gint64 due)
{
  GError *local = g_error_new_literal (SE_ERROR, SE_ERROR_QUOTA, why);

  se_error_set_due (local, due);
  g_propagate_error (error, local);
}

static gboolean
wait_for_turn (const SeThrottle *throttle, SeTurn **turn, GError **error)
{
  g_autofree char *line = path_of (throttle, "line");
  g_autofree char *why
      = g_strdup_printf (_ ("Other jobs of the account %s come first"), throttle->account->address);
  g_autoptr (GError) local = NULL;

  if (se_turn_is_awaited (line))
    g_info ("%s", why);
  *turn = se_turn_wait (line, longest_wait (throttle), throttle->cancel_fd, &local);
  if (*turn != NULL)
    return TRUE;
  if (se_error_is (local, SE_ERROR_QUOTA))
    set_quota (error, why, g_get_real_time () / G_USEC_PER_SEC + MINUTE);
  else
    g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* Until neither a pause nor what was counted keeps the account back. */
static gboolean
wait_for_limits (const SeThrottle *throttle, guint recipients, GError **error)
{
  gint64 told = 0;

  for (;;)
    {
      g_autofree char *why = NULL;
      gint64 due = se_throttle_due (throttle, recipients, &why);
      gint64 left = (due - g_get_real_time () + 999) / 1000;

      if (due == 0 || left <= 0)
        return TRUE;
      if (left > longest_wait (throttle))
        {
          set_quota (error, why, (due + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
          return FALSE;
        }
      if (due != told)
        g_info (_ ("%s; going on in %d s"), why, (int)((left + 999) / 1000));
      told = due;
      if (!wait_for (throttle, MIN (left, LOOK_MS), error))
        return FALSE;
    }
}

/* *fd: holds a connection; -1: all are in use. */
static gboolean
try_connection (const SeThrottle *throttle, int *fd, GError **error)
{
  for (guint i = 1; i <= throttle->account->provider->max_connections; i++)
    {
      g_autofree char *name = g_strdup_printf ("connection-%u", i);
      g_autofree char *path = path_of (throttle, name);

      if (!se_lock_try (path, fd, error))
        return FALSE;
      if (*fd >= 0)
        return TRUE;
    }
  return TRUE;
}

/* *fd: holds a connection; -1: they are not limited. */
static gboolean
wait_for_connection (const SeThrottle *throttle, int *fd, GError **error)
{
  const SeAccount *account = throttle->account;
  gint64 end = g_get_monotonic_time () / 1000 + longest_wait (throttle);
  g_autofree char *why = NULL;

  if (account->provider->max_connections == 0)
    return TRUE;
  while (try_connection (throttle, fd, error))
    {
      if (*fd >= 0)
        return TRUE;
      if (why == NULL)
        {
          why = g_strdup_printf (
              _ ("The account %s has %u connections in use, as many as may be (max-connections)"),
              account->address, account->provider->max_connections);
          g_info ("%s", why);
        }
      if (g_get_monotonic_time () / 1000 >= end)
        {
          set_quota (error, why, g_get_real_time () / G_USEC_PER_SEC + MINUTE);
          return FALSE;
        }
      if (!wait_for (throttle, CONNECTION_LOOK_MS, error))
        return FALSE;
    }
  return FALSE;
}

/* Takes back the recipients of a mail that was not sent. That this fails only makes the account
 * slower than it might be. */
static void
take_back (SePermit *permit)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  if (permit->recipients > 0)
    {
      const SeTally tally = tally_of (&permit->throttle, RECIPIENTS, &path);

      if (!se_tally_give_back (&tally, permit->recipients, &error))
        g_warning ("%s", error->message);
    }
  permit->recipients = 0;
}

/* Counts a mail, unless recipients is 0. *may: FALSE if there is no room for it now. */
static gboolean
count (SePermit *permit, guint recipients, gboolean *may, GError **error)
{
  const SeThrottle *throttle = &permit->throttle;
  g_autofree char *mails_path = NULL;
  g_autofree char *recipients_path = NULL;
  const SeTally mails = tally_of (throttle, MAILS, &mails_path);
  const SeTally day = tally_of (throttle, RECIPIENTS, &recipients_path);
  gint64 due = se_throttle_due (throttle, recipients, NULL);

  if (due == 0 && recipients > 0)
    {
      if (!se_tally_take (&day, recipients, throttle->cancel_fd, &due, error))
        return FALSE;
      if (due == 0)
        {
          permit->recipients = recipients;
          if (!se_tally_take (&mails, 1, throttle->cancel_fd, &due, error))
            return FALSE;
        }
      if (due != 0)
        take_back (permit);
    }
  *may = due == 0;
  return TRUE;
}

/* What killed processes left. */
static void
sweep (const SeThrottle *throttle)
{
  g_autofree char *folder = path_of (throttle, NULL);
  g_autoptr (GError) error = NULL;

  if (!se_atomic_file_sweep (folder, &error))
    g_warning ("%s", error->message);
}

SePermit *
se_throttle_enter (const SeThrottle *throttle, guint recipients, GError **error)
{
  g_autoptr (SePermit) permit = g_new (SePermit, 1);
  g_autoptr (SeTurn) turn = NULL;
  gboolean may = FALSE;

  *permit = (SePermit){ .throttle = *throttle, .connection = -1 };
  if (throttle->state_directory == NULL)
    return g_steal_pointer (&permit);
  if (!wait_for_turn (throttle, &turn, error))
    return NULL;
  sweep (throttle);
  while (!may)
    {
      /* A pause may have begun while a connection was waited for. */
      se_io_clear_fd (&permit->connection);
      if (!wait_for_limits (throttle, recipients, error)
          || !wait_for_connection (throttle, &permit->connection, error)
          || !count (permit, recipients, &may, error))
        return NULL;
    }
  return g_steal_pointer (&permit);
}

gboolean
se_permit_next (SePermit *permit, guint recipients, gboolean *may, GError **error)
{
  g_autofree char *line = NULL;

  *may = TRUE;
  if (permit->throttle.state_directory == NULL)
    return TRUE;
  take_back (permit);
  line = path_of (&permit->throttle, "line");
  *may = FALSE;
  return se_turn_is_awaited (line) || count (permit, recipients, may, error);
}

void
se_permit_keep (SePermit *permit)
{
  permit->recipients = 0;
}

void
se_permit_free (SePermit *permit)
{
  take_back (permit);
  se_io_clear_fd (&permit->connection);
  g_free (permit);
}

gboolean
se_throttle_pause (const SeThrottle *throttle, const GError *why, GError **error)
{
  g_autofree char *path = NULL;

  if (throttle->state_directory == NULL)
    return TRUE;
  path = path_of (throttle, "pause");
  return se_pause_begin (path, se_error_due (why), why->message, error);
}

gboolean
se_throttle_ease (const SeThrottle *throttle, GError **error)
{
  g_autofree char *path = NULL;

  if (throttle->state_directory == NULL)
    return TRUE;
  path = path_of (throttle, "pause");
  return se_pause_forget (path, error);
}

gboolean
se_throttle_lift (const char *state_directory, const char *address, GError **error)
{
  g_autofree char *folder = g_build_filename (state_directory, FOLDER, NULL);
  g_autofree char *only = address != NULL ? se_state_name (address, "") : NULL;
  g_autoptr (GDir) accounts = g_dir_open (folder, 0, NULL);
  gboolean good = TRUE;
  const char *name;

  while (good && accounts != NULL && (name = g_dir_read_name (accounts)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, "pause", NULL);

      good = (only != NULL && !g_str_equal (name, only)) || se_pause_lift (path, error);
    }
  return good;
}
