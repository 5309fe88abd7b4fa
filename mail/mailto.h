/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* The longest device URI in bytes that surely arrives whole: a print system may cut what is longer
 * (cupsd at 1012), and a recipient would be lost. */
#define SE_MAILTO_MAX 1011

/* A queue's device URI, RFC 6068: mailto:ADDR[,ADDR…][?FIELD=VALUE…], also mailto:/ADDR and
 * mailto:///ADDR. Members are percent-decoded but still templates, split before anything is
 * expanded. Fields are matched without regard to case; "to" adds to the addresses before the '?'.
 */
typedef struct
{
  char **to; /* NULL-terminated, perhaps empty */
  char **cc;
  char **bcc;
  char *subject; /* each NULL if not given */
  char *body;
  char *from; /* an account's address */
  char *reply_to;
} SeMailto;

void se_mailto_free (SeMailto *mailto);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeMailto, se_mailto_free)

/* SE_ERROR_CONFIG names the part that is wrong: another scheme, an unknown or repeated field, a bad
 * %-escape, invalid UTF-8, a control character (%0D%0A in a body is a line end, RFC 6068, 5; it
 * becomes a newline), more than SE_MAILTO_MAX bytes. */
SeMailto *se_mailto_parse (const char *uri, GError **error);

/* The URI of a queue that mails to address (perhaps a template), written with %40; from NULL: no
 * account is named. Owned by the caller. */
char *se_mailto_build (const char *address, const char *from);

G_END_DECLS
