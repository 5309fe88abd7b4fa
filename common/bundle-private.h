/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/bundle.h"

G_BEGIN_DECLS

/* What bundle-writer.c and bundle.c, which reads, both know of the lines. */
#define SE_BUNDLE_HEADER "scan-email-bundle 2"
#define SE_BUNDLE_NEXT_MAIL "mail"
#define SE_BUNDLE_BLOCK (64 * 1024) /* bytes that are passed on at once */

/* TRUE if word can stand as a MIME type. */
gboolean se_bundle_is_type (const char *word);

/* The word for the fault of a failed entry; NULL: it is none. And back. */
const char *se_bundle_fault_name (SeError fault);
gboolean se_bundle_fault_parse (const char *word, SeError *fault);

G_END_DECLS
