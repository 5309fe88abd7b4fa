/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A request's parameters, to be sent as application/x-www-form-urlencoded (RFC 6749, appendix B).
 */
typedef struct SeForm SeForm;

SeForm *se_form_new (void);
void se_form_free (SeForm *form); /* wipes the values */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeForm, se_form_free)

/* Adds one parameter, both UTF-8; a value NULL adds none. */
void se_form_add (SeForm *form, const char *name, const char *value);

/* The same for a value that nobody may see, not even repeated in a server's words. */
void se_form_add_secret (SeForm *form, const char *name, const char *value);

/* The secret values, NULL-terminated; owned by the form, good until the next call that adds. */
const char *const *se_form_secrets (const SeForm *form);

/* All parameters in the order in which they were added. To be wiped by the caller
 * (se_io_free_secret). */
char *se_form_encode (const SeForm *form);

G_END_DECLS
