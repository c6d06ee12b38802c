/* Running a meeting: the clause on the table, a note, and the notes of this clause. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { entityOf } from "./ids.js";
import { emptyNote, noteForm, saveNote } from "./note.js";
import { noteList } from "./notes.js";
import { button, notice, second, title } from "./parts.js";
import { photoButton } from "./photos.js";
import { day, inLanguage, language, t } from "./words.js";

/* What is on the table, and since when: this device's own, and no part of the record. */
export async function openTable(app) {
  const { meeting } = app;
  const first = meeting.pack.agenda[0]?.clause ?? "";
  const draft = await openDraft(app.field, `table:${meeting.id}`, () => ({ clause: first, since: 0, spent: {} }));
  if (draft.now().clause && !meeting.clauses.has(draft.now().clause)) draft.set({ clause: first, since: 0 });
  const spent = (clause) => {
    const { clause: now, since, spent: before } = draft.now();
    return (before[clause] ?? 0) + (clause === now && since ? Math.max(0, Date.now() - since) : 0);
  };
  return {
    get clause() {
      return draft.now().clause;
    },
    put(clause) {
      const { clause: before, spent: all } = draft.now();
      return draft.set({ clause, since: Date.now(), spent: { ...all, [before]: spent(before) } });
    },
    begin: () => draft.now().since || draft.set({ since: Date.now() }),
    minutesLeft(item) {
      return item?.minutes ? Math.ceil(item.minutes - spent(item.clause) / 60000) : null;
    },
  };
}

export async function run(app) {
  const { meeting } = app;
  const table = await openTable(app);
  const draft = await openDraft(app.field, `note:${meeting.id}`, () => emptyNote(meeting, table.clause));
  const tick = setInterval(() => app.redraw(), 20000);
  table.begin();
  let problem = "";

  async function put(clause) {
    await table.put(clause);
    if (!draft.now().words.trim()) await draft.set({ clauses: clause ? [clause] : [] });
    app.redraw();
    app.focusTitle();
    app.say(t("now-on-the-table", { clause: app.meeting.clauseName(clause, t("whole-document")) }));
  }

  async function keep() {
    problem = saveNote.refusal(app.meeting, draft.now());
    if (problem) {
      app.redraw();
      document.getElementById("note")?.focus();
      return;
    }
    const kept = await app.kept(() => saveNote(app, draft.now()));
    if (!kept) return;
    await draft.clear();
    app.redraw();
    document.getElementById("note")?.focus();
    app.say(t("note-kept"));
  }

  return {
    title: t("workshop-in", { place: meeting.pack.workshop.place }),
    leave: () => clearInterval(tick),
    body: () => [
      onTheTable(app, table, put),
      cautions(app),
      app.meeting.may("notes") === "refused" || app.meeting.may("notes") === "withdrawn"
        ? closedForm(app)
        : noteForm(app, draft, { table, problem, save: keep, words: t("keep-this-note") }),
      noteList(app, table.clause),
    ],
    bar: () => saveBar(app, keep, table.clause),
  };
}

function onTheTable(app, table, put) {
  const { meeting } = app;
  const { agenda } = meeting.pack;
  const place = agenda.findIndex((one) => one.clause === table.clause);
  const clause = meeting.clauses.get(table.clause);
  const item = agenda[place];
  const prompt = inLanguage(item?.prompt, meeting.language);
  const plain = inLanguage(clause?.plain, meeting.language);
  const second_ = meeting.language === language() ? null : inLanguage(item?.prompt, language());
  const asked = prompt.words || plain.words || clause?.heading || "";
  return h(
    "div",
    { class: "agenda", key: "agenda" },
    title(t("workshop-in-on", { place: meeting.pack.workshop.place, day: day(meeting.pack.workshop.held_on) }), { class: "aloud" }),
    h(
      "div",
      { class: "row spread" },
      h("span", { class: "kind" }, place < 0 ? t("general-talk") : t("clause-of", { place: place + 1, of: agenda.length }), " ", minutes(table, item)),
      h("a", { class: "button second", href: `${meeting.address}/menu` }, t("menu")),
    ),
    clause
      ? h("p", { class: "prompt", lang: prompt.words ? prompt.lang : plain.lang, dir: "auto" }, clause.number, " ", asked)
      : h("p", { class: "prompt" }, t("whole-document")),
    second_?.words && second_.lang !== prompt.lang && h("p", { class: "quiet", lang: second_.lang, dir: "auto" }, second_.words),
    clause && clauseText(clause, plain),
    item?.vote && voteOnIt(meeting, item),
    agenda.length > 1 &&
      h(
        "div",
        { class: "steps" },
        second([symbol("previous"), " ", t("previous-clause")], () => put(agenda[place - 1].clause), { disabled: place <= 0 }),
        second([t("next-clause"), " ", symbol("next")], () => put(agenda[place + 1].clause), { disabled: place >= agenda.length - 1 }),
      ),
  );
}

