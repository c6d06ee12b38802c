/* A field trial: the checklist of a stage, gone through with one producer after the other. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { entityOf, idOf } from "./ids.js";
import { differing } from "./notes.js";
import { back, button, choice, chosenFrom, notice, places, second, title, typed } from "./parts.js";
import { photoButton } from "./photos.js";
import { cautions } from "./run.js";
import { day, t } from "./words.js";

const MET = () => [["met", t("met")], ["partly", t("partly")], ["not-met", t("not-met")], ["not-applicable", t("not-applicable")]];
const ABILITY = () => [["can", t("can")], ["with_help", t("with-help")], ["cannot", t("cannot")]];
const SAID = () => [["evidence", t("evidence")], ["cost", t("cost")], ["obstacle", t("obstacle")], ["benefit", t("benefit")], ["note", t("other-remark")]];
const today = () => new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 10);
const answerOf = (respondent, clause) => `answer:${idOf(respondent)}:${clause}`;

/* Every producer who was asked, with how far one is. */
export async function trial(app) {
  return {
    title: t("field-trial"),
    body: () => {
      const { meeting } = app;
      const all = meeting.all("respondent");
      const { questions } = meeting.pack.trial;
      const done = (one) => questions.filter((question) => meeting.get(answerOf(one.key, question.clause), "met")).length;
      return [
        h("div", { class: "heading" }, title(t("trial-in", { place: meeting.pack.workshop.place })), h("a", { class: "button second", href: `${meeting.address}/menu` }, t("menu"))),
        h("p", { class: "quiet", dir: "auto" }, meeting.pack.trial.title),
        cautions(app),
        h("p", {}, h("a", { class: "button wide", href: `${meeting.address}/respondent/new` }, t("begin-with-producer"))),
        all.length
          ? places(
              t("producers"),
              all.map((one) => [`${meeting.address}/respondent/${encodeURIComponent(one.key)}`, nameOf(meeting, one), t("answered-of", { n: done(one), of: questions.length })]),
            )
          : h("p", { class: "quiet" }, t("no-producers-yet")),
      ];
    },
  };
}

function nameOf(meeting, one) {
  const number = meeting.every("respondent").findIndex((other) => other.key === one.key) + 1;
  return [t("producer-number", { n: number }), meeting.category(one.get("group", "")), one.get("producer", "")].filter(Boolean).join(" · ");
}

/* Who is asked: their group and kind, and the day; then the questions. */
export async function respondent(app, wanted) {
  const isNew = wanted === "new";
  const entity = isNew ? entityOf("respondent") : wanted;
  const found = isNew ? null : app.meeting.the(entity);
  if (!isNew && !found) return app.missing();
  const begin = () => ({
    producer: found?.get("producer", "") ?? app.meeting.pack.trial.producer ?? "",
    group: found?.get("group", "") ?? "",
    held_on: found?.get("held_on", "") || today(),
  });
  const draft = await openDraft(app.field, `respondent:${app.meeting.id}:${wanted}`, begin);
  const write = (fields) => app.kept(() => app.field.write(app.meeting.id, "respondent", entity, fields));
  async function keep() {
    if (!(await write(draft.now()))) return;
    await draft.clear();
    app.go(`${app.meeting.address}/check/${encodeURIComponent(entity)}/${next(app.meeting, entity)}`);
  }
  return {
    title: t("producer"),
    body: () => {
      const { meeting } = app;
      const now = draft.now();
      const set = (changes) => (draft.set(changes), app.redraw());
      const one = meeting.the(entity);
      if (one?.removed) {
        return [back(meeting.address, t("field-trial")), title(nameOf(meeting, one)), notice("info", t("taken-away")), button(t("put-back"), () => write({ removed: false }))];
      }
      return [
        back(meeting.address, t("field-trial")),
        title(one ? nameOf(meeting, one) : t("begin-with-producer")),
        differing(one),
        h("p", { class: "quiet" }, t("no-name-needed")),
        choice("group", t("who-are-they"), meeting.pack.categories.map((category) => [category.key, meeting.category(category.key)]), now.group, (group) => set({ group }), { free: true }),
        chosenFrom("producer", t("kind-of-producer"), producers(now.producer), now.producer, (producer) => set({ producer }), { optional: true }),
        typed("held-on", t("day-asked"), now.held_on, (held_on) => draft.set({ held_on }), { type: "date", max: "2100-01-01" }),
        one && h("section", { class: "part", "aria-labelledby": "all-questions" }, h("h2", { id: "all-questions" }, t("questions")), places(t("questions"), questionLinks(meeting, entity))),
        one && second([symbol("withdrawn"), " ", t("take-away")], () => write({ removed: true })),
      ];
    },
    bar: () => h("div", { class: "single" }, button(t("go-on-to-questions"), keep)),
  };
}

