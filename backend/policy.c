/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/policy.h"

#include "common/digest.h"
#include "common/host.h"
#include "common/log.h"
#include "common/tally.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define NAME_MAX_SHOWN 100
#define SWEEP_ONE_OF 64

/* cupsd compares users without regard to case, too. */
static gboolean
is_user_allowed (const char *user, char *const *patterns)
{
  g_autofree char *lower = g_ascii_strdown (user, -1);

  for (; *patterns != NULL; patterns++)
    {
      g_autofree char *pattern = g_ascii_strdown (*patterns, -1);

      if (g_pattern_match_simple (pattern, lower))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_host_allowed (const char *host, char *const *patterns)
{
  for (; *patterns != NULL; patterns++)
    if (se_host_matches (host, *patterns))
      return TRUE;
  return FALSE;
}

gboolean
se_policy_check_sender (const SeFacts *facts, const SeQueueConfig *queue, GError **error)
{
  g_autofree char *user = se_log_clean (facts->user, NAME_MAX_SHOWN);
  g_autofree char *host = se_log_clean (facts->host, NAME_MAX_SHOWN);

  if (queue->allowed_users != NULL && !is_user_allowed (facts->user, queue->allowed_users))
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("This queue takes no jobs of user %s; see allowed-users in scan-email.conf"),
                 user);
  else if (queue->allowed_hosts != NULL && !is_host_allowed (facts->host, queue->allowed_hosts))
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("This queue takes no jobs from host %s; see allowed-hosts in scan-email.conf"),
                 *host != '\0' ? host : "?");
  else
    return TRUE;
  return FALSE;
}

/* A pattern that matches nothing by mistake would deny nobody. */
static gboolean
check_patterns (const char *key, char *const *patterns, GError **error)
{
  for (; patterns != NULL && *patterns != NULL; patterns++)
    if (!se_address_check_pattern (*patterns, error))
      {
        g_prefix_error (error, "%s: ", key);
        return FALSE;
      }
  return TRUE;
}

static gboolean
matches_any (const SeAddress *address, char *const *patterns)
{
  for (; *patterns != NULL; patterns++)
    if (se_address_matches (address, *patterns))
      return TRUE;
  return FALSE;
}

/* Postfix for one, by allow_percent_hack, swap_bangpath and resolve_dequoted_address, takes
 * joe%evil.org@contoso.com for joe@evil.org where it is the server of contoso.com. */
static gboolean
may_be_route (const SeAddress *address)
{
  return strpbrk (address->local, "%!@") != NULL;
}

static gboolean
is_allowed_by (const SeAddress *address, char *const *patterns)
{
  for (; *patterns != NULL; patterns++)
    if (se_address_matches (address, *patterns)
        && (!may_be_route (address) || strpbrk (*patterns, "*?") == NULL))
      return TRUE;
  return FALSE;
}

static gboolean
is_one_of (const SeAddress *address, const GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++)
    if (se_address_equal (address, list->pdata[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_allowed (const SeAddress *address, const GPtrArray *own, const SeQueueConfig *queue)
{
  if (queue->denied_recipients != NULL && matches_any (address, queue->denied_recipients))
    return FALSE;
  return queue->allowed_recipients != NULL ? is_allowed_by (address, queue->allowed_recipients)
                                           : is_one_of (address, own);
}

static gboolean
check_recipient (const SeAddress *address, const GPtrArray *own, const SeAddress *self,
                 const SeQueueConfig *queue, GError **error)
{
  g_autofree char *text = se_address_to_string (address);
  g_autofree char *clean = se_log_clean (text, 254);

  if (self != NULL && !se_address_equal (address, self))
    {
      g_autofree char *self_text = se_address_to_string (self);

      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("This queue mails only to who prints, that is %s, and not to %s; see "
                      "only-to-self in scan-email.conf"),
                   self_text, clean);
      return FALSE;
    }
  if (is_allowed (address, own, queue))
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("This queue may not send mail to %s; see allowed-recipients and "
                  "denied-recipients in scan-email.conf"),
               clean);
  return FALSE;
}

gboolean
se_policy_check_recipients (const GPtrArray *recipients, const GPtrArray *own,
                            const SeAddress *self, const SeQueueConfig *queue, GError **error)
{
  if (!check_patterns ("allowed-recipients", queue->allowed_recipients, error)
      || !check_patterns ("denied-recipients", queue->denied_recipients, error))
    return FALSE;
  if (recipients->len == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("Nobody is named whom the mail is for: give the option email-to"));
      return FALSE;
    }
  for (guint i = 0; i < recipients->len; i++)
    if (!check_recipient (recipients->pdata[i], own, self, queue, error))
      return FALSE;
  if (queue->max_recipients > 0 && recipients->len > queue->max_recipients)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("The mail is for %u recipients, this queue allows %u (max-recipients)"),
                   recipients->len, queue->max_recipients);
      return FALSE;
    }
  return TRUE;
}

