/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Templates of the configuration and the device URI: %{user}, %{title}, %{queue}, %{host}, %{job},
 * %{pages}, %{format}, %{date}, %{date:STRFTIME} and %%. */

/* What the names stand for. Texts are UTF-8 and may be hostile; NULL counts as empty. */
typedef struct
{
  const char *user;
  const char *title; /* expands to nothing where it says nothing: see se_template_has_title */
  const char *queue;
  const char *host;
  int job;
  int pages;          /* < 0: not known, expands to "?" */
  const char *format; /* one of se_format_names */
  gint64 time;        /* seconds since 1970; dates are written in local time, C locale */
} SeTemplateValues;

/* Harmless values, for checking a template before there is a job. */
extern const SeTemplateValues se_template_sample;

/* FALSE where a title says nothing: NULL, "", "Untitled", "(stdin)". */
gboolean se_template_has_title (const char *title);

/* Tells whether text holds any %{…} or %%. */
gboolean se_template_is_template (const char *text);

/* Gives the value of one name, owned by the caller; NULL with error set for an unknown one. */
typedef char *(*SeTemplateLookUp) (const char *name, gconstpointer data, GError **error);

/* The look-up of the names above. data: SeTemplateValues. SE_ERROR_CONFIG for any other name. */
char *se_template_value (const char *name, gconstpointer data, GError **error);

/* Replaces each %{NAME} by what look_up gives for NAME and %% by %; a lone % stays, and what is
 * inserted is never looked at again. Returns the result, owned by the caller; SE_ERROR_CONFIG for
 * an unclosed %{, and whatever look_up sets. */
char *se_template_substitute (const char *text, SeTemplateLookUp look_up, gconstpointer data,
                              GError **error);

/* Expands text by se_template_value, once; what is inserted is never looked at again. %{date} alone
 * is %Y-%m-%d in text and file names. A lone % stays. Returns the result, owned by the caller;
 * SE_ERROR_CONFIG for an unknown name or an unclosed %{. */
char *se_template_expand (const char *text, const SeTemplateValues *values, GError **error);

/* Expands an address such as "%{user}@contoso.com". DOMAIN\ before and @REALM after the user are
 * stripped; each inserted value must be a dot-atom (RFC 5322, 3.2.3) of ASCII atext without '%' and
 * '!', so that one address stays one address of its domain. SE_ERROR_DOCUMENT names the value that
 * is none; SE_ERROR_CONFIG as above, and for a template behind the @. */
char *se_template_expand_address (const char *text, const SeTemplateValues *values, GError **error);

G_END_DECLS
