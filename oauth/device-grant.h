/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/token.h"

G_BEGIN_DECLS

/* The device authorization grant, RFC 8628. */
typedef struct
{
  char *device_code; /* secret */
  char *user_code;
  char *verification_uri;          /* also read from "verification_url" */
  char *verification_uri_complete; /* NULL: the server gives none */
  gint64 expires_in;               /* seconds */
  gint64 interval;                 /* seconds between polls, 5 if the server names none */
} SeDeviceCode;

void se_device_code_free (SeDeviceCode *code); /* wipes the device code */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeDeviceCode, se_device_code_free)

/* Time, so that tests need not wait. NULL members: the real ones. */
typedef struct
{
  gint64 (*now) (gpointer data); /* monotonic, microseconds */
  /* Sleeps; SE_ERROR_CANCELLED when asked to stop. */
  gboolean (*sleep) (gint64 seconds, gpointer data, GError **error);
  gpointer data;
} SeClock;

/* RFC 8628, 3.1 and 3.2. SE_ERROR_CONFIG/AUTHORIZATION with the server's words when refused,
 * SE_ERROR_CONFIG if the server has no device authorization endpoint. */
SeDeviceCode *se_device_grant_start (const SeTokenContext *context, const SeEndpoints *endpoints,
                                     GError **error);

/* Polls until the person is done (RFC 8628, 3.4 and 3.5): interval kept, slow_down +5 s for good, a
 * time-out doubles the interval, expires_in by the monotonic clock, never a poll after success.
 * tick: called about once a second with the seconds left; may be NULL.
 * On success the record is checked (id_token: aud, and Microsoft's tid against the stored one) and
 * complete but not yet stored. SE_ERROR_AUTHORIZATION: declined or expired;
 * SE_ERROR_CONFIG: no refresh token came. */
SeTokenRecord *se_device_grant_poll (const SeTokenContext *context, const SeEndpoints *endpoints,
                                     const SeDeviceCode *code, const SeClock *clock,
                                     void (*tick) (gint64 seconds_left, gpointer data),
                                     gpointer tick_data, GError **error);

G_END_DECLS
