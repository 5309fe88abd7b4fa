# SPDX-License-Identifier: Apache-2.0
# doc/: the manual pages; configured paths stand in them.

man_in = doc/scan-email.7.in doc/scan-email-providers.7.in doc/scan-email.conf.5.in \
  doc/oauth-setup.8.in
man_generated = $(man_in:.in=)
man_MANS += $(man_generated)
EXTRA_DIST += $(man_in) doc/performance.md
CLEANFILES += $(man_generated)

$(man_generated): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SUBSTITUTE) $(srcdir)/$@.in > $@.tmp && mv $@.tmp $@
doc/scan-email.7: doc/scan-email.7.in
doc/scan-email-providers.7: doc/scan-email-providers.7.in
doc/scan-email.conf.5: doc/scan-email.conf.5.in
doc/oauth-setup.8: doc/oauth-setup.8.in

dist_check_SCRIPTS += doc/test-manuals
TESTS += doc/test-manuals
