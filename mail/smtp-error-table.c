/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-error.h"

#include <glib/gi18n-lib.h>

#define GREETING SE_SMTP_GREETING
#define AUTH SE_SMTP_AUTH
#define MAIL SE_SMTP_MAIL
#define RCPT SE_SMTP_RCPT
#define DATA SE_SMTP_DATA
#define MESSAGE (MAIL | RCPT | DATA)
#define ANY (GREETING | AUTH | MESSAGE)

#define ROW(phases, code, enhanced, words, class, cause, remedy)       \
  {                                                                    \
    phases, code, enhanced, words, { SE_ERROR_##class, cause, remedy } \
  }

/* Said with several codes. */
#define SENDER_CAUSE \
  N_ ("The mailbox %{smtp-user}, signed in to by %{login-user}, may not send as %{from-address}.")
#define SENDER_REMEDY                                                                            \
  N_ ("Grant %{smtp-user} the right Send As for %{from-address}, or set from-address to the "    \
      "mailbox itself; for a shared mailbox set login-user and smtp-user to a member with that " \
      "right, and from-address to it.")
#define TOKEN_REMEDY                                                                              \
  N_ ("Check that smtp-user is who signed in (at Exchange the user principal name, for a shared " \
      "mailbox too; the mailbox where nobody signs in) and by oauth-setup test %{account} that "  \
      "the token is for SMTP; if both fit, run: oauth-setup login %{account}")
/* Over a limit that SIZE did not tell. */
#define SIZE_REMEDY                                                                               \
  N_ ("If it is the size: set max-message-size of the provider %{provider}, or of the queue, in " \
      "scan-email.conf to what the server takes, so that larger jobs go out in several mails; "   \
      "now send fewer pages at once, or scan with a lower resolution.")
#define LATER N_ ("Nothing is to be done: jobs try again by themselves.")
#define SLOWER_CAUSE N_ ("The server slows this account or this address down, or closes for now.")
#define SMTP_AUTH_REMEDY                                                                         \
  N_ ("Let an administrator run: Set-CASMailbox %{smtp-user} -SmtpClientAuthenticationDisabled " \
      "$false")

const SeSmtpErrorRow se_smtp_error_rows[] = {
  /* Who is sending: said by Exchange after the data, by Postfix at RCPT. */
  ROW (ANY, 5, "5.7.60", NULL, CONFIG, SENDER_CAUSE, SENDER_REMEDY),
  ROW (ANY, 5, NULL, "SendAsDenied", CONFIG, SENDER_CAUSE, SENDER_REMEDY),
  ROW (ANY, 5, NULL, "permissions to send as this sender", CONFIG, SENDER_CAUSE, SENDER_REMEDY),
  ROW (MESSAGE, 5, NULL, "not owned by user", CONFIG, SENDER_CAUSE, SENDER_REMEDY),
  ROW (ANY, 5, "5.1.8", NULL, CONFIG,
       N_ ("Exchange has blocked the mailbox %{smtp-user} from sending, as a source of spam."),
       N_ ("Let an administrator find out why and unblock it (Microsoft Defender > Restricted "
           "entities).")),

  /* Sending limits. */
  ROW (MESSAGE, 5, "5.4.5", NULL, QUOTA,
       N_ ("The mailbox %{smtp-user} has reached the provider's sending limit for a day."),
       N_ ("Spread the jobs over more mailboxes if it happens often; the jobs go on by "
           "themselves.")),
  ROW (ANY, 0, NULL, "SubmissionQuotaExceeded", QUOTA,
       N_ ("The mailbox %{smtp-user} has reached Exchange's limit of recipients for a day."),
       N_ ("Spread the jobs over more mailboxes if it happens often; the jobs go on by "
           "themselves.")),

  /* Authentication at Exchange. */
  ROW (ANY, 5, "5.7.139", "disabled for the Tenant", CONFIG,
       N_ ("Authenticated SMTP is switched off for the whole organisation, and not switched on for "
           "the mailbox %{smtp-user}."),
       SMTP_AUTH_REMEDY),
  ROW (ANY, 5, "5.7.139", "disabled for the Mailbox", CONFIG,
       N_ ("Authenticated SMTP is switched off for the mailbox %{smtp-user}."), SMTP_AUTH_REMEDY),
  ROW (ANY, 5, "5.7.139", "security defaults", CONFIG,
       N_ ("The security defaults of the organisation keep %{smtp-user} from authenticated SMTP."),
       N_ ("Let an administrator replace the security defaults by Conditional Access policies that "
           "allow it, and switch authenticated SMTP on for %{smtp-user}.")),
  ROW (ANY, 5, "5.7.139", "did not meet the criteria", CONFIG,
       N_ ("A Conditional Access or authentication policy of the organisation refuses the sign-in "
           "of %{smtp-user}."),
       N_ ("Let an administrator look it up in the Entra sign-in log and exempt %{smtp-user} or "
           "the application %{client-id}.")),
  ROW (ANY, 5, "5.7.139", NULL, CONFIG,
       N_ ("The organisation does not let the mailbox %{smtp-user} use authenticated SMTP."),
       SMTP_AUTH_REMEDY),
  ROW (ANY, 5, "5.7.57", NULL, CONFIG, N_ ("The server takes the session for one without sign-in."),
       N_ ("Check that smtp-server of the provider %{provider} is the submission server (port 587) "
           "and authenticated SMTP is on for %{smtp-user}.")),
  ROW (ANY, 5, "5.7.30", NULL, CONFIG,
       N_ ("The server takes the sign-in for one by password, which it refuses."),
       N_ ("Set sasl = xoauth2 for the provider %{provider}.")),
  ROW (AUTH, 501, "5.5.124", NULL, CONFIG,
       N_ ("Exchange's high volume service cannot read whose mailbox is meant."),
       N_ ("Set smtp-user to the account's own address; it is %{smtp-user} now.")),
  ROW (AUTH, 501, "5.5.127", NULL, TOKEN_REJECTED,
       N_ ("The access token ends too soon for Exchange's high volume service."),
       N_ ("Run: oauth-setup refresh %{account}")),
  ROW (AUTH, 535, "5.7.3", NULL, TOKEN_REJECTED,
       N_ ("Exchange does not take the token for %{smtp-user}: it is for another user, service or "
           "permission, or the application was not let into the mailbox."),
       TOKEN_REMEDY),

  /* Authentication at Google and in general. */
  ROW (AUTH, 535, "5.7.8", NULL, TOKEN_REJECTED,
       N_ ("The server does not take the token for %{smtp-user}: it has ended, or is for another "
           "user or permission."),
       TOKEN_REMEDY),
  ROW (AUTH, 534, "5.7.9", NULL, CONFIG,
       N_ ("Google asks for another kind of sign-in to %{smtp-user}."),
       N_ ("Sign in to the mailbox in a browser once and confirm what it asks; in Google "
           "Workspace, trust the application %{client-id} in the Admin console.")),
  ROW (AUTH, 534, "5.7.14", NULL, CONFIG,
       N_ ("Google wants a person to confirm the sign-in to %{smtp-user}."),
       N_ ("Sign in to the mailbox in a browser once, from this network, and confirm what it "
           "asks.")),
  ROW (AUTH, 534, NULL, NULL, CONFIG,
       N_ ("The server asks for another kind of sign-in to %{smtp-user}."),
       N_ ("Sign in to the mailbox in a browser once and confirm what it asks, or ask the server's "
           "administrator.")),
  ROW (AUTH, 501, NULL, "token", TOKEN_REJECTED,
       N_ ("The server does not take the token for %{smtp-user}."), TOKEN_REMEDY),
  ROW (AUTH, 334, NULL, NULL, TOKEN_REJECTED,
       N_ ("The server does not take the token for %{smtp-user}: it has ended, or is for another "
           "user or permission."),
       TOKEN_REMEDY),
  ROW (AUTH, 535, NULL, NULL, TOKEN_REJECTED,
       N_ ("The server does not take the token for %{smtp-user}: it has ended, or is for another "
           "user or permission."),
       TOKEN_REMEDY),
  ROW (AUTH, 504, NULL, NULL, CONFIG, N_ ("The server does not know this way to sign in."),
       N_ ("Set sasl for the provider %{provider} to what the server offers.")),
  ROW (ANY, 530, NULL, NULL, CONFIG, N_ ("The server takes the session for one without sign-in."),
       N_ ("Check that smtp-server of the provider %{provider} is the submission server (port 587) "
           "and authenticated SMTP is on for %{smtp-user}.")),

  /* The message. */
  ROW (MESSAGE, 552, "5.7.0", NULL, DOCUMENT,
       N_ ("Gmail blocks the attachment as one that could do harm."),
       N_ ("Send it as a PDF without scripts and forms, not inside an archive.")),
  ROW (MESSAGE, 5, "5.3.4", NULL, DOCUMENT, N_ ("The message is larger than the server takes."),
       SIZE_REMEDY),
  ROW (MESSAGE, 5, "5.2.3", NULL, DOCUMENT,
       N_ ("The message is larger than the server or the mailbox takes."), SIZE_REMEDY),
  ROW (MESSAGE, 552, NULL, NULL, DOCUMENT,
       N_ ("The message is larger than the server takes, or a mailbox is full."), SIZE_REMEDY),
  ROW (RCPT, 5, "5.1.1", NULL, DOCUMENT, N_ ("There is no such mailbox."),
       N_ ("Correct the recipient's address.")),
  ROW (RCPT, 5, NULL, "relay", DOCUMENT,
       N_ ("The server does not carry mail of this account to that domain."),
       N_ ("Send to an address inside, or let the server's administrator allow it for "
           "%{smtp-user}.")),
  ROW (DATA, 5, "5.7.1", NULL, DOCUMENT,
       N_ ("The server refuses the message by its policy, perhaps as spam."),
       N_ ("Let the mail administrator look the server's words up; the mail was not delivered.")),

  /* Limits that pass. Of RCPT and DATA, 4.7.x is about this recipient or this mail: greylisting. */
  ROW (ANY, 432, "4.3.2", "Concurrent connections", THROTTLED,
       N_ ("Too many connections use the mailbox %{smtp-user} at once (Exchange allows three)."),
       LATER),
  ROW (ANY, 4, "4.3.2", "sender thread limit", THROTTLED,
       N_ ("Too many mails of the mailbox %{smtp-user} are under way at once (Exchange allows "
           "three)."),
       LATER),
  ROW (ANY, 4, "4.3.2", NULL, THROTTLED, N_ ("The server takes no more connections at the moment."),
       LATER),
  ROW (AUTH, 454, "4.7.0", NULL, THROTTLED,
       N_ ("The server sees too many sign-ins at the moment, or cannot check them."), LATER),
  ROW (ANY, 421, "4.7.", NULL, THROTTLED, SLOWER_CAUSE, LATER),
  ROW (AUTH | MAIL, 4, "4.7.", NULL, THROTTLED, SLOWER_CAUSE, LATER),
  ROW (ANY, 421, NULL, NULL, TEMPORARY, N_ ("The server closes the connection for now."), LATER),
  ROW (RCPT | DATA, 451, "4.7.0", NULL, DEFERRED,
       N_ ("The server has trouble at the moment, or wants to see the mail later again."), LATER),
  ROW (RCPT, 452, "4.5.3", NULL, DEFERRED,
       N_ ("The server takes fewer recipients at once than the mail has."),
       N_ ("Send to fewer at once (max-recipients) if it lasts.")),

  /* RFC 5321, 4.2.1, by the first digit. */
  ROW (RCPT | DATA, 4, NULL, NULL, DEFERRED, N_ ("The server does not take the mail yet."), LATER),
  ROW (ANY, 4, NULL, NULL, TEMPORARY, N_ ("The server cannot do it at the moment."), LATER),
  ROW (GREETING, 5, NULL, NULL, CONFIG, N_ ("The server does not serve this computer."),
       N_ ("Check smtp-server of the provider %{provider}, or let the server's administrator allow "
           "this computer.")),
  ROW (AUTH, 5, NULL, NULL, CONFIG,
       N_ ("The server refuses the sign-in of %{smtp-user} for a reason of its own."),
       N_ ("Look its words up in the provider's documentation, or ask its administrator.")),
  ROW (MAIL, 5, NULL, NULL, CONFIG,
       N_ ("The server takes no mail from %{from-address} by %{smtp-user}."),
       N_ ("Check from-address, or ask the server's administrator what its words mean.")),
  ROW (RCPT, 5, NULL, NULL, DOCUMENT, N_ ("The server does not take mail to this recipient."),
       N_ ("Correct the recipient's address, or ask the server's administrator what its words "
           "mean.")),
  ROW (DATA, 5, NULL, NULL, DOCUMENT, N_ ("The server does not take this message."),
       N_ ("Ask the server's administrator what its words mean; the mail was not delivered.")),

  /* A 2xx or 3xx where none belongs: out of step with the server; a new session may do. */
  ROW (ANY, 0, NULL, NULL, TEMPORARY, N_ ("That is no answer to what was asked."), LATER),
};
const gsize se_smtp_error_rows_length = G_N_ELEMENTS (se_smtp_error_rows);
