/* The safe copy: everything on this phone in one locked file, made and brought back. */
import { makeBackup, bringBackup } from "./backup.js";
import { h } from "./dom.js";
import { back, button, notice, title, typed } from "./parts.js";
import { bytes, clock, day, t } from "./words.js";

const LEAST = 10;

export async function safe(app) {
  let [first, again, opening] = ["", "", ""];
  let [file, made, brought, problem, problemIn] = [null, null, null, "", ""];
  let last = await app.field.draft("last-safe-copy");

  async function make() {
    problem = first.length < LEAST ? t("error-short-passphrase") : first !== again ? t("passphrases-differ") : "";
    if (problem) {
      app.redraw();
      document.getElementById(first.length < LEAST ? "first" : "again")?.focus();
      return;
    }
    app.say(t("copy-is-made"));
    const blob = await app.kept(() => makeBackup(app.field, first));
    if (!blob) return;
    if (made) URL.revokeObjectURL(made.address);
    made = { address: URL.createObjectURL(blob), size: blob.size, name: `baraza-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.baraza` };
    [first, again] = ["", ""];
    last = Date.now();
    await app.field.draft("last-safe-copy", last);
    app.redraw();
    document.getElementById("save-copy")?.focus();
    app.say(t("copy-made", { size: bytes(made.size) }));
  }
  async function bring() {
    problemIn = file ? "" : t("choose-a-file");
    if (!problemIn) {
      app.say(t("copy-is-read"));
      try {
        brought = await bringBackup(app.field, file, opening);
        opening = "";
        app.say(broughtWords(brought));
      } catch (error) {
        problemIn = app.errorWords(error);
      }
    }
    app.redraw();
    if (problemIn) document.getElementById(file ? "opening" : "file")?.focus();
  }
  return {
    title: t("safe-copy"),
    leave: () => made && URL.revokeObjectURL(made.address),
    body: () => [
      back("#/", t("meetings")),
      title(t("safe-copy")),
      h("p", {}, t("safe-copy-why")),
      h("p", { class: "quiet" }, last ? t("last-copy", { day: day(isoDay(last)), clock: clock(new Date(last)) }) : t("no-copy-yet")),
      h(
        "form",
        { class: "part", "aria-labelledby": "make-title", on: { submit: (event) => (event.preventDefault(), make()) } },
        h("h2", { id: "make-title" }, t("make-a-copy")),
        secret("first", t("passphrase"), first, (value) => (first = value), { hint: t("passphrase-hint"), error: problem, autocomplete: "new-password" }),
        secret("again", t("passphrase-again"), again, (value) => (again = value), { autocomplete: "new-password" }),
        h("button", { class: "button wide" }, t("make-the-copy")),
        made && notice("done", t("copy-made", { size: bytes(made.size) }), h("p", {}, h("a", { class: "button", id: "save-copy", href: made.address, download: made.name }, t("save-the-file")))),
      ),
      h(
        "form",
        { class: "part", "aria-labelledby": "bring-copy-title", on: { submit: (event) => (event.preventDefault(), bring()) } },
        h("h2", { id: "bring-copy-title" }, t("bring-a-copy")),
        h("p", { class: "hint" }, t("bring-copy-hint")),
        h(
          "div",
          { class: "field", key: "field-file" },
          h("label", { for: "file" }, t("file")),
          h("input", { id: "file", type: "file", on: { change: (event) => ([file] = event.target.files) } }),
        ),
        secret("opening", t("passphrase-of-copy"), opening, (value) => (opening = value), { error: problemIn, autocomplete: "off" }),
        h("button", { class: "button second wide" }, t("bring-it-back")),
        brought && notice("done", broughtWords(brought)),
      ),
    ],
  };
}

const secret = (id, words, value, input, told) => typed(id, words, value, input, { type: "password", ...told });
const isoDay = (moment) => new Date(moment - new Date(moment).getTimezoneOffset() * 60000).toISOString().slice(0, 10);
const broughtWords = ({ operations, objects, already }) => t("copy-brought", { n: operations, objects, already });
