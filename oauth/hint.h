/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/json.h"

G_BEGIN_DECLS

/* What Microsoft's error numbers (AADSTS…) ask of an admin. Microsoft warns that the numbers
 * change: they choose words only, never what happens next. reply: an error reply with
 * "error_codes", or "AADSTSn" in its "error_description". Returns one clause without a full stop,
 * static; NULL: none known. */
const char *se_hint_find (const cJSON *reply);

G_END_DECLS
