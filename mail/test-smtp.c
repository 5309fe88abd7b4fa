/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp.h"
#include "mail/test-server.h"

#include "common/digest.h"
#include "common/io.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HEADER "From: scanner@example.com\r\nSubject: Scan\r\n\r\n"
#define FOOTER "\r\nend\r\n"

static TestServer *server;

typedef struct
{
  SeSmtp *smtp;
  SeMessage *message;
  int fd;
  SeAddress *from;
  GPtrArray *recipients;
  char *digest; /* of the message */
  guint64 progress;
  gboolean at_dot;
  gboolean refuse_dot;
  SeSmtpReply *reply;
} Fixture;

static SeAddress *
address (const char *local, const char *domain)
{
  SeAddress *a = g_new0 (SeAddress, 1);

  a->local = g_strdup (local);
  a->domain = g_strdup (domain);
  return a;
}

static char *
message_digest (Fixture *f)
{
  g_autoptr (SeDigest) digest = se_digest_new ();
  g_autofree char *buffer = g_malloc (65536);
  gssize n;

  se_message_rewind (f->message, f->fd);
  while ((n = se_message_read (f->message, buffer, 65536, NULL)) > 0)
    se_digest_update (digest, buffer, (gsize)n);
  g_assert_cmpint (n, ==, 0);
  return se_digest_finish (digest);
}

/* A message with one document of size bytes between two texts, in an unnamed file. */
static void
make_message (Fixture *f, gsize size)
{
  static const char *const texts[] = { HEADER, FOOTER, NULL };
  const SeAttachment range = { .offset = 0, .length = size };
  g_autofree char *document = g_malloc (size);
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "scan-email-smtp-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < size; i++)
    document[i] = (char)(i * 31 + i / 251);
  f->fd = g_mkstemp (path);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_true (se_io_write_all (f->fd, document, size, NULL));
  f->message = se_message_new_from_texts (texts, &range, 1, &error);
  g_assert_no_error (error);
  f->digest = message_digest (f);
}

static void
set_up (Fixture *f, const char *options, gsize size, int cancel_fd, const SeSmtpTimeouts *timeouts)
{
  g_autofree char *url = test_server_new (server, options);
  const SeSmtpOptions smtp = { .server = url,
                               .ca_file = test_server_ca (server),
                               .sasl = "xoauth2",
                               .user = "scanner@example.com",
                               .access_token = "token",
                               .helo_name = "client.example.com",
                               .cancel_fd = cancel_fd,
                               .timeouts = timeouts };
  g_autoptr (GError) error = NULL;

  memset (f, 0, sizeof *f);
  make_message (f, size);
  f->from = address ("scanner", "example.com");
  f->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
  g_ptr_array_add (f->recipients, address ("a", "example.org"));
  g_ptr_array_add (f->recipients, address ("\"b c\"", "example.net"));
  f->smtp = se_smtp_open (&smtp, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f)
{
  se_smtp_close (f->smtp);
  se_message_free (f->message);
  close (f->fd);
  se_address_free (f->from);
  g_ptr_array_unref (f->recipients);
  g_free (f->digest);
  se_smtp_reply_free (f->reply);
}

static void
on_progress (guint64 sent, guint64 total, gpointer data)
{
  Fixture *f = data;

  g_assert_cmpuint (sent, >, f->progress);
  g_assert_cmpuint (sent, <=, total);
  f->progress = sent;
}

static gboolean
on_before_dot (gpointer data, GError **error)
{
  Fixture *f = data;

  f->at_dot = TRUE;
  if (f->refuse_dot)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "the disk is full");
  return !f->refuse_dot;
}

static gboolean
send_message (Fixture *f, GError **error)
{
  const SeEnvelope envelope = { f->from, f->recipients };
  const SeSmtpEvents events = { on_progress, on_before_dot, f };

  f->progress = 0;
  g_clear_pointer (&f->reply, se_smtp_reply_free);
  return se_smtp_send (f->smtp, &envelope, f->message, f->fd, &events, &f->reply, error);
}

