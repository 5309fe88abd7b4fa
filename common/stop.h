/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* An end in time for what stops when a descriptor is readable. */
typedef struct
{
  int fd; /* readable as soon as the other is, or the time is over */
  int timer;
} SeStop;

#define SE_STOP_INIT \
  {                  \
    -1, -1           \
  }

/* other: stays the caller's; -1: time alone counts. */
gboolean se_stop_begin (SeStop *stop, int other, guint seconds, GError **error);
void se_stop_clear (SeStop *stop);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SeStop, se_stop_clear)

G_END_DECLS
