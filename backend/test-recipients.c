/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/recipients.h"

#include "backend/policy.h"

#include <string.h>

/* One job: NULL where nothing is said. */
typedef struct
{
  const char *uri;
  const char *user;
  const char *to;
  const char *cc;
  const char *bcc;
  const char *allowed; /* separated by ';' */
  const char *denied;
  guint max;
  const char *self;   /* only-to-self */
  const char *result; /* "to|cc|bcc", each separated by ','; of an error: what it says */
  int code;           /* of the error; 0: none */
} Case;

static char **
split (const char *list)
{
  return list != NULL ? g_strsplit (list, ";", -1) : NULL;
}

static char *
join (const GPtrArray *list)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < list->len; i++)
    {
      g_autofree char *address = se_address_to_string (list->pdata[i]);

      g_string_append_printf (all, "%s%s", i > 0 ? "," : "", address);
    }
  return g_string_free (all, FALSE);
}

static void
check (const Case *c)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMailto) uri = se_mailto_parse (c->uri, &error);
  g_auto (GStrv) allowed = split (c->allowed);
  g_auto (GStrv) denied = split (c->denied);
  SeQueueConfig queue = { .allowed_recipients = allowed,
                          .denied_recipients = denied,
                          .max_recipients = c->max,
                          .only_to_self = (char *)c->self };
  SeFields fields = { .values = { [SE_FIELD_TO] = (char *)c->to,
                                  [SE_FIELD_CC] = (char *)c->cc,
                                  [SE_FIELD_BCC] = (char *)c->bcc } };
  SeTemplateValues values = { .user = c->user, .queue = "q" };
  g_autoptr (SeRecipients) recipients = NULL;

  g_assert_no_error (error);
  recipients = se_recipients_new (uri, &fields, &queue, &values, &error);
  g_test_message ("%s: %s", c->uri, error != NULL ? error->message : "ok");
  if (c->code != 0)
    {
      g_assert_null (recipients);
      g_assert_error (error, SE_ERROR, c->code);
      g_assert_nonnull (strstr (error->message, c->result));
    }
  else
    {
      g_autofree char *to = recipients != NULL ? join (recipients->to) : NULL;
      g_autofree char *cc = recipients != NULL ? join (recipients->cc) : NULL;
      g_autofree char *bcc = recipients != NULL ? join (recipients->bcc) : NULL;
      g_autofree char *all = g_strdup_printf ("%s|%s|%s", to, cc, bcc);

      g_assert_no_error (error);
      g_assert_cmpstr (all, ==, c->result);
    }
}

#define U "mailto:a%40x.org,b%40x.org?cc=c%40x.org&bcc=d%40x.org"
#define USER "mailto:%25%7Buser%7D%40x.org"

