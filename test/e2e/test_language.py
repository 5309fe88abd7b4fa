# SPDX-License-Identifier: Apache-2.0
"""Messages and mails in the language of the queue, of who prints, and of who runs oauth-setup. No
locale but C.UTF-8 is needed for that."""

import json

from . import documents, mail
from .case import ACCOUNT, EndToEnd
from .ipp import NAME, attribute

OUTSIDE = "someone@elsewhere.test"


class Jobs(EndToEnd):
    """A job that fails in the worker, of a client with a language."""

    def refused(self, language):
        """What lpstat shows of a job to a recipient that is not allowed."""
        job = self.ipp.print_job(
            self.queue, documents.pdf(), language=language,
            job=attribute(NAME, "email-to", OUTSIDE))
        self.assert_no_mail(job, "canceled", OUTSIDE)
        return self.message(job)

    def assert_german(self, message):
        self.assertTrue(message.startswith("Diese Warteschlange darf keine Mail an"), message)

    def assert_english(self, message):
        self.assertTrue(message.startswith("This queue may not send mail to"), message)

    def test_the_clients_language_is_spoken(self):
        for language in ("de", "de-de", "de-at"):
            with self.subTest(language):
                self.assert_german(self.refused(language))

    def test_the_filter_speaks_it_too(self):
        broken = documents.pdf(2)[:400]
        job = self.ipp.print_job(self.queue, broken, language="de", mime="application/pdf")
        self.assert_no_mail(job, "canceled", "Das Dokument kann nicht gesendet werden: ")
        self.configure(queue={"language": "de"})
        job = self.ipp.print_job(self.queue, broken, language="en", mime="application/pdf")
        self.assert_no_mail(job, "canceled", "Das Dokument kann nicht gesendet werden: ")
        self.configure(queue={"language": "en"})
        job = self.ipp.print_job(self.queue, broken, language="de", mime="application/pdf")
        self.assert_no_mail(job, "canceled", "The document cannot be sent: ")

    def test_lpstat_shows_it(self):
        self.refused("de-de")
        listed = self.cups.run("lpstat", "-l", "-W", "completed", "-o", self.queue).stdout
        self.assertIn("Diese Warteschlange darf keine Mail an", listed)

    def test_an_unknown_language_is_english(self):
        for language in ("en", "xx-yy", "fr"):
            with self.subTest(language):
                self.assert_english(self.refused(language))

    def test_the_queues_language_counts_first(self):
        self.configure(queue={"language": "de"})
        self.assert_german(self.refused("en"))
        self.configure(queue={"language": "en"})
        self.assert_english(self.refused("de"))

    def test_the_mail_is_german_too(self):
        self.configure(queue={"language": "de"})
        job = self.ipp.print_job(self.queue, documents.pdf(2), title="")
        message = self.parsed_mail(job)
        self.assertEqual(message["Subject"], f"Scan von {self.queue}")
        body = mail.body(message)
        self.assertIn(f"Die Druckwarteschlange {self.queue} sendet Ihnen ein Dokument.", body)
        self.assertIn("Seiten: 2", body)
        self.assertRegex(body, r"Größe: \d+(\.\d)? ")

    def test_a_queues_language_without_messages_is_told(self):
        self.configure(queue={"language": "fr"})
        job = self.ipp.print_job(self.queue, documents.pdf(), language="de")
        self.the_mail(job)
        self.cups.wait_job_log(job, "There are no messages in the language")


class Dialogs(EndToEnd):
    """What a print dialog shows, by the PPD that cupsd has made of the queue's driver."""

    def test_the_options_are_german_too(self):
        with open(f"{self.cups.base}/ppd/{self.queue}.ppd") as file:
            lines = file.read().splitlines()
        self.assertIn('*cupsLanguages: "en de"', lines)
        self.assertIn('*de.Translation EmailTo/An: ""', lines)
        self.assertIn('*de.EmailTo None/Wie die Warteschlange vorgibt: ""', lines)
        self.assertIn("*OpenUI *EmailTo/To: PickOne", lines)


class Setup(EndToEnd):
    GERMAN = {"LANG": "de_DE.UTF-8"}

    def status(self, **env):
        return self.world.setup("status", env=env, check=False).stdout

    def test_status_in_the_persons_language(self):
        self.assertIn("angemeldet", self.status(**self.GERMAN))
        self.assertIn("angemeldet", self.status(LANG="en_US.UTF-8", LANGUAGE="de"))
        self.assertIn("angemeldet", self.status(LANG="C.UTF-8", LC_MESSAGES="de_AT"))
        self.assertIn("signed in", self.status(LANG="fr_FR.UTF-8"))
        self.assertIn("signed in", self.status(LANG="C.UTF-8", LANGUAGE="de"))
        self.assertIn("signed in", self.status(LANG="../../etc"))

    def test_what_the_service_user_says_is_german_too(self):
        answer = self.world.setup("test", ACCOUNT, env=self.GERMAN)
        self.assertIn("Namenssuche  localhost ist", answer.stdout)
        self.assertIn(f"<{ACCOUNT}> wird angenommen", answer.stdout)
        self.assertRegex(answer.stdout, r"gültig bis \d{4}-\d\d-\d\d")

    def test_help_is_german(self):
        answer = self.world.setup("login", "--help", env=self.GERMAN).stdout
        self.assertIn("Autorisiert ein Postfach", answer)
        self.assertIn("Name des Absenders", answer)

    def test_json_is_the_same_in_every_language(self):
        accounts = [json.loads(self.world.setup("status", "--json", env=env).stdout)
                    for env in ({}, self.GERMAN)]
        self.assertEqual(*accounts)
