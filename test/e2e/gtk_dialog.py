# SPDX-License-Identifier: Apache-2.0
"""A GTK 3 program that prints one page, and the hands at its print dialog; needs a display.

    gtk_dialog.py PRINTER SCREENSHOT [LABEL=VALUE]...

It chooses the printer, gives the options with these labels in the tab "Advanced" their values (what is
no choice is typed in the place of "Custom"), saves a picture of that tab and prints. It writes, as
JSON, {group: {label: [choice, ...]}}."""

import json
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

STEP = 100  # milliseconds
STEPS = 200


def below(widget, kind):
    """All widgets of a kind from widget down."""
    if widget.__gtype__.name == kind:
        yield widget
    if isinstance(widget, Gtk.Container):
        children = []
        widget.forall(children.append)
        for child in children:
            yield from below(child, kind)


def choose(dialog, name):
    """Puts the cursor on the printer's line; tells whether it is there."""
    for tree in below(dialog, "GtkTreeView"):
        for line in tree.get_model() or ():
            if name in list(line):
                tree.set_cursor(line.path)
                return True
    return False


def advanced_tab(dialog):
    """The tab, turned to; None while the printer's options are not there."""
    (notebook,) = below(dialog, "GtkNotebook")
    for number in range(notebook.get_n_pages()):
        page = notebook.get_nth_page(number)
        if (notebook.get_tab_label_text(page) == "Advanced"
                and any(below(page, "GtkPrinterOptionWidget"))):
            notebook.set_current_page(number)
            return page
    return None


class Option:
    """A line of a group: a label and a box of choices, or a check box."""

    def __init__(self, widgets):
        (self.widget,) = (one for one in widgets if one.__gtype__.name == "GtkPrinterOptionWidget")
        self.combo = next(below(self.widget, "GtkComboBox"), None)
        self.check = next(below(self.widget, "GtkCheckButton"), None)
        label = self.check.get_label() if self.check else next(
            one.get_text() for one in widgets if isinstance(one, Gtk.Label))
        self.label = label.rstrip(":")

    def choices(self):
        return [line[0] for line in self.combo.get_model()] if self.combo else ["off", "on"]

    def set(self, value):
        choices = self.choices()
        if self.check:
            self.check.set_active(value == "on")
        elif value in choices:
            self.combo.set_active(choices.index(value))
        else:
            self.combo.set_active(len(choices) - 1)
            next(below(self.widget, "GtkEntry")).set_text(value)


def groups(tab):
    """{title: [Option, ...]}: a group is a box with a title and a grid of options."""
    found = {}
    for grid in below(tab, "GtkGrid"):
        lines = {}
        for child in grid.get_children():
            lines.setdefault(grid.child_get_property(child, "top-attach"), []).append(child)
        title = next(below(grid.get_parent(), "GtkLabel")).get_text()
        found[title] = [Option(line) for _, line in sorted(lines.items())]
    return found


def hands(printer, screenshot, *values):
    """Yields whenever the dialog needs time."""
    while not (dialogs := [window for window in Gtk.Window.list_toplevels()
                           if window.__gtype__.name == "GtkPrintUnixDialog"]):
        yield "the dialog"
    dialog = dialogs[0]
    while not choose(dialog, printer):
        yield "the printer"
    while not (tab := advanced_tab(dialog)):
        yield "the printer's options"
    shown = groups(tab)
    for value in values:
        label, _, text = value.partition("=")
        next(option for group in shown.values() for option in group if option.label == label).set(text)
    for _ in range(5):
        yield "the picture"
    window = dialog.get_window()
    Gdk.pixbuf_get_from_window(window, 0, 0, window.get_width(), window.get_height()).savev(
        screenshot, "png", [], [])
    json.dump({title: {option.label: option.choices() for option in group}
               for title, group in shown.items()}, sys.stdout)
    dialog.response(Gtk.ResponseType.OK)
    while True:
        yield "the job"


def main():
    work = hands(*sys.argv[1:])
    left = STEPS

    def step():
        nonlocal left
        left -= 1
        waits_for = next(work)
        if left == 0:
            sys.exit(f"no end after {STEP * STEPS} ms: {waits_for}")
        return True

    GLib.timeout_add(STEP, step)
    operation = Gtk.PrintOperation(n_pages=1, job_name="Page of a dialog")
    operation.run(Gtk.PrintOperationAction.PRINT_DIALOG, None)


main()
