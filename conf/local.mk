# SPDX-License-Identifier: Apache-2.0
# conf/: what is configured, and the systemd units.

conf_in = \
  conf/apparmor/scan-email-oauth-setup.in \
  conf/apparmor/scan-email-queues.in \
  conf/scan-email.conf.in \
  conf/scan-email-refresh.service.in \
  conf/scan-email-release.service.in \
  conf/scan-email-secrets.service.in \
  conf/scan-email-token-key.service.in \
  conf/sysusers.d/scan-email.conf.in \
  conf/tmpfiles.d/scan-email.conf.in
conf_generated = $(conf_in:.in=)
EXTRA_DIST += $(conf_in) conf/providers.conf conf/scan-email-refresh.timer \
  conf/scan-email-release.timer
CLEANFILES += $(conf_generated)

$(conf_generated): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SUBSTITUTE) $(srcdir)/$@.in > $@.tmp && mv $@.tmp $@
conf/apparmor/scan-email-oauth-setup: conf/apparmor/scan-email-oauth-setup.in
conf/apparmor/scan-email-queues: conf/apparmor/scan-email-queues.in
conf/scan-email.conf: conf/scan-email.conf.in
conf/scan-email-refresh.service: conf/scan-email-refresh.service.in
conf/scan-email-release.service: conf/scan-email-release.service.in
conf/scan-email-secrets.service: conf/scan-email-secrets.service.in
conf/scan-email-token-key.service: conf/scan-email-token-key.service.in
conf/sysusers.d/scan-email.conf: conf/sysusers.d/scan-email.conf.in
conf/tmpfiles.d/scan-email.conf: conf/tmpfiles.d/scan-email.conf.in

presetsdir = $(datadir)/scan-email
dist_presets_DATA = conf/providers.conf
if WITH_SECRET_SERVICE
dist_presets_DATA += conf/secrets-bus.conf
endif

if WITH_SYSTEMD
systemdsystemunit_DATA = \
  conf/scan-email-refresh.service conf/scan-email-refresh.timer \
  conf/scan-email-release.service conf/scan-email-release.timer \
  conf/scan-email-token-key.service
if WITH_SECRET_SERVICE
systemdsystemunit_DATA += conf/scan-email-secrets.service
endif
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = conf/sysusers.d/scan-email.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
tmpfiles_DATA = conf/tmpfiles.d/scan-email.conf
endif

if WITH_APPARMOR
apparmor_DATA = conf/apparmor/scan-email-oauth-setup conf/apparmor/scan-email-queues
endif

# The configuration is the admin's: installed where there is none, removed only as it came. It is the
# service group's to read, the state directory the service user's, where these exist already. In a
# directory that is the service user's root does nothing: what is found there may lead elsewhere. Where
# there is no such user yet (a package being built), its package gives it the directories.
INSTALL_HOOKS += install-conf
install-conf: conf/scan-email.conf
	$(MKDIR_P) "$(DESTDIR)$(cups_serverroot)"
	@config="$(DESTDIR)$(cups_serverroot)/scan-email.conf"; \
	if test -e "$$config"; then \
	  echo "$$config stays as it is"; \
	else \
	  echo "installing $$config"; \
	  $(INSTALL) -m 0640 conf/scan-email.conf "$$config" || exit 1; \
	  if test "`id -u`" = 0 && getent group "$(service_group)" >/dev/null; then \
	    chgrp "$(service_group)" "$$config" || exit 1; \
	  fi; \
	fi
	@top="$(DESTDIR)$(state_dir)"; \
	$(MKDIR_P) "$${top%/*}"; \
	test -e "$$top" || mkdir -m 0700 "$$top" || exit 1; \
	if test ! -O "$$top"; then \
	  echo "$$top stays as it is"; \
	else \
	  chmod 0700 "$$top" && cd "$$top" && \
	    mkdir -p -m 0700 tokens journal spool orphans || exit 1; \
	  if test "`id -u`" = 0 && getent passwd "$(service_user)" >/dev/null; then \
	    chown "$(service_user):$(service_group)" tokens journal spool orphans . || exit 1; \
	  fi; \
	fi
# Directories of ours go if nothing is left in them.
UNINSTALL_HOOKS += uninstall-conf
uninstall-conf:
	@config="$(DESTDIR)$(cups_serverroot)/scan-email.conf"; \
	if cmp -s conf/scan-email.conf "$$config"; then rm -f "$$config"; fi
	@for directory in "$(presetsdir)" "$(pkglibdir)" "$(state_dir)"/tokens "$(state_dir)"/journal \
	  "$(state_dir)"/spool "$(state_dir)"/orphans "$(state_dir)"; do \
	  if test -d "$(DESTDIR)$$directory"; then \
	    rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$directory"; \
	  fi; \
	done
.PHONY: install-conf uninstall-conf

dist_check_SCRIPTS += conf/test-apparmor conf/test-units
TESTS += conf/test-apparmor conf/test-units
check_DATA = $(conf_generated)