function producers(chosen) {
  const known = [
    ["cooperative", t("producer-cooperative")],
    ["informal-group", t("producer-informal-group")],
    ["communal-land", t("producer-communal-land")],
    ["contract", t("producer-contract")],
    ["trader-network", t("producer-trader-network")],
    ["sharecropping", t("producer-sharecropping")],
    ["mixed-venture", t("producer-mixed-venture")],
    ["service-network", t("producer-service-network")],
    ["concession", t("producer-concession")],
    ["unorganised", t("producer-unorganised")],
  ];
  return [["", t("not-said")], ...known, ...(chosen && !known.some(([code]) => code === chosen) ? [[chosen, chosen]] : [])];
}

function questionLinks(meeting, entity) {
  const met = Object.fromEntries(MET());
  return meeting.pack.trial.questions.map((question, place) => [
    `${meeting.address}/check/${encodeURIComponent(entity)}/${place + 1}`,
    `${question.number} ${question.heading}`.trim(),
    met[meeting.get(answerOf(entity, question.clause), "met")] ?? t("not-answered"),
  ]);
}

/* The first question that has no answer yet, counted from 1. */
function next(meeting, entity) {
  const place = meeting.pack.trial.questions.findIndex((question) => !meeting.get(answerOf(entity, question.clause), "met"));
  return place < 0 ? 1 : place + 1;
}

/* One question of the checklist; each answer is kept as it is given. */
export async function check(app, entity, numbered) {
  const { questions } = app.meeting.pack.trial;
  const number = Number(numbered);
  const question = questions[number - 1];
  if (!question || !app.meeting.the(entity)) return app.missing();
  const answer = answerOf(entity, question.clause);
  const stored = () => Object.fromEntries(SAID().map(([field]) => [field, app.meeting.get(answer, field)]));
  const draft = await openDraft(app.field, `answer:${app.meeting.id}:${answer}`, stored);
  const write = (fields) => app.kept(() => app.field.write(app.meeting.id, "answer", answer, { respondent: entity, clause: question.clause, ...fields }));
  async function keepWords() {
    const now = draft.now();
    const before = stored();
    const changed = Object.fromEntries(Object.entries(now).filter(([field, words]) => words.trim() !== before[field]).map(([field, words]) => [field, words.trim()]));
    return Object.keys(changed).length ? write(changed) : true;
  }
  async function goOn() {
    if (!(await keepWords())) return;
    await draft.clear();
    app.go(number < questions.length ? `${app.meeting.address}/check/${encodeURIComponent(entity)}/${number + 1}` : app.meeting.address);
  }
  const at = (end) => `${app.meeting.address}/${end}`;
  return {
    title: `${question.number} ${question.heading}`,
    body: () => {
      const { meeting } = app;
      const now = draft.now();
      return [
        back(at(`respondent/${encodeURIComponent(entity)}`), nameOf(meeting, meeting.the(entity))),
        h("p", { class: "kind" }, t("question-of", { n: number, of: questions.length })),
        title(`${question.number} ${question.heading}`.trim(), { dir: "auto" }),
        h("p", { class: "prompt", dir: "auto" }, question.text),
        question.how && h("p", { class: "quiet", dir: "auto" }, question.how),
        differing(meeting.the(answer)),
        choice("met", t("is-it-met"), MET(), meeting.get(answer, "met"), (met) => write({ met }), { free: true }),
        choice("ability", t("could-they"), ABILITY(), meeting.get(answer, "ability"), (ability) => write({ ability }), { free: true }),
        SAID().map(([field, words]) => typed(field, words, now[field], (value) => draft.set({ [field]: value }), { rows: 2, optional: true, on: { change: keepWords } })),
        photoFor(app, answer, question, entity),
        number > 1 && h("p", {}, h("a", { class: "button second", href: at(`check/${encodeURIComponent(entity)}/${number - 1}`) }, symbol("previous"), " ", t("question-before"))),
      ];
    },
    bar: () => h("div", { class: "single" }, button(number < questions.length ? t("keep-and-next") : t("keep-and-end"), goOn)),
  };
}

/* A photograph of this clause: the one that is taken here is tied to the answer. */
function photoFor(app, answer, question, entity) {
  const { meeting } = app;
  const pictures = meeting.all("photo").filter((one) => one.get("clause", "") === question.clause);
  const tie = (photo) => app.kept(() => app.field.write(meeting.id, "answer", answer, { respondent: entity, clause: question.clause, photo }));
  return h(
    "div",
    { class: "field", key: "photo-of-answer" },
    h("div", {}, photoButton(app, question.clause, { wide: true, words: t("take-a-photograph"), then: tie })),
    pictures.length > 0 &&
      chosenFrom(
        "photo",
        t("photo-of-answer"),
        [["", t("no-photo")], ...pictures.map((one, place) => [one.key, one.get("caption", "") || t("photo-number", { n: place + 1 })])],
        meeting.get(answer, "photo"),
        tie,
        { optional: true },
      ),
  );
}
