# SPDX-License-Identifier: Apache-2.0
# backend/: CUPS's contract alone. The supervisor runs as root for its first lines: libc only.

cupsbackenddir = $(cups_serverbin)/backend
cupsbackend_PROGRAMS = backend/mailto
backend_mailto_SOURCES = backend/supervisor.c backend/phase.h
backend_mailto_LDADD =

# No "x" for group and others makes cupsd start the backend as root. Where the service user does not
# exist yet (a package being built), its package chowns the directories.
INSTALL_HOOKS += install-backend-modes
install-backend-modes: install-cupsbackendPROGRAMS
	chmod 0744 '$(DESTDIR)$(cupsbackenddir)/mailto'
	for directory in '$(DESTDIR)$(state_dir)' '$(DESTDIR)$(state_dir)/tokens' \
	  '$(DESTDIR)$(state_dir)/journal' '$(DESTDIR)$(state_dir)/spool'; do \
	  $(MKDIR_P) "$$directory" && chmod 0700 "$$directory" || exit 1; \
	  if test "`id -u`" = 0 && id '$(service_user)' >/dev/null 2>&1; then \
	    chown '$(service_user):$(service_group)' "$$directory" || exit 1; \
	  fi; \
	done
.PHONY: install-backend-modes

check_PROGRAMS += backend/test-supervisor
backend_test_supervisor_SOURCES = backend/test-supervisor.c
backend_test_supervisor_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
backend_test_supervisor_LDADD = $(GLIB_LIBS)
