/* A note: what was said, who spoke, and what it is about. */
import { h } from "./dom.js";
import { entityOf } from "./ids.js";
import { chosenFrom, choice, second, tick, ticks, typed } from "./parts.js";
import { languageName, t } from "./words.js";

export const GENDERS = () => [["woman", t("woman")], ["man", t("man")], ["other", t("another-gender")]];
export const MARKS = () => [["cost", t("a-cost")], ["obstacle", t("an-obstacle")], ["proposal", t("a-proposal")]];
export const FEELINGS = () => [["for", t("for-it")], ["against", t("against-it")], ["neither", t("neither")]];
const WHOLE = "whole";
const MOST_FOUND = 8;

export const emptyNote = (meeting, clause) => ({
  words: "",
  category: "",
  gender: "",
  attendee: "",
  clauses: clause ? [clause] : [],
  marks: [],
  feeling: "",
  lone: false,
  read_back: false,
  language: meeting.language,
  search: "",
  ...(clause === "" && { clauses: [WHOLE] }),
});

/* What a note that was kept says, to be changed. */
export function draftOf(note, meeting) {
  const empty = emptyNote(meeting, null);
  return Object.fromEntries(Object.entries(empty).map(([field, otherwise]) => [field, note.get(field, otherwise)]));
}

/* Keep a note on this device; `entity` is the note that is changed, a new one without. */
export async function saveNote(app, told, entity = entityOf("note")) {
  const { search, recording, ms, ...fields } = told;
  const heard = recording ? { recording, ms } : {};
  const written = { ...fields, words: told.words.trim(), ...heard };
  const isNew = !app.meeting.the(entity);
  const said = isNew ? Object.fromEntries(Object.entries(written).filter(([, value]) => isSaid(value))) : written;
  await app.field.write(app.meeting.id, "note", entity, said);
  return entity;
}

const isSaid = (value) => value !== "" && value !== false && !(Array.isArray(value) && value.length === 0);

/* Why a note cannot be kept as it stands, in plain words; empty when it can. */
saveNote.refusal = (meeting, told) => {
  if (!told.words.trim()) return t("note-is-empty");
  if (told.words.length > 20000) return t("note-is-long");
  const speaker = meeting.people.find((one) => one.entity === told.attendee);
  if (speaker && ["refused", "withdrawn"].includes(meeting.consent("notes", told.attendee))) return t("speaker-refused", { who: speaker.label });
  return "";
};

/* The form of a note, new or changed; what is typed lies in `draft`. */
export function noteForm(app, draft, { table, problem, save, words }) {
  const { meeting } = app;
  const now = draft.now();
  const set = (changes) => {
    draft.set(changes);
    app.redraw();
  };
  const type = (value) => {
    // Where sound is recorded, a note knows the second at which somebody began to write it.
    const heard = now.words || now.recording ? {} : app.recorder.moment(meeting.id);
    draft.set({ words: value, ...heard });
  };
  return h(
    "form",
    { class: "part", key: "note-form", "aria-label": words, novalidate: true, on: { submit: (event) => (event.preventDefault(), save()) } },
    typed("note", t("what-was-said"), now.words, type, {
      rows: 4,
      class: "text",
      error: problem,
      lang: now.language || null,
      on: { keydown: (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && save() },
    }),
    whoSpoke(meeting, now, set),
    about(app, now, set, table?.clause),
    ticks(t("what-it-holds"), MARKS(), now.marks, (marks) => set({ marks })),
    choice("feeling", t("feeling"), FEELINGS(), now.feeling, (feeling) => set({ feeling }), { free: true }),
    h(
      "fieldset",
      { class: "field" },
      h("legend", { class: "aloud" }, t("marks")),
      tick(t("lone-voice"), t("lone-voice-means"), now.lone, (lone) => set({ lone })),
      tick(t("read-back"), t("read-back-means"), now.read_back, (read_back) => set({ read_back })),
    ),
    chosenFrom("language", t("language-of-note"), tongues(meeting, now.language), now.language, (language) => set({ language })),
  );
}

function whoSpoke(meeting, now, set) {
  const people = meeting.people;
  return [
    choice("category", t("who-spoke"), meeting.pack.categories.map((one) => [one.key, meeting.category(one.key)]), now.category, (category) => set({ category }), {
      free: true,
    }),
    choice("gender", t("gender"), GENDERS(), now.gender, (gender) => set({ gender }), { free: true }),
    people.length > 0 &&
      chosenFrom(
        "attendee",
        t("person-on-the-list"),
        [["", t("nobody-named")], ...people.map((one) => [one.entity, `${one.label} · ${meeting.category(one.category)}`])],
        now.attendee,
        (attendee) => {
          const found = people.find((one) => one.entity === attendee);
          set({ attendee, ...(found?.category && { category: found.category }), ...(found?.gender && { gender: found.gender }) });
        },
        { optional: true },
      ),
  ];
}

function about(app, now, set, table) {
  const { meeting } = app;
  const near = nearClauses(meeting, table, now.clauses);
  const name = (id) => {
    const clause = meeting.clauses.get(id);
    const small = id === table ? t("on-the-table") : clause.heading;
    return [id, clause.number || clause.heading, small];
  };
  const search = now.search.trim();
  return [
    ticks(t("about"), [...near.map(name), [WHOLE, t("whole-document")]], now.clauses, (clauses) => set({ clauses }), !now.clauses.length && t("about-nothing-yet")),
    h(
      "details",
      { key: "other-clauses" },
      h("summary", {}, t("another-clause")),
      typed("search", t("find-a-clause"), now.search, (value) => set({ search: value }), { type: "search", autocomplete: "off", hint: t("find-a-clause-how") }),
      search &&
        h(
          "ul",
          { class: "found", "aria-label": t("clauses-found") },
          found(meeting, search, near).map((clause) =>
            h(
              "li",
              { key: clause.id },
              second(`${clause.number} ${clause.heading}`, () => set({ clauses: [...now.clauses, clause.id], search: "" }), { class: "button second wide", dir: "auto" }),
            ),
          ),
        ),
      search && !found(meeting, search, near).length && h("p", { class: "quiet", role: "status" }, t("no-clause-found")),
    ),
  ];
}

/* The clause on the table and its neighbours on the agenda, then whatever was chosen. */
function nearClauses(meeting, table, chosen) {
  const agenda = meeting.pack.agenda.map((one) => one.clause);
  const place = agenda.indexOf(table);
  const near = place < 0 ? [] : [table, agenda[place + 1], agenda[place - 1]];
  return [...new Set([...near, ...chosen])].filter((id) => id && meeting.clauses.has(id));
}

function found(meeting, search, near) {
  const wanted = search.toLocaleLowerCase();
  const fits = (clause) => {
    if (clause.number === wanted || clause.code === wanted) return 3;
    if (clause.number.startsWith(wanted)) return 2;
    return `${clause.heading} ${clause.body}`.toLocaleLowerCase().includes(wanted) ? 1 : 0;
  };
  return meeting.pack.clauses
    .filter((clause) => !near.includes(clause.id))
    .map((clause) => [fits(clause), clause])
    .filter(([fit]) => fit)
    .sort(([one], [other]) => other - one)
    .slice(0, MOST_FOUND)
    .map(([, clause]) => clause);
}

function tongues(meeting, chosen) {
  const codes = [...new Set([...meeting.pack.workshop.languages, "sw", "en", "fr", "pt", "es", chosen])].filter(Boolean);
  return codes.map((code) => [code, languageName(code)]);
}