static void
test_sent (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *session = NULL;
  g_autofree char *commands = NULL;

  set_up (&f, "size=1000000", 300 * 1000, -1, NULL);
  g_assert_true (send_message (&f, &error));
  g_assert_no_error (error);
  g_assert_true (f.at_dot);
  g_assert_cmpuint (f.progress, ==, se_message_size (f.message));
  g_assert_cmpint (f.reply->code, ==, 250);
  messages = test_server_ask (server, "messages");
  expected
      = g_strdup_printf ("1\tscanner@example.com\ta@example.org,\"b c\"@example.net\t%s", f.digest);
  g_assert_cmpstr (messages, ==, expected);
  commands
      = g_strdup_printf ("EHLO client.example.com|STARTTLS|EHLO client.example.com|AUTH XOAUTH2|"
                         "MAIL FROM:<scanner@example.com> SIZE=%" G_GUINT64_FORMAT
                         "|RCPT TO:<a@example.org>|"
                         "RCPT TO:<\"b c\"@example.net>|DATA|QUIT",
                         se_message_size (f.message));
  tear_down (&f);
  session = test_server_ask (server, "session\t1");
  g_assert_cmpstr (strstr (session, "commands=") + strlen ("commands="), ==, commands);
}

/* A session takes several messages, also after one was refused. */
static void
test_again (void)
{
  Fixture f;
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;

  set_up (&f, NULL, 1000, -1, NULL);
  test_server_tell (server, "at\trcpt\treply\t550 5.1.1 no\nat\tdot\treply\t451 4.3.0 later");
  g_assert_false (send_message (&f, &refused));
  g_assert_error (refused, SE_ERROR, SE_ERROR_DOCUMENT);
  g_clear_error (&refused);
  g_assert_false (send_message (&f, &refused));
  g_assert_error (refused, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_true (send_message (&f, &error));
  g_assert_true (send_message (&f, &error));
  messages = test_server_ask (server, "messages");
  g_assert_true (g_str_has_prefix (messages, "2\t"));
  g_assert_true (g_str_has_suffix (messages, f.digest));
  tear_down (&f);
}

typedef struct
{
  const char *name;
  const char *script;
  SeError error;
  const char *words;
  const char *also;   /* in the message as well */
  gboolean no_body;   /* not a byte of the message may go out */
  const char *option; /* of the server */
} Case;

#define SENDAS \
  "554 5.2.252 SendAsDenied; scanner@example.com not allowed to send as other@example.com"

static const Case cases[] = {
  { "MAIL 5.7.60", "at\tmail\treply\t550 5.7.60 no permissions", SE_ERROR_CONFIG, "a mail from",
    "from-address", TRUE, NULL },
  { "MAIL 530", "at\tmail\treply\t530 5.7.57 Client not authenticated", SE_ERROR_CONFIG,
    "530 5.7.57", NULL, TRUE, NULL },
  { "MAIL 451", "at\tmail\treply\t451 4.7.0 later", SE_ERROR_TEMPORARY, "451 4.7.0 later", NULL,
    TRUE, NULL },
  { "MAIL 552", "at\tmail\treply\t552 5.3.4 too big", SE_ERROR_DOCUMENT, "552 5.3.4", NULL, TRUE,
    NULL },
  { "MAIL 354", "at\tmail\treply\t354 what", SE_ERROR_TEMPORARY, "354 what", NULL, TRUE, NULL },
  { "RCPT 550", "at\trcpt\treply\t550 5.1.1 no such user", SE_ERROR_DOCUMENT,
    "refused 1 of 2 recipients", "a@example.org: 550 5.1.1 no such user", TRUE, NULL },
  { "RCPT 450", "at\trcpt\treply\t450 4.2.1 greylisted", SE_ERROR_TEMPORARY,
    "a@example.org: 450 4.2.1 greylisted", NULL, TRUE, NULL },
  { "RCPT 450 and 550", "at\trcpt\treply\t450 4.2.1 wait\nat\trcpt\treply\t550 5.1.1 no",
    SE_ERROR_DOCUMENT, "a@example.org: 450 4.2.1 wait", "\"b c\"@example.net: 550 5.1.1 no", TRUE,
    NULL },
  { "RCPT 421", "at\trcpt\tlast\t421 4.3.2 bye", SE_ERROR_TEMPORARY, "421 4.3.2 bye", NULL, TRUE,
    NULL },
  { "RCPT wrong sender", "at\trcpt\treply\t553 5.7.1 Sender address rejected: not owned by user x",
    SE_ERROR_CONFIG, "from-address", NULL, TRUE, NULL },
  { "DATA 554", "at\tdata\treply\t554 5.5.1 no valid recipients", SE_ERROR_DOCUMENT, "554 5.5.1",
    NULL, TRUE, NULL },
  { "DATA 451", "at\tdata\treply\t451 4.3.0 later", SE_ERROR_TEMPORARY, "451 4.3.0", NULL, TRUE,
    NULL },
  { "DATA 250", "at\tdata\treply\t250 ok", SE_ERROR_TEMPORARY, "250 ok", NULL, TRUE, NULL },
  { "early 552", "at\tbody\treply\t552 5.3.4 too big", SE_ERROR_DOCUMENT,
    "before its end: 552 5.3.4", NULL, FALSE, NULL },
  { "early 552, closed", "at\tbody\tlast\t552 5.3.4 too big", SE_ERROR_DOCUMENT, "552 5.3.4", NULL,
    FALSE, NULL },
  { "early 421, closed", "at\tbody\tlast\t421 4.3.2 shutting down", SE_ERROR_TEMPORARY, "421 4.3.2",
    NULL, FALSE, NULL },
  { "early 250", "at\tbody\treply\t250 2.0.0 queued", SE_ERROR_TEMPORARY, "250 2.0.0 queued", NULL,
    FALSE, NULL },
  { "250 together with the 354", "at\tdata\treply\t354 go\\r\\n250 2.0.0 queued",
    SE_ERROR_TEMPORARY, "250 2.0.0 queued", NULL, TRUE, NULL },
  { "garbage together with the 354", "at\tdata\treply\t354 go\\r\\nhello", SE_ERROR_TEMPORARY,
    "no SMTP reply", NULL, TRUE, NULL },
  { "SendAsDenied", "at\tdot\treply\t" SENDAS, SE_ERROR_CONFIG, "SendAsDenied", "from-address",
    FALSE, NULL },
  { "Gmail's limit", "at\tdot\treply\t550-5.4.5 Daily user sending\\r\\n550 5.4.5 limit exceeded",
    SE_ERROR_QUOTA, "550 5.4.5 Daily user sending limit exceeded", NULL, FALSE, NULL },
  { "dot 451", "at\tdot\treply\t451 4.7.0 later", SE_ERROR_TEMPORARY, "451 4.7.0", NULL, FALSE,
    NULL },
  { "dot 554", "at\tdot\treply\t554 5.6.0 content", SE_ERROR_DOCUMENT, "554 5.6.0", NULL, FALSE,
    NULL },
  { "dot 421", "at\tdot\tlast\t421 4.3.2 bye", SE_ERROR_TEMPORARY, "421 4.3.2", NULL, FALSE, NULL },
  { "dropped after the dot", "at\tdot\tdrop", SE_ERROR_IN_DOUBT, "may have been delivered", NULL,
    FALSE, NULL },
  { "garbage after the dot", "at\tdot\treply\tok", SE_ERROR_IN_DOUBT, "may have been delivered",
    NULL, FALSE, NULL },
  { "354 after the dot", "at\tdot\treply\t354 more", SE_ERROR_IN_DOUBT, "may have been delivered",
    NULL, FALSE, NULL },
  { "codes differ after the dot", "at\tdot\treply\t250-ok\\r\\n550 no", SE_ERROR_IN_DOUBT,
    "may have been delivered", NULL, FALSE, NULL },
  { "half a reply after the dot", "at\tdot\tlast\t250-2.0.0 que", SE_ERROR_IN_DOUBT,
    "may have been delivered", NULL, FALSE, NULL },
  { "dropped at MAIL", "at\tmail\tdrop", SE_ERROR_TEMPORARY, "closed the connection during MAIL",
    NULL, TRUE, NULL },
  { "dropped at RCPT", "at\trcpt\tdrop", SE_ERROR_TEMPORARY, "closed the connection during RCPT",
    NULL, TRUE, NULL },
  { "dropped at DATA", "at\tdata\tdrop", SE_ERROR_TEMPORARY, "closed the connection during DATA",
    NULL, TRUE, NULL },
  { "dropped in the message", "at\tbody\tdrop", SE_ERROR_TEMPORARY, "during the message", NULL,
    FALSE, NULL },
  { "garbage to RCPT", "at\trcpt\treply\twhat?", SE_ERROR_TEMPORARY, "no SMTP reply", NULL, TRUE,
    NULL },
  { "farewell before RCPT", "at\tmail\tlast\t250 ok\\r\\n421 4.3.2 restarting", SE_ERROR_TEMPORARY,
    "sent something unexpected before RCPT: 421 4.3.2 restarting", NULL, TRUE, NULL },
  { "one reply too many", "at\tmail\treply\t250 ok\\r\\n250 ok", SE_ERROR_TEMPORARY,
    "sent something unexpected before RCPT", NULL, TRUE, NULL },
  { "larger than SIZE", NULL, SE_ERROR_DOCUMENT, "takes 1000000 at most", "The message has", TRUE,
    "size=1000000" },
};

static void
test_refused (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  g_autofree char *session = NULL;
  Fixture f;

  /* Enough that it cannot all wait in the sockets' buffers. */
  set_up (&f, c->option, 12 * 1000 * 1000, -1, NULL);
  test_server_tell (server, c->script);
  g_assert_false (send_message (&f, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, SE_ERROR, (int)c->error);
  g_assert_nonnull (strstr (error->message, c->words));
  if (c->also != NULL)
    g_assert_nonnull (strstr (error->message, c->also));
  tear_down (&f);
  session = test_server_ask (server, "session\t1");
  if (c->no_body)
    g_assert_nonnull (strstr (session, "\tbody=0\t"));
  messages = test_server_ask (server, "messages");
  if (c->error != SE_ERROR_IN_DOUBT)
    g_assert_cmpstr (messages, ==, "0");
  if (strstr (c->name, "RCPT 5") != NULL)
    g_assert_nonnull (strstr (session, "|RSET|QUIT"));
}

/* What the server says in the same TLS record as the 235 stays in libcurl, where nobody can read
 * it; what counts is that no reply is taken for another command's. */
static void
test_together_with_235 (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) closed = NULL;
  g_autofree char *messages = NULL;

  set_up (&f, NULL, 1000, -1, NULL);
  tear_down (&f);
  {
    g_autofree char *url = test_server_new (server, NULL);
    const SeSmtpOptions options = { .server = url,
                                    .ca_file = test_server_ca (server),
                                    .sasl = "xoauth2",
                                    .user = "u",
                                    .access_token = "token",
                                    .cancel_fd = -1 };

    test_server_tell (server, "at\tauth-data\tlast\t235 ok\\r\\n421 4.3.2 shutting down");
    closed = se_smtp_open (&options, &error);
    g_assert_no_error (error);
  }
  {
    static const char *const texts[] = { HEADER, NULL };
    g_autoptr (SeMessage) message = se_message_new_from_texts (texts, NULL, 0, NULL);
    g_autoptr (GPtrArray) to = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
    g_autoptr (SeAddress) from = address ("a", "b");
    const SeEnvelope envelope = { from, to };

    g_ptr_array_add (to, address ("c", "d"));
    g_assert_false (se_smtp_send (closed, &envelope, message, -1, NULL, NULL, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  }
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
}

/* A reset may overtake the reply before it: either is temporary or the reply's own. */
static void
test_reset_after_reply (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL, 12 * 1000 * 1000, -1, NULL);
  test_server_tell (server, "at\tbody\treset\t552 5.3.4 too big");
  g_assert_false (send_message (&f, &error));
  g_test_message ("%s", error->message);
  g_assert_true (se_error_is (error, SE_ERROR_DOCUMENT) || se_error_is (error, SE_ERROR_TEMPORARY));
  tear_down (&f);
}

typedef struct
{
  const char *step;
  gsize size;
  SeSmtpTimeouts timeouts;
  SeError error;
  const char *words;
} TimeoutCase;

static const TimeoutCase timeout_cases[] = {
  { "mail", 1000, { .reply = 300 }, SE_ERROR_TEMPORARY, "did not answer in time during MAIL" },
  { "rcpt", 1000, { .reply = 300 }, SE_ERROR_TEMPORARY, "did not answer in time during RCPT" },
  { "data", 1000, { .reply = 300 }, SE_ERROR_TEMPORARY, "did not answer in time during DATA" },
  { "body", 20 * 1000 * 1000, { .stalled = 300 }, SE_ERROR_TEMPORARY, "during the message" },
  { "dot", 1000, { .dot = 300 }, SE_ERROR_IN_DOUBT, "may have been delivered" },
};

static void
test_timeout (gconstpointer data)
{
  const TimeoutCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *at = g_strdup_printf ("at\t%s\tpause", c->step);
  gint64 start;
  Fixture f;

  set_up (&f, NULL, c->size, -1, &c->timeouts);
  test_server_tell (server, at);
  start = g_get_monotonic_time ();
  g_assert_false (send_message (&f, &error));
  g_assert_error (error, SE_ERROR, (int)c->error);
  g_assert_nonnull (strstr (error->message, c->words));
  tear_down (&f);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 300 * 1000);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_USEC_PER_SEC);
  test_server_tell (server, "go");
}

