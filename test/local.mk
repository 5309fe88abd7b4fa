# SPDX-License-Identifier: Apache-2.0
# test/: servers and end-to-end tests; ./check runs them.

# Whatever git has of this folder, a line each, sorted.
EXTRA_DIST += \
  check \
  demo \
  .clang-tidy \
  test/corpus-packages \
  test/cppcheck-suppressions \
  test/debian-packages \
  test/e2e/__init__.py \
  test/e2e/analysis.py \
  test/e2e/bench.py \
  test/e2e/browser.py \
  test/e2e/build.py \
  test/e2e/bulk.py \
  test/e2e/case.py \
  test/e2e/check.py \
  test/e2e/clients.py \
  test/e2e/corpus.py \
  test/e2e/cups.py \
  test/e2e/demo.py \
  test/e2e/documents.py \
  test/e2e/dovecot.py \
  test/e2e/filtered.py \
  test/e2e/filtered_job.py \
  test/e2e/gtk_dialog.py \
  test/e2e/hardening.py \
  test/e2e/images.py \
  test/e2e/installation.py \
  test/e2e/ipp.py \
  test/e2e/leaks.py \
  test/e2e/mail.py \
  test/e2e/person.py \
  test/e2e/pixels.py \
  test/e2e/pki.py \
  test/e2e/process.py \
  test/e2e/provider.py \
  test/e2e/run.py \
  test/e2e/smtp.py \
  test/e2e/test_account.py \
  test/e2e/test_alive.py \
  test/e2e/test_audit.py \
  test/e2e/test_browser.py \
  test/e2e/test_corpus.py \
  test/e2e/test_crash.py \
  test/e2e/test_damage.py \
  test/e2e/test_device_grant.py \
  test/e2e/test_dialog.py \
  test/e2e/test_disk.py \
  test/e2e/test_doubt.py \
  test/e2e/test_faults.py \
  test/e2e/test_formats.py \
  test/e2e/test_grants.py \
  test/e2e/test_held.py \
  test/e2e/test_hostile.py \
  test/e2e/test_images.py \
  test/e2e/test_install.py \
  test/e2e/test_kills.py \
  test/e2e/test_kills_random.py \
  test/e2e/test_language.py \
  test/e2e/test_login.py \
  test/e2e/test_memory.py \
  test/e2e/test_network.py \
  test/e2e/test_notice.py \
  test/e2e/test_pages.py \
  test/e2e/test_pdf_damage.py \
  test/e2e/test_pixels.py \
  test/e2e/test_policy.py \
  test/e2e/test_print.py \
  test/e2e/test_queue.py \
  test/e2e/test_replies.py \
  test/e2e/test_rights.py \
  test/e2e/test_servers.py \
  test/e2e/test_setup_test.py \
  test/e2e/test_size.py \
  test/e2e/test_soak.py \
  test/e2e/test_split.py \
  test/e2e/test_stores.py \
  test/e2e/test_terminal.py \
  test/e2e/test_throttle.py \
  test/e2e/test_tiff.py \
  test/e2e/test_tls.py \
  test/e2e/test_token_endpoint.py \
  test/e2e/test_token_races.py \
  test/e2e/test_waits.py \
  test/e2e/test_words.py \
  test/e2e/tiffs.py \
  test/e2e/token_endpoint.py \
  test/e2e/world.py \
  test/faults/disk.c \
  test/install-packages \
  test/servers/.npmrc \
  test/servers/clients.mjs \
  test/servers/jwt-bearer.mjs \
  test/servers/oidc.mjs \
  test/servers/package-lock.json \
  test/servers/package.json

# The figures of doc/performance.md; as root, after ./check has built everything once.
bench:
	cd $(srcdir)/test && /usr/bin/python3 -m e2e.bench
.PHONY: bench