/* A tally of jobs; to be cleared. */
typedef struct
{
  char *directory;
  char *path;
  SeTally tally;
} Rate;

static void
rate_clear (Rate *rate)
{
  g_free (rate->directory);
  g_free (rate->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rate, rate_clear)

/* key: of the configuration; who: the user or host; NULL: not known. Many directories know a user
 * in whatever case. Their names, which may be anything, do not become a file's. */
static Rate
make_rate (const SeRate *config, const char *key, const char *who, const SePolicyCase *job)
{
  g_autofree char *folded = g_utf8_casefold (who != NULL ? who : "", -1);
  g_autofree char *composed = g_utf8_normalize (folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  g_autofree char *all = g_strjoin ("\n", key, job->queue->name, composed, NULL);
  g_autofree char *name = se_digest_text (all);
  g_autofree char *period = g_strdup_printf ("%u", config->period);
  Rate rate = { .directory = g_build_filename (job->state_directory, "rates", period, NULL) };

  rate.path = g_build_filename (rate.directory, name, NULL);
  rate.tally = (SeTally){ .path = rate.path, .period = config->period, .limit = config->count };
  return rate;
}

/* Counts the job; *due: as of se_tally_take. */
static gboolean
take (const Rate *rate, int cancel_fd, gint64 *due, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!se_tally_take (&rate->tally, 1, cancel_fd, due, error))
    return FALSE;
  if (rate->tally.limit > 0
      && !se_tally_sweep (rate->directory, rate->tally.period, SWEEP_ONE_OF, &local))
    g_warning ("%s", local->message);
  return TRUE;
}

/* As the configuration has it, such as "30/h" or "5/90s". */
static char *
rate_to_string (const SeRate *rate)
{
  static const struct
  {
    guint seconds;
    char letter;
  } units[] = { { 24 * 60 * 60, 'd' }, { 60 * 60, 'h' }, { 60, 'm' }, { 1, 's' } };
  gsize i = 0;

  while (rate->period % units[i].seconds != 0)
    i++;
  return rate->period == units[i].seconds
             ? g_strdup_printf ("%u/%c", rate->count, units[i].letter)
             : g_strdup_printf ("%u/%u%c", rate->count, rate->period / units[i].seconds,
                                units[i].letter);
}

/* The sentence for a rate that is reached. */
static void
set_reached (const SeFacts *facts, const SeQueueConfig *queue, gboolean of_user, GError **error)
{
  g_autofree char *user = se_log_clean (facts->user, NAME_MAX_SHOWN);
  g_autofree char *host = se_log_clean (facts->host, NAME_MAX_SHOWN);
  g_autofree char *rate = rate_to_string (of_user ? &queue->rate_per_user : &queue->rate_per_host);

  if (of_user)
    g_set_error (error, SE_ERROR, SE_ERROR_QUOTA,
                 _ ("User %s has printed as much as this queue allows (rate-per-user = %s)"), user,
                 rate);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_QUOTA,
                 _ ("Host %s has printed as much as this queue allows (rate-per-host = %s)"),
                 *host != '\0' ? host : "?", rate);
}

gboolean
se_policy_count (const SePolicyCase *job, gint64 *not_before, GError **error)
{
  const SeQueueConfig *queue = job->queue;
  g_auto (Rate) user = make_rate (&queue->rate_per_user, "rate-per-user", job->facts->user, job);
  g_auto (Rate) host = make_rate (&queue->rate_per_host, "rate-per-host", job->facts->host, job);
  gint64 user_due = 0;
  gint64 host_due = 0;
  g_autoptr (GError) local = NULL;

  if (se_journal_is_counted (job->journal))
    return TRUE;
  if (!take (&user, job->cancel_fd, &user_due, error))
    return FALSE;
  if (user_due == 0 && take (&host, job->cancel_fd, &host_due, error) && host_due == 0)
    {
      se_journal_set_counted (job->journal);
      return TRUE;
    }
  if (user_due == 0 && !se_tally_give_back (&user.tally, 1, &local))
    g_warning ("%s", local->message);
  if (user_due == 0 && host_due == 0) /* the host's tally cannot be used */
    return FALSE;
  *not_before = MAX (user_due, host_due) / G_USEC_PER_SEC + 1;
  set_reached (job->facts, queue, user_due > 0, error);
  return FALSE;
}
