/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/policy.h"

#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <string.h>

#define BUECHER \
  "b\xc3\xbc"   \
  "cher" /* with an umlaut */

static char **
split (const char *list)
{
  return list != NULL ? g_strsplit (list, ";", -1) : NULL;
}

static void
test_sender (void)
{
  static const struct
  {
    const char *user, *host;
    const char *users, *hosts; /* allowed, separated by ';'; NULL: no such key */
    const char *refusal;       /* what the message says; NULL: allowed */
  } cases[] = {
    { "bob", "192.168.5.20", NULL, NULL, NULL },
    { "bob", NULL, NULL, NULL, NULL },
    { "", NULL, NULL, NULL, NULL },
    { "bob", NULL, "alice;bob", NULL, NULL },
    { "BOB", NULL, "alice;Bob", NULL, NULL },
    { "CONTOSO\\bob", NULL, "contoso\\*", NULL, NULL },
    { "scanner7", NULL, "scanner?", NULL, NULL },
    /* As cupsd tells it: a realm is not taken off. */
    { "EVIL\\bob", NULL, "bob", NULL, "user EVIL\\bob" },
    { "bob@EVIL", NULL, "bob", NULL, "user bob@EVIL" },
    { "bob ", NULL, "bob", NULL, "user bob" },
    { "bobby", NULL, "bob", NULL, "allowed-users" },
    { "", NULL, "bob", NULL, "allowed-users" },
    { "bob;alice", NULL, "bob", NULL, "allowed-users" },
    { "bob\nSTATE: paused", NULL, "bob", NULL, "user bob STATE: paused" },
    /* A list in which nothing is left allows nobody. */
    { "bob", NULL, "", NULL, "allowed-users" },
    { "bob", "192.168.5.20", NULL, "192.168.5.0/24", NULL },
    { "bob", "[v1.::ffff:192.168.5.20]", NULL, "192.168.5.20", NULL },
    { "bob", "localhost", NULL, "10.0.0.0/8;localhost", NULL },
    { "bob", "a.contoso.com", NULL, "*.contoso.com", NULL },
    { "bob", "192.168.6.20", NULL, "192.168.5.0/24", "host 192.168.6.20" },
    { "bob", "localhost", NULL, "192.168.5.0/24", "host localhost" },
    { "bob", NULL, NULL, "0.0.0.0/0", "allowed-hosts" },
    { "bob", "x\nERROR: y", NULL, "localhost", "host x ERROR: y" },
    /* Both hold; the user is told of first. */
    { "bob", "192.168.5.20", "bob", "192.168.5.20", NULL },
    { "bob", "192.168.5.21", "bob", "192.168.5.20", "allowed-hosts" },
    { "eve", "192.168.5.20", "bob", "192.168.5.20", "allowed-users" },
    { "eve", "192.168.5.21", "bob", "192.168.5.20", "allowed-users" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SeFacts facts = { .user = (char *)cases[i].user, .host = (char *)cases[i].host };
      g_auto (GStrv) users = split (cases[i].users);
      g_auto (GStrv) hosts = split (cases[i].hosts);
      SeQueueConfig queue = { .allowed_users = users, .allowed_hosts = hosts };
      g_autoptr (GError) error = NULL;
      gboolean ok = se_policy_check_sender (&facts, &queue, &error);

      g_test_message ("%s@%s: %s", cases[i].user, cases[i].host,
                      error != NULL ? error->message : "ok");
      g_assert_true (ok == (cases[i].refusal == NULL));
      if (ok)
        continue;
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_assert_nonnull (strstr (error->message, cases[i].refusal));
      g_assert_null (strchr (error->message, '\n'));
    }
}

typedef struct
{
  const char *recipients;       /* of the job, a list */
  const char *own;              /* the URI's; NULL: none */
  const char *self;             /* NULL: no only-to-self */
  const char *allowed, *denied; /* separated by ';'; NULL: no such key */
  guint max;
  const char *refusal; /* what the message says; NULL: allowed */
  int code;            /* 0: SE_ERROR_DOCUMENT */
} Case;

static void
check (const Case *c)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GPtrArray) recipients = se_address_parse_list (c->recipients, NULL);
  g_autoptr (GPtrArray) own = c->own != NULL ? se_address_parse_list (c->own, NULL) : NULL;
  g_autoptr (SeAddress) self = c->self != NULL ? se_address_parse (c->self, NULL) : NULL;
  g_auto (GStrv) allowed = split (c->allowed);
  g_auto (GStrv) denied = split (c->denied);
  SeQueueConfig queue
      = { .allowed_recipients = allowed, .denied_recipients = denied, .max_recipients = c->max };
  g_autoptr (GError) error = NULL;
  gboolean ok;
  int code;

  g_assert_nonnull (recipients);
  ok = se_policy_check_recipients (recipients, own != NULL ? own : none, self, &queue, &error);
  g_test_message ("%s: %s", c->recipients, error != NULL ? error->message : "ok");
  g_assert_true (ok == (c->refusal == NULL));
  if (ok)
    return;
  code = c->code != 0 ? c->code : SE_ERROR_DOCUMENT;
  g_assert_error (error, SE_ERROR, code);
  g_assert_nonnull (strstr (error->message, c->refusal));
}