static void
test_lists (void)
{
  static const Case cases[] = {
    { U, "bob", .result = "a@x.org,b@x.org|c@x.org|d@x.org" },
    /* The job's To replaces, Cc and Bcc add; the URI's Cc and Bcc stay. */
    { U, "bob", .to = "z@x.org", .allowed = "*@x.org", .result = "z@x.org|c@x.org|d@x.org" },
    { U, "bob", .cc = "y@x.org, w@x.org", .bcc = "v@x.org", .allowed = "*@x.org",
      .result = "a@x.org,b@x.org|c@x.org,y@x.org,w@x.org|d@x.org,v@x.org" },
    { "mailto:", "bob", .to = "z@x.org", .allowed = "*", .result = "z@x.org||" },
    /* Each mailbox once. */
    { U, "bob", .cc = "A@x.org,C@X.ORG", .bcc = "b@x.org,c@x.org,e@x.org,e@x.org", .allowed = "*",
      .result = "a@x.org,b@x.org|c@x.org|d@x.org,e@x.org" },
    /* Templates in the URI, never in the job's words. */
    { USER, "bob", .result = "bob@x.org||" },
    { USER, "CONTOSO\\bob", .result = "bob@x.org||" },
    { USER, "bob@REALM", .result = "bob@x.org||" },
    { USER, "bob", .to = "%{user}@x.org", .allowed = "%{user}@x.org", .result = "%{user}@x.org||" },
    { USER, "bob,ceo@evil.com", .to = "z@x.org", .allowed = "*@x.org", .result = "z@x.org||" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

static void
test_policy (void)
{
  static const Case cases[] = {
    /* Only the URI's own. */
    { U, "bob", .to = "b@x.org", .result = "b@x.org|c@x.org|d@x.org" },
    { U, "bob", .to = "D@x.org", .result = "D@x.org|c@x.org|" },
    { U, "bob", .to = "z@x.org", .result = "z@x.org", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .cc = "z@x.org", .result = "z@x.org", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .bcc = "z@x.org", .result = "z@x.org", .code = SE_ERROR_DOCUMENT },
    { USER, "bob", .to = "alice@x.org", .result = "alice@x.org", .code = SE_ERROR_DOCUMENT },
    /* With a list every recipient is checked, the URI's own as well. */
    { U, "bob", .allowed = "*@y.org", .result = "a@x.org", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .allowed = "a@x.org;b@x.org;c@x.org", .result = "d@x.org",
      .code = SE_ERROR_DOCUMENT },
    { U, "bob", .to = "x@sub.y.org", .allowed = "*@x.org;*@*.y.org",
      .result = "x@sub.y.org|c@x.org|d@x.org" },
    { U, "bob", .denied = "d@*", .result = "d@x.org", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .allowed = "*", .denied = "c@x.org", .result = "c@x.org",
      .code = SE_ERROR_DOCUMENT },
    /* A domain is compared as A-label. */
    { "mailto:", "bob",
      .to = "a@b\xc3\xbc"
            "cher.example",
      .allowed = "*@xn--bcher-kva.example", .result = "a@xn--bcher-kva.example||" },
    { U, "bob", .max = 4, .result = "a@x.org,b@x.org|c@x.org|d@x.org" },
    { U, "bob", .max = 3, .result = "4 recipients", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .cc = "a@x.org", .max = 4, .result = "a@x.org,b@x.org|c@x.org|d@x.org" },
    { "mailto:", "bob", .result = "email-to", .code = SE_ERROR_DOCUMENT },
    { USER, "CONTOSO\\Bob", .self = "%{user}@x.org", .result = "Bob@x.org||" },
    { USER, "bob", .to = "Bob@x.org", .allowed = "*", .self = "%{user}@x.org",
      .result = "Bob@x.org||" },
    { U, "a", .self = "%{user}@x.org", .result = "not to b@x.org", .code = SE_ERROR_DOCUMENT },
    { USER, "bob", .bcc = "eve@x.org", .allowed = "*", .self = "%{user}@x.org",
      .result = "eve@x.org", .code = SE_ERROR_DOCUMENT },
    { "mailto:a%40x.org", "bob,ceo", .self = "%{user}@x.org", .result = "only-to-self",
      .code = SE_ERROR_DOCUMENT },
    { U, "bob", .denied = "*@x.org.", .result = "denied-recipients", .code = SE_ERROR_CONFIG },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

static void
test_hostile (void)
{
  static const Case cases[] = {
    { USER, "bob,ceo@evil.com", .result = "bob,ceo", .code = SE_ERROR_DOCUMENT },
    { USER, "bob\r\nRCPT TO:<x@y>", .result = "", .code = SE_ERROR_DOCUMENT },
    { USER, "", .result = "", .code = SE_ERROR_DOCUMENT },
    { USER, "ceo%evil.com", .result = "ceo%evil.com", .code = SE_ERROR_DOCUMENT },
    { USER, "evil.com!ceo", .result = "evil.com!ceo", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .to = "a@x.org\r\nRCPT TO:<x@y>", .result = "email-to", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .to = "a@x.org,", .result = "email-to", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .cc = "no address", .result = "email-cc", .code = SE_ERROR_DOCUMENT },
    { U, "bob", .to = "Name <z@evil.com>", .allowed = "*@x.org", .result = "z@evil.com",
      .code = SE_ERROR_DOCUMENT },
    { U, "bob", .to = "z%evil.com@x.org", .allowed = "*@x.org", .result = "z%evil.com@x.org",
      .code = SE_ERROR_DOCUMENT },
    { U, "bob", .to = "\"a@x.org\"@evil.com", .allowed = "*@x.org", .result = "evil.com",
      .code = SE_ERROR_DOCUMENT },
    /* The admin's fault. */
    { "mailto:nobody", "bob", .result = "device URI", .code = SE_ERROR_CONFIG },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check (&cases[i]);
}

static void
test_reply_to (void)
{
  static const struct
  {
    const char *job, *uri, *queue;
    const char *result;
    int code;
  } cases[] = {
    { NULL, NULL, NULL, NULL, 0 },
    { NULL, NULL, "%{user}@x.org", "bob@x.org", 0 },
    { NULL, "u@x.org", "q@x.org", "u@x.org", 0 },
    { "j@y.org", "u@x.org", "q@x.org", "j@y.org", 0 },
    { "j@y.org,k@y.org", NULL, NULL, NULL, SE_ERROR_DOCUMENT },
    { "%{user}@", NULL, NULL, NULL, SE_ERROR_DOCUMENT },
    { NULL, NULL, "nobody", NULL, SE_ERROR_CONFIG },
    { NULL, NULL, "%{what}@x.org", NULL, SE_ERROR_CONFIG },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeAddress) address = NULL;
      SeMailto uri = { .reply_to = (char *)cases[i].uri };
      SeFields fields = { .values = { [SE_FIELD_REPLY_TO] = (char *)cases[i].job } };
      SeQueueConfig queue = { .reply_to = (char *)cases[i].queue };
      SeTemplateValues values = { .user = "bob" };
      gboolean ok = se_recipients_reply_to (&uri, &fields, &queue, &values, &address, &error);
      g_autofree char *text = address != NULL ? se_address_to_string (address) : NULL;

      g_assert_cmpint (ok, ==, cases[i].code == 0);
      g_assert_cmpstr (text, ==, cases[i].result);
      if (!ok)
        g_assert_error (error, SE_ERROR, cases[i].code);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipients/lists", test_lists);
  g_test_add_func ("/recipients/policy", test_policy);
  g_test_add_func ("/recipients/hostile", test_hostile);
  g_test_add_func ("/recipients/reply-to", test_reply_to);
  return g_test_run ();
}