static void
test_cancel (gconstpointer step)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *at = g_strdup_printf ("at\t%s\tpause", (const char *)step);
  g_autofree char *messages = NULL;
  TestCancel cancel = { .go = FALSE };
  Fixture f;

  g_assert_cmpint (pipe (cancel.fds), ==, 0);
  set_up (&f, NULL, 20 * 1000 * 1000, cancel.fds[0], NULL);
  test_server_tell (server, at);
  test_cancel_start (&cancel, server);
  g_assert_false (send_message (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  tear_down (&f);
  g_assert_cmpint (test_cancel_finish (&cancel), <, 500);
  test_server_tell (server, "go");
  g_free (test_server_ask (server, "session\t1"));
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
}

/* After the dot a cancel waits for the reply. */
static void
test_cancel_after_dot (gconstpointer answered)
{
  static const SeSmtpTimeouts timeouts = { .cancelled = 400 };
  g_autoptr (GError) error = NULL;
  TestCancel cancel = { .go = FALSE };
  gboolean sent;
  Fixture f;

  g_assert_cmpint (pipe (cancel.fds), ==, 0);
  set_up (&f, NULL, 1000, cancel.fds[0], answered != NULL ? NULL : &timeouts);
  test_server_tell (server, "at\tdot\tpause");
  cancel.go = answered != NULL;
  test_cancel_start (&cancel, server);
  sent = send_message (&f, &error);
  if (answered != NULL)
    {
      g_assert_no_error (error);
      g_assert_true (sent);
      g_assert_cmpint (f.reply->code, ==, 250);
    }
  else
    g_assert_error (error, SE_ERROR, SE_ERROR_IN_DOUBT);
  tear_down (&f);
  g_assert_cmpint (test_cancel_finish (&cancel), <, 2000);
  if (answered == NULL)
    test_server_tell (server, "go");
}

/* The last thing before the dot can still stop everything. */
static void
test_stopped_before_dot (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;
  g_autofree char *messages = NULL;
  Fixture f;

  set_up (&f, NULL, 1000, -1, NULL);
  f.refuse_dot = TRUE;
  g_assert_false (send_message (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpstr (error->message, ==, "the disk is full");
  tear_down (&f);
  session = test_server_ask (server, "session\t1");
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
  g_assert_null (strstr (session, "QUIT")); /* it would be taken for a line of the message */
}

static void
test_short_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  Fixture f;

  set_up (&f, NULL, 200 * 1000, -1, NULL);
  g_assert_cmpint (ftruncate (f.fd, 100 * 1000), ==, 0);
  g_assert_false (send_message (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  tear_down (&f);
  g_free (test_server_ask (server, "session\t1"));
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
}

/* However such an address came about: it never becomes a line of its own. */
static void
test_injection (void)
{
  static const char *const locals[]
      = { "a@x>\r\nRCPT TO:<evil@y", "a\nDATA", "a\r", "a\tb", "\303\244", "a\177" };

  for (gsize i = 0; i < G_N_ELEMENTS (locals); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *session = NULL;
      Fixture f;

      set_up (&f, NULL, 1000, -1, NULL);
      g_ptr_array_add (f.recipients, address (locals[i], "example.org"));
      g_assert_false (send_message (&f, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      tear_down (&f);
      session = test_server_ask (server, "session\t1");
      g_assert_null (strstr (session, "evil"));
      g_assert_null (strstr (session, "|DATA"));
      g_assert_nonnull (strstr (session, "|RSET|QUIT"));
    }
}

static void
test_flood (void)
{
  g_autofree char *line = g_strnfill (100 * 1000, 'x');
  g_autoptr (GError) error = NULL;
  Fixture f;

  set_up (&f, NULL, 1000, -1, NULL);
  g_free (test_server_ask (server, "at\tmail\treply\t250 %s", line));
  g_assert_false (send_message (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "no SMTP reply"));
  tear_down (&f);
}

static double
seconds (const struct timeval *time)
{
  return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Processor time and memory of our side for a document of 20 MB. */
static void
test_cost (void)
{
  struct rusage before, after;
  g_autoptr (GError) error = NULL;
  double cpu;
  Fixture f;

  set_up (&f, NULL, 20 * 1000 * 1000, -1, NULL);
  getrusage (RUSAGE_SELF, &before);
  g_assert_true (send_message (&f, &error));
  getrusage (RUSAGE_SELF, &after);
  cpu = seconds (&after.ru_utime) + seconds (&after.ru_stime) - seconds (&before.ru_utime)
        - seconds (&before.ru_stime);
  g_test_minimized_result (cpu, "processor time for 20 MB: %.3f s", cpu);
  g_test_message ("%ld KiB more at the peak", after.ru_maxrss - before.ru_maxrss);
  /* Streaming: neither the document nor the message is ever held. It is a few KiB in fact;
   * sanitizers keep freed memory. */
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 18 * 1024);
  tear_down (&f);
}

static void
add_case (const char *group, const char *name, gconstpointer data, GTestDataFunc function)
{
  g_autofree char *path = g_strconcat ("/smtp/", group, "/", name, NULL);

  g_strcanon (path, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "/-.", '-');
  g_test_add_data_func (path, data, function);
}

static void
add_tests (void)
{
  static const char *const steps[] = { "mail", "rcpt", "data", "body" };

  g_test_add_func ("/smtp/sent", test_sent);
  g_test_add_func ("/smtp/again", test_again);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    add_case ("refused", cases[i].name, &cases[i], test_refused);
  g_test_add_func ("/smtp/together-with-235", test_together_with_235);
  g_test_add_func ("/smtp/reset-after-reply", test_reset_after_reply);
  for (gsize i = 0; i < G_N_ELEMENTS (timeout_cases); i++)
    add_case ("timeout", timeout_cases[i].step, &timeout_cases[i], test_timeout);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    add_case ("cancel", steps[i], steps[i], test_cancel);
  g_test_add_data_func ("/smtp/cancel/dot-answered", "", test_cancel_after_dot);
  g_test_add_data_func ("/smtp/cancel/dot-silent", NULL, test_cancel_after_dot);
  g_test_add_func ("/smtp/stopped-before-dot", test_stopped_before_dot);
  g_test_add_func ("/smtp/short-file", test_short_file);
  g_test_add_func ("/smtp/injection", test_injection);
  g_test_add_func ("/smtp/flood", test_flood);
  g_test_add_func ("/smtp/cost", test_cost);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
