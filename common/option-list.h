/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Option text as print jobs carry it: words separated by white space, each "name=value", "name"
 * (true) or "noname" (false); a backslash and quotes protect as in a shell. Unlike
 * cupsParseOptions () it keeps every value of a name that stands several times, and a '{' is a
 * letter like any other: there one value could swallow all options behind it. */
typedef struct
{
  char *name;
  char *value;
} SeOption;

/* Returns SeOption in the text's order, freed with the array; names and values are valid UTF-8. */
GPtrArray *se_option_list_parse (const char *text);

/* An empty list, and one more option at its end; invalid UTF-8 is replaced. */
GPtrArray *se_option_list_new (void);
void se_option_list_add (GPtrArray *list, const char *name, const char *value);

/* The last value of name, without regard to ASCII case; NULL if it is not there. Owned by list. */
const char *se_option_list_get (const GPtrArray *list, const char *name);

G_END_DECLS
