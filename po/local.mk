# SPDX-License-Identifier: Apache-2.0
# po/: the messages in other languages; po/README.md tells a translator what to do.

# What configure has read from po/LINGUAS; nothing with --disable-nls.
po_catalogs = @PO_CATALOGS@
noinst_DATA += $(po_catalogs)
CLEANFILES += $(po_catalogs) po/scan-email.pot po/ppd.po po/ppd.pot
SUFFIXES = .po .mo
.po.mo:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check -o $@ $<

EXTRA_DIST += po/LINGUAS po/README.md po/extract po/de.po
dist_check_SCRIPTS += po/test-translations
TESTS += po/test-translations

INSTALL_HOOKS += install-po
install-po: $(po_catalogs)
	@for language in $(PO_LANGUAGES); do \
	  directory="$(DESTDIR)$(localedir)/$$language/LC_MESSAGES"; \
	  $(MKDIR_P) "$$directory" && \
	  $(INSTALL_DATA) "po/$$language.mo" "$$directory/scan-email.mo" || exit 1; \
	done
UNINSTALL_HOOKS += uninstall-po
uninstall-po:
	@for language in $(PO_LANGUAGES); do \
	  rm -f "$(DESTDIR)$(localedir)/$$language/LC_MESSAGES/scan-email.mo"; \
	done

# Brings what the sources say into every catalog, and makes those that are new in po/LINGUAS.
update-po:
	$(MKDIR_P) po
	XGETTEXT='$(XGETTEXT)' $(srcdir)/po/extract po/scan-email.pot
	@for language in `$(SED) -e '/^#/d' $(srcdir)/po/LINGUAS`; do \
	  catalog="$(srcdir)/po/$$language.po"; \
	  if test -e "$$catalog"; then \
	    echo "$$catalog"; \
	    $(MSGMERGE) --quiet --update --backup=none --no-wrap --add-location=file "$$catalog" po/scan-email.pot; \
	  else \
	    $(MSGINIT) --no-translator --no-wrap --locale="$$language" -i po/scan-email.pot -o "$$catalog"; \
	  fi || exit 1; \
	done
	rm -f po/ppd.po  # ppdpo would add to it
	ppdpo -o po/ppd.po $(srcdir)/ppd/scan-email.drv
	$(SED) -e 's/^msgstr "TRANSLATE.*/msgstr ""/' po/ppd.po >po/ppd.pot
	@for language in `$(SED) -e '/^#/d' $(srcdir)/po/LINGUAS`; do \
	  catalog="$(srcdir)/ppd/scan-email-$$language.po"; \
	  test -e "$$catalog" || $(SED) -e '/^msgid "[^"]/,$$d' "$(srcdir)/po/$$language.po" | \
	    $(SED) -e '/^#:/d' >"$$catalog" && \
	  $(MSGMERGE) --quiet --update --backup=none "$$catalog" po/ppd.pot || exit 1; \
	done
.PHONY: install-po uninstall-po update-po
