/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"

#include <errno.h>

/* What an error has beside its message. */
typedef struct
{
  gint64 due;
} SeErrorPrivate;

static void
se_error_private_init (SeErrorPrivate *private)
{
  private->due = 0;
}

static void
se_error_private_copy (const SeErrorPrivate *from, SeErrorPrivate *to)
{
  *to = *from;
}

static void
se_error_private_clear (SeErrorPrivate *private)
{
}

/* GLib's own cast, of a place that GLib aligns. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
G_DEFINE_EXTENDED_ERROR (SeError, se_error)
#pragma GCC diagnostic pop

gboolean
se_error_is (const GError *error, SeError code)
{
  return error != NULL && g_error_matches (error, SE_ERROR, (int)code);
}

gint64
se_error_due (const GError *error)
{
  return error != NULL && error->domain == SE_ERROR ? se_error_get_private (error)->due : 0;
}

void
se_error_set_due (GError *error, gint64 due)
{
  g_return_if_fail (error->domain == SE_ERROR);
  se_error_get_private (error)->due = due;
}

static SeError
code_from_errno (int saved_errno)
{
  switch (saved_errno)
    {
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case ESTALE: /* these three of a file server */
    case ENOLCK:
    case ETIMEDOUT:
      return SE_ERROR_TEMPORARY;
    default:
      return SE_ERROR_CONFIG;
    }
}

void
se_error_set_errno (GError **error, int saved_errno, const char *format, ...)
{
  va_list arguments;
  g_autofree char *what = NULL;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, SE_ERROR, (int)code_from_errno (saved_errno), "%s: %s", what,
               g_strerror (saved_errno));
}
