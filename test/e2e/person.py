# SPDX-License-Identifier: Apache-2.0
"""Plays the person who signs in with a browser: opens the address, enters the code if one is asked
for, logs in and agrees, each step told on standard output.

    python3 -m e2e.person --ca CA.pem --login scanner@example.test URL [CODE]
"""

import argparse
import http.cookiejar
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser


class Page(HTMLParser):
    """What a person sees of a page: its title, its form, its text."""

    def __init__(self, url, text):
        super().__init__()
        self.url = url
        self.title = ""
        self.words = []
        self.action = None
        self.fields = {}
        self.links = {}  # text: address
        self._inside = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = urllib.parse.urljoin(self.url, attributes.get("action") or self.url)
        elif tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "a":
            self._link = urllib.parse.urljoin(self.url, attributes.get("href") or "")
        if tag not in ("input", "meta", "br", "link", "img", "hr"):
            self._inside.append(tag)

    def handle_endtag(self, tag):
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data):
        if "title" in self._inside:
            self.title += data
        elif not {"style", "script"} & set(self._inside) and data.strip():
            self.words.append(" ".join(data.split()))
            if "a" in self._inside:
                self.links[self.words[-1]] = self._link

    @property
    def text(self):
        return " | ".join(self.words)


class Elsewhere(urllib.request.HTTPRedirectHandler):
    """Redirects, as far as the browser's machine can follow them."""

    def __init__(self, issuer_only):
        self.issuer_only = issuer_only

    def redirect_request(self, request, reply, code, words, headers, url):
        if self.issuer_only and urllib.parse.urlsplit(url).scheme == "http":
            raise Unreachable(url)
        return super().redirect_request(request, reply, code, words, headers, url)


class Unreachable(Exception):
    """The browser was sent where nobody listens on this machine."""

    def __init__(self, url):
        super().__init__(url)
        self.url = url


class Person:
    """A person with a browser that keeps cookies and trusts one CA. elsewhere: on another machine,
    from where no http address is reached."""

    def __init__(self, ca_file, say=print, elsewhere=False):
        self._browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), Elsewhere(elsewhere),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self._say = say

    def _open(self, url, form=None):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            with self._browser.open(url, data, timeout=20) as reply:
                return Page(reply.url, reply.read().decode())
        except urllib.error.HTTPError as error:  # the provider's error pages are pages too
            return Page(error.url, error.read().decode())

    def sign_in(self, url, code=None, login="scanner@example.test", deny=False):
        """From the first page to the end. Returns the last page's text. Unreachable: a redirect
        leads to where this machine cannot go."""
        self._say(f"  [person] opens {url}")
        page = self._open(url)
        for _ in range(8):
            if page.action is None:
                self._say(f"  [person] reads: {page.text}")
                return page.text
            if deny and "[ Cancel ]" in page.links:
                self._say(f"  [person] declines: {page.title}")
                return self._open(page.links["[ Cancel ]"]).text
            form = self._fill_in(page, code, login, deny)
            page = self._open(page.action, form)
            if "abort" in form:
                self._say(f"  [person] reads: {page.text}")
                return page.text
        raise AssertionError(f"the sign-in does not end: {page.url}: {page.text}")

    def _fill_in(self, page, code, login, deny):
        form = dict(page.fields)
        if "login" in form:
            self._say(f"  [person] logs in as {login}")
            form.update(login=login, password="any password does here")
        elif "user_code" in form and not form["user_code"]:
            if code is None:
                raise AssertionError(f"the page asks for a code: {page.text}")
            self._say(f"  [person] enters the code {code}")
            form["user_code"] = code
        elif deny:
            self._say(f"  [person] declines: {page.title}")
            form["abort"] = "yes"
        else:
            self._say(f"  [person] agrees: {page.title}")
        return form


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ca", required=True)
    parser.add_argument("--login", default="scanner@example.test")
    parser.add_argument("--deny", action="store_true")
    parser.add_argument("url")
    parser.add_argument("code", nargs="?")
    arguments = parser.parse_args()
    text = Person(arguments.ca).sign_in(arguments.url, arguments.code, arguments.login,
                                        arguments.deny)
    return 0 if "success" in text.lower() else 1


if __name__ == "__main__":
    sys.exit(main())
