/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

G_BEGIN_DECLS

/* JSON objects (RFC 8259) whose strings may be secrets. */

/* Wipes every string in it. */
void se_json_free (cJSON *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (cJSON, se_json_free)

/* text: length bytes with a NUL behind them. Returns NULL unless it is one object and nothing
 * else. */
cJSON *se_json_parse (const char *text, gsize length);

/* A member that is a non-empty string in UTF-8, else NULL. Owned by object. */
const char *se_json_string (const cJSON *object, const char *name);

/* A member that is a whole number, or a string that holds one as some servers send it. Returns
 * FALSE where there is none. */
gboolean se_json_integer (const cJSON *object, const char *name, gint64 *value);

/* The text of what holds no secret, on one line; frees json. Owned by the caller. */
char *se_json_take_line (cJSON *json);

/* The text of object, indented. To be wiped by the caller (se_io_free_secret). */
char *se_json_print (const cJSON *object);

G_END_DECLS
