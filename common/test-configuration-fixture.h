/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* An account of one of the providers in fixture_presets. */
#define FIXTURE_ACCOUNT                \
  "[account scanner@contoso.com]\n"    \
  "provider = microsoft\n"             \
  "tenant = contoso.onmicrosoft.com\n" \
  "client-id = 8f1c\n"

/* A file with the presets of two providers, microsoft and google. */
const char *fixture_presets (void);

/* Parses what /etc/x.conf is to hold; asserts that it is good. */
SeConfig *fixture_parse (const char *text);

/* Runs the tests, with the file of presets in place. Returns main's status. */
int fixture_run (void);

G_END_DECLS
