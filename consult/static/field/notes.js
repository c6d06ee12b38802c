/* The notes of a clause: read them, read them aloud, change them, take them away and put them back. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { madeAt } from "./ids.js";
import { draftOf, noteForm, saveNote } from "./note.js";
import { back, button, notice, second, title } from "./parts.js";
import { clock, t } from "./words.js";

export function noteList(app, clause) {
  const { meeting } = app;
  const here = meeting.every("note").filter((one) => belongs(one, clause)).reverse();
  const notes = here.filter((one) => !one.removed);
  const others = meeting.all("note").filter((one) => !belongs(one, clause)).reverse();
  const gone = here.filter((one) => one.removed);
  return h(
    "section",
    { class: "part", "aria-labelledby": "notes-title", key: "notes" },
    h("h2", { id: "notes-title" }, clause ? t("notes-on", { clause: meeting.clauseName(clause, "") }) : t("notes-on-whole")),
    notes.length ? notes.map((one) => noteShown(app, one)) : h("p", { class: "quiet" }, t("no-notes-yet")),
    others.length > 0 && folded(app, "others", t("other-notes", { n: others.length }), others),
    gone.length > 0 && folded(app, "gone", t("taken-away-number", { n: gone.length }), gone),
  );
}

const opened = new Set();

/* Notes that are drawn only while somebody looks at them: hundreds would make a cheap telephone slow. */
function folded(app, key, words, notes) {
  const heed = (event) => {
    opened[event.target.open ? "add" : "delete"](key);
    app.redraw();
  };
  return h("details", { key, open: opened.has(key), on: { toggle: heed } }, h("summary", {}, words), opened.has(key) && notes.map((one) => noteShown(app, one)));
}

const belongs = (note, clause) => (clause ? note.get("clauses", []).includes(clause) : !note.get("clauses", []).some((one) => one !== "whole"));

/* One note, with what can be done about it. */
export function noteShown(app, note) {
  const { meeting } = app;
  const who = [meeting.category(note.get("category", "")), meeting.people.find((one) => one.entity === note.get("attendee", ""))?.label].filter(Boolean);
  const about = note.get("clauses", []).map((id) => meeting.clauseName(id, t("whole-document")));
  const address = `${meeting.address}/note/${encodeURIComponent(note.key)}`;
  return h(
    "article",
    { class: "comment", key: note.key },
    h(
      "header",
      {},
      h("span", {}, note.sent ? [symbol("met"), " ", t("sent")] : [symbol("unsent"), " ", t("on-this-phone")]),
      h("span", {}, clock(madeAt(note.key))),
      who.map((one) => h("span", {}, one)),
      about.length > 0 && h("span", {}, about.join(", ")),
    ),
    h("p", { class: "said", lang: note.get("language", "") || null, dir: "auto" }, note.get("words", "")),
    note.conflicts.length > 0 && h("p", { class: "error" }, t("devices-differ")),
    h(
      "footer",
      {},
      note.get("lone", false) && h("span", { class: "lone" }, symbol("lone"), " ", t("lone-voice")),
      note.get("read_back", false) && h("span", {}, symbol("read-back"), " ", t("read-back")),
      note.removed
        ? second(t("put-back"), () => putAway(app, note.key, false))
        : [h("a", { href: `${address}/aloud` }, t("read-aloud")), h("a", { href: address }, t("change"))],
    ),
  );
}

async function putAway(app, entity, removed) {
  await app.kept(() => app.field.write(app.meeting.id, "note", entity, { removed }));
  app.say(removed ? t("taken-away") : t("is-back"));
}

/* Change a note, or take it away. */
export async function changeNote(app, entity) {
  const note = app.meeting.the(entity);
  if (!note) return app.missing();
  const draft = await openDraft(app.field, `change:${app.meeting.id}:${entity}`, () => draftOf(note, app.meeting));
  let problem = "";
  async function keep() {
    problem = saveNote.refusal(app.meeting, draft.now());
    if (problem) {
      app.redraw();
      document.getElementById("note")?.focus();
      return;
    }
    if (!(await app.kept(() => saveNote(app, draft.now(), entity)))) return;
    await draft.clear();
    app.go(app.meeting.address);
    app.say(t("note-kept"));
  }
  async function takeAway() {
    await putAway(app, entity, true);
    await draft.clear();
    app.redraw();
  }
  return {
    title: t("change-the-note"),
    body: () => {
      const { meeting } = app;
      const now = meeting.the(entity);
      if (now.removed) {
        return [
          back(meeting.address, t("back-to-meeting")),
          title(t("change-the-note")),
          notice("info", t("taken-away")),
          button(t("put-back"), () => putAway(app, entity, false)),
        ];
      }
      return [
        back(meeting.address, t("back-to-meeting")),
        title(t("change-the-note")),
        differing(now),
        noteForm(app, draft, { problem, save: keep, words: t("change-the-note") }),
        second([symbol("withdrawn"), " ", t("take-note-away")], takeAway),
      ];
    },
    bar: () => h("div", { class: "single" }, button(t("keep-the-change"), keep)),
  };
}

/* What devices said differently, all of it; keeping the change settles it. */
export function differing(entity) {
  if (!entity?.conflicts.length) return null;
  return notice(
    "care",
    t("devices-differ-here"),
    h(
      "ul",
      {},
      entity.conflicts.flatMap((field) => entity.fields.get(field).values.map((value) => h("li", { dir: "auto" }, `“${[value].flat().join(", ")}”`))),
    ),
  );
}

/* A note in large letters, to be read to those who said it. */
export async function readAloud(app, entity) {
  if (!app.meeting.the(entity)) return app.missing();
  const answer = async (read_back) => {
    await app.kept(() => app.field.write(app.meeting.id, "note", entity, { read_back }));
    app.go(app.meeting.address);
    app.say(read_back ? t("marked-read-back") : t("not-read-back"));
  };
  return {
    title: t("read-this-aloud"),
    body: () => {
      const note = app.meeting.the(entity);
      return [
        back(app.meeting.address, t("back-to-meeting")),
        title(t("read-this-aloud")),
        h("blockquote", { class: "aloud-text", lang: note.get("language", "") || null, dir: "auto" }, note.get("words", "")),
        h("p", { class: "prompt" }, t("is-that-right")),
        h(
          "div",
          { class: "stack" },
          button(t("they-agreed"), () => answer(true), { class: "button wide" }),
          h("a", { class: "button second wide", href: `${app.meeting.address}/note/${encodeURIComponent(entity)}` }, t("change-the-words")),
          second(t("not-agreed"), () => answer(false), { class: "button second wide" }),
        ),
      ];
    },
  };
}