static void
test_allowed (void)
{
  static const Case cases[] = {
    /* Without allowed-recipients the URI's own alone, in whatever spelling. */
    { "a@x.org", .own = "a@x.org,b@x.org" },
    { "A@X.ORG", .own = "a@x.org" },
    { "\"a\"@x.org", .own = "a@x.org" },
    { "c@x.org", .own = "a@x.org", .refusal = "c@x.org" },
    { "a@x.org", .refusal = "a@x.org" },
    { "joe%evil.org@x.org", .own = "joe%evil.org@x.org" },
    { "joe%evil.org@x.org", .own = "joe@x.org", .refusal = "joe%evil.org@x.org" },
    /* With it every one, the URI's own too; a list in which nothing is left allows nobody. */
    { "a@x.org,b@y.org", .allowed = "*@x.org;b@y.org" },
    { "a@x.org,c@y.org", .allowed = "*@x.org;b@y.org", .refusal = "c@y.org" },
    { "a@x.org", .own = "a@x.org", .allowed = "*@y.org", .refusal = "a@x.org" },
    { "a@x.org", .own = "a@x.org", .allowed = "", .refusal = "a@x.org" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

static void
test_denied (void)
{
  static const Case cases[] = {
    { "ceo@x.org", .allowed = "*@x.org", .denied = "ceo@x.org", .refusal = "ceo@x.org" },
    { "ceo@x.org", .allowed = "ceo@x.org", .denied = "*@x.org", .refusal = "ceo@x.org" },
    { "ceo@x.org", .own = "ceo@x.org", .denied = "ceo@x.org", .refusal = "ceo@x.org" },
    { "CEO@X.org", .allowed = "*", .denied = "ceo@x.org", .refusal = "CEO@x.org" },
    { "ceo@x.org", .allowed = "*", .denied = "CEO@X.org", .refusal = "ceo@x.org" },
    { "a@x.org,ceo@x.org", .allowed = "*", .denied = "ceo@x.org", .refusal = "ceo@x.org" },
    /* Other spellings of the same mailbox. */
    { "\"ceo\"@x.org", .allowed = "*", .denied = "ceo@x.org", .refusal = "ceo@x.org" },
    { "\"c\\eo\"@x.org", .allowed = "*", .denied = "ceo@x.org", .refusal = "ceo@x.org" },
    { "The Boss <ceo@x.org>", .allowed = "*", .denied = "ceo@x.org", .refusal = "ceo@x.org" },
    { "ceo@x.org", .allowed = "*", .denied = "\"ceo\"@x.org", .refusal = "ceo@x.org" },
    { "a@" BUECHER ".org", .allowed = "*", .denied = "*@xn--bcher-kva.org", .refusal = "xn--" },
    { "a@xn--bcher-kva.org", .allowed = "*", .denied = "*@" BUECHER ".org", .refusal = "xn--" },
    { "a@XN--BCHER-KVA.org", .allowed = "*",
      .denied = "*@B\xc3\x9c"
                "CHER.org",
      .refusal = "xn--" },
    /* A full stop of East Asian writing is one (UTS 46, 2.3), a full-width letter is a letter. */
    { "a@x\xe3\x80\x82org", .allowed = "*", .denied = "*@x.org", .refusal = "a@x.org" },
    { "a@\xef\xbd\x98.org", .allowed = "*", .denied = "*@x.org", .refusal = "a@x.org" },
    { "b%x.org@x.org", .allowed = "*", .denied = "*@x.org", .refusal = "b%x.org@x.org" },
    /* What is no pattern would deny nobody. */
    { "a@y.org", .allowed = "*", .denied = "*@x.org.", .refusal = "denied-recipients",
      .code = SE_ERROR_CONFIG },
    { "a@y.org", .allowed = "*", .denied = "*@b\xc3\xbc*.org", .refusal = "denied-recipients",
      .code = SE_ERROR_CONFIG },
    { "a@y.org", .allowed = "*@y.org;*@x_y.org", .refusal = "allowed-recipients",
      .code = SE_ERROR_CONFIG },
    { "a@y.org", .own = "a@y.org", .denied = "*@x.org" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

/* What a mail server may take for a way to another domain. */
static void
test_routes (void)
{
  static const Case cases[] = {
    { "joe%evil.org@x.org", .allowed = "*@x.org", .refusal = "joe%evil.org@x.org" },
    { "evil.org!joe@x.org", .allowed = "*@x.org", .refusal = "evil.org!joe@x.org" },
    { "\"joe@evil.org\"@x.org", .allowed = "*@x.org", .refusal = "evil.org" },
    { "\"joe\\@evil.org\"@x.org", .allowed = "*@x.org", .refusal = "evil.org" },
    { "joe%evil.org@x.org", .allowed = "*", .refusal = "joe%evil.org@x.org" },
    { "joe%evil.org@x.org", .allowed = "joe?evil.org@x.org", .refusal = "joe%evil.org@x.org" },
    { "joe%evil.org@x.org", .allowed = "joe%evil.org@*", .refusal = "joe%evil.org@x.org" },
    { "joe%evil.org@x.org", .allowed = "*@x.org;JOE%evil.org@x.org" },
    { "joe+evil.org@x.org", .allowed = "*@x.org" },
    { "joe=evil.org@x.org", .allowed = "*@x.org" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

static void
test_only_to_self (void)
{
  static const Case cases[] = {
    { "bob@x.org", .self = "bob@x.org", .own = "bob@x.org" },
    { "BOB@X.org", .self = "bob@x.org", .allowed = "*" },
    { "\"bob\"@x.org", .self = "bob@x.org", .allowed = "*" },
    { "alice@x.org", .self = "bob@x.org", .allowed = "*", .refusal = "only-to-self" },
    { "bob@x.org,alice@x.org", .self = "bob@x.org", .allowed = "*", .refusal = "alice@x.org" },
    { "bob@x.org,archive@x.org", .self = "bob@x.org", .own = "bob@x.org,archive@x.org",
      .refusal = "archive@x.org" },
    { "bob+x@x.org", .self = "bob@x.org", .allowed = "*", .refusal = "bob+x@x.org" },
    { "bob@y.org", .self = "bob@x.org", .allowed = "*", .refusal = "bob@y.org" },
    /* It takes away and never adds. */
    { "bob@x.org", .self = "bob@x.org", .own = "archive@x.org", .refusal = "allowed-recipients" },
    { "bob@x.org", .self = "bob@x.org", .allowed = "*", .denied = "bob@*",
      .refusal = "denied-recipients" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

static void
test_number (void)
{
  static const Case cases[] = {
    { "a@x.org,b@x.org", .allowed = "*", .max = 2 },
    { "a@x.org,b@x.org,c@x.org", .allowed = "*", .max = 2, .refusal = "3 recipients" },
    { "a@x.org,b@x.org,c@x.org", .allowed = "*", .max = 0 },
  };
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  SeQueueConfig queue = { .max_recipients = 1 };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
  g_assert_false (se_policy_check_recipients (none, none, NULL, &queue, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

/* Jobs of one state directory, counted one after the other; the number names a job. */
static void
count (const char *state, int number, const char *user, const char *host, SeQueueConfig *queue,
       const char *refusal)
{
  SeFacts facts = { .user = (char *)user, .host = (char *)host };
  SeJobKey key = { .queue = queue->name, .job = number, .uuid = "u", .creation = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeJournal) journal = se_journal_open (state, &key, -1, &error);
  const SePolicyCase job = { &facts, queue, journal, state, -1 };
  gint64 not_before = 0;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gboolean ok;

  g_assert_no_error (error);
  ok = se_policy_count (&job, &not_before, &error);
  g_assert_true (se_journal_is_counted (journal) == ok);
  g_assert_true (ok == (refusal == NULL));
  if (ok)
    {
      g_assert_true (se_journal_defer (journal, 1, NULL));
      return;
    }
  g_test_message ("%s", error->message);
  g_assert_error (error, SE_ERROR, SE_ERROR_QUOTA);
  g_assert_nonnull (strstr (error->message, refusal));
  g_assert_cmpint (not_before, >, now);
  g_assert_cmpint (not_before, <=,
                   now + 2 + (gint64)queue->rate_per_user.period
                       + (gint64)queue->rate_per_host.period);
}

static void
test_rates (void)
{
  g_autofree char *state = g_dir_make_tmp ("test-policy-XXXXXX", NULL);
  g_autofree char *rates = g_build_filename (state, "rates", NULL);
  SeQueueConfig queue = { .name = (char *)"q" };

  /* Without the keys nothing is counted. */
  count (state, 1, "bob", "h", &queue, NULL);
  g_assert_false (g_file_test (rates, G_FILE_TEST_EXISTS));

  queue.rate_per_user = (SeRate){ 2, 3600 };
  count (state, 2, "bob", "h", &queue, NULL);
  count (state, 3, "BOB", "h", &queue, NULL);
  count (state, 4, "bob", "h", &queue, "User bob");
  /* A later try of a job that was counted, and of one that was not. */
  count (state, 2, "bob", "h", &queue, NULL);
  count (state, 4, "bob", "h", &queue, "rate-per-user = 2/h");
  count (state, 5, "alice", "h", &queue, NULL);
  /* Another queue counts by itself. */
  queue.name = (char *)"r";
  count (state, 6, "bob", "h", &queue, NULL);

  /* What a host may not print is not counted for the user. */
  queue.name = (char *)"s";
  queue.rate_per_host = (SeRate){ 1, 86400 };
  count (state, 7, "bob", "192.0.2.1", &queue, NULL);
  count (state, 8, "bob", "192.0.2.1", &queue, "Host 192.0.2.1");
  count (state, 9, "bob", "192.0.2.1", &queue, "rate-per-host = 1/d");
  count (state, 10, "bob", "192.0.2.2", &queue, NULL);
  count (state, 11, "bob", "192.0.2.3", &queue, "User bob");
  count (state, 12, "../../x\ny", NULL, &queue, NULL);
  count (state, 13, "alice", NULL, &queue, "Host ?");

  queue.rate_per_host = (SeRate){ 1, 90 };
  count (state, 17, "eve", "192.0.2.4", &queue, NULL);
  count (state, 18, "eve", "192.0.2.4", &queue, "rate-per-host = 1/90s");
  queue.rate_per_host = (SeRate){ 1, 600 };
  count (state, 19, "eva", "192.0.2.4", &queue, NULL);
  count (state, 20, "eva", "192.0.2.4", &queue, "rate-per-host = 1/10m");

  /* The same letters, whatever their case and however they are written. */
  queue.rate_per_host = (SeRate){ 0 };
  count (state, 14, "jos\xc3\xa9", "h", &queue, NULL);
  count (state, 15, "JOS\xc3\x89", "h", &queue, NULL);
  count (state, 16, "jose\xcc\x81", "h", &queue, "rate-per-user");
  test_remove_tree (state);
}

/* Whom nobody can count is not let through. */
static void
test_rates_in_trouble (void)
{
  g_autofree char *state = g_dir_make_tmp ("test-policy-XXXXXX", NULL);
  g_autofree char *rates = g_build_filename (state, "rates", NULL);
  SeFacts facts = { .user = (char *)"bob" };
  SeQueueConfig queue = { .name = (char *)"q", .rate_per_user = { 2, 3600 } };
  const SeJobKey key = { .queue = "q", .job = 1, .uuid = "u", .creation = 1 };
  g_autoptr (SeJournal) journal = se_journal_open (state, &key, -1, NULL);
  const SePolicyCase job = { &facts, &queue, journal, state, -1 };
  gint64 not_before = 0;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (rates, "", 0, NULL));
  g_assert_false (se_policy_count (&job, &not_before, &error));
  g_assert_nonnull (error);
  g_assert_false (se_journal_is_counted (journal));
  test_remove_tree (state);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/policy/sender", test_sender);
  g_test_add_func ("/policy/allowed", test_allowed);
  g_test_add_func ("/policy/denied", test_denied);
  g_test_add_func ("/policy/routes", test_routes);
  g_test_add_func ("/policy/only-to-self", test_only_to_self);
  g_test_add_func ("/policy/number", test_number);
  g_test_add_func ("/policy/rates", test_rates);
  g_test_add_func ("/policy/rates-in-trouble", test_rates_in_trouble);
  return g_test_run ();
}
