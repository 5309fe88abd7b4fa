/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/process.h"

#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

static void
take_shield_off (void)
{
  se_autofd int fd = g_open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);

  if (fd < 0 || write (fd, "0", 1) != 1)
    g_debug ("oom_score_adj: %s", g_strerror (errno));
}

gboolean
se_process_begin (SeConfineCalls further, GError **error)
{
  g_log_set_writer_func (se_log_writer, NULL, NULL);
  signal (SIGPIPE, SIG_IGN);
  take_shield_off ();
  return se_confine_process (error) && se_confine_calls (further, error);
}