function minutes(table, item) {
  const left = table.minutesLeft(item);
  if (left === null) return null;
  return h("span", {}, "· ", symbol("clock"), " ", left >= 0 ? t("minutes-left", { n: left }) : t("minutes-over", { n: -left }));
}

/* The way to the vote that is planned with this clause, or was begun. */
function voteOnIt(meeting, { clause }) {
  const entity = entityOf("vote", clause);
  const end = meeting.the(entity) ? `vote/${encodeURIComponent(entity)}` : `vote/planned/${clause}`;
  return h("p", {}, h("a", { class: "button second wide", href: `${meeting.address}/${end}` }, t("dots-on-this")));
}

function clauseText(clause, plain) {
  return h(
    "details",
    { key: `text-${clause.id}` },
    h("summary", {}, t("read-the-clause")),
    plain.words && h("p", { class: "said", lang: plain.lang, dir: "auto" }, plain.words),
    h("h2", {}, clause.number, " ", clause.heading),
    clause.body && h("p", { class: "body", dir: "auto" }, clause.body),
    clause.code && h("p", { class: "quiet" }, t("text-code", { code: clause.code })),
  );
}

export function cautions(app) {
  const { meeting } = app;
  const asked = meeting.may("notes");
  return [
    meeting.isFinished && notice("info", t("meeting-is-closed"), h("p", {}, h("a", { href: `${meeting.address}/close` }, t("open-again")))),
    meeting.isClosed && notice("care", t("round-closed")),
    !asked && notice("care", t("ask-consent-first"), h("p", {}, h("a", { href: `${meeting.address}/consents` }, t("ask-now")))),
    meeting.conflicts.length > 0 &&
      notice("care", t("two-devices", { n: meeting.conflicts.length }), h("p", {}, h("a", { href: `${meeting.address}/close` }, t("look-at-them")))),
  ];
}

function closedForm(app) {
  const { meeting } = app;
  return notice(
    "refused",
    meeting.may("notes") === "withdrawn" ? t("notes-withdrawn") : t("notes-refused"),
    h("p", {}, h("a", { href: `${meeting.address}/consents` }, t("consents"))),
  );
}

function saveBar(app, keep, clause) {
  const { meeting } = app;
  const refused = ["refused", "withdrawn"].includes(meeting.may("notes"));
  return h(
    "div",
    {},
    button(t("keep-this-note"), keep, { disabled: refused }),
    photoButton(app, clause),
    h(
      "a",
      { class: "button second", href: `${meeting.address}/sound`, "aria-current": app.recorder.isRunning(meeting.id) ? "true" : null },
      symbol("voice"),
      h("span", { class: "aloud" }, app.recorder.isRunning(meeting.id) ? t("sound-is-recorded") : t("record-sound")),
    ),
  );
}

/* Every clause of the agenda, to put any on the table. */
export async function agenda(app) {
  const table = await openTable(app);
  const put = async (clause) => {
    await table.put(clause);
    app.go(app.meeting.address);
  };
  return {
    title: t("agenda"),
    body: () => {
      const { meeting } = app;
      return [
        title(t("agenda")),
        h(
          "ol",
          { class: "places" },
          [...meeting.pack.agenda, { clause: "", minutes: 0 }].map((item) => {
            const clause = meeting.clauses.get(item.clause);
            const notes = meeting.all("note").filter((one) => one.get("clauses", []).includes(item.clause || "whole")).length;
            return h(
              "li",
              { key: `item-${item.clause}` },
              h(
                "button",
                { type: "button", "aria-current": item.clause === table.clause ? "true" : null, on: { click: () => put(item.clause) } },
                h("span", { dir: "auto" }, clause ? `${clause.number} ${clause.heading}` : t("whole-document")),
                h("small", {}, t("notes-number", { n: notes }), item.minutes ? ` · ${t("minutes", { n: item.minutes })}` : ""),
              ),
            );
          }),
        ),
      ];
    },
  };
}
