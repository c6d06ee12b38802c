/* Votes by dots: the question, the options, and the dots on each, category by category. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { entityOf } from "./ids.js";
import { differing } from "./notes.js";
import { back, button, chosenFrom, counter, notice, places, second, title, typed } from "./parts.js";
import { clauseOptions } from "./photos.js";
import { inLanguage, t } from "./words.js";

const MOST_OPTIONS = 20;

/* What a vote comes to. Nobody's dots are cut: what does not add up is said, and stands. */
export class Tally {
  constructor(meeting, vote) {
    this.meeting = meeting;
    this.options = vote.get("options", []);
    this.dots = vote.get("dots", 1);
    this.cells = vote.family("cell:");
    this.voters = vote.family("people:");
    this.came = Object.fromEntries(meeting.all("attendance").map((one) => [one.get("category", ""), one.get("people", 0)]));
  }

  /* Every category that voted, may vote, or came; the pack's order first. */
  get categories() {
    const known = this.meeting.pack.categories.map((one) => one.key);
    const dotted = Object.keys(this.cells).map((name) => name.slice(name.indexOf(":") + 1));
    const there = [...Object.keys(this.voters), ...dotted, ...Object.keys(this.came).filter((key) => this.came[key])];
    const all = [...new Set(there)];
    return all.length ? [...known.filter((key) => all.includes(key)), ...all.filter((key) => !known.includes(key))] : known;
  }

  cell(option, category) {
    return this.cells[`${option}:${category}`] ?? 0;
  }

  people(category) {
    return this.voters[category] ?? this.came[category] ?? 0;
  }

  placed(category) {
    return this.options.reduce((sum, _, option) => sum + this.cell(option, category), 0);
  }

  onOption(option) {
    return this.categories.reduce((sum, category) => sum + this.cell(option, category), 0);
  }

  get allPlaced() {
    return this.categories.reduce((sum, category) => sum + this.placed(category), 0);
  }

  get allDots() {
    return this.categories.reduce((sum, category) => sum + this.people(category), 0) * this.dots;
  }

  get warnings() {
    const said = [];
    for (const category of this.categories) {
      const name = this.meeting.category(category);
      const [placed, most] = [this.placed(category), this.people(category) * this.dots];
      if (placed > most) said.push(t("too-many-dots", { who: name, placed, most }));
      if (category in this.voters && category in this.came && this.voters[category] > this.came[category]) {
        said.push(t("more-voters-than-came", { who: name, voted: this.voters[category], came: this.came[category] }));
      }
    }
    return said;
  }

  /* `61 placed, 11 left.` */
  get sentence() {
    const left = this.allDots - this.allPlaced;
    return left >= 0 ? t("placed-and-left", { placed: this.allPlaced, left }) : t("placed-too-many", { placed: this.allPlaced, over: -left });
  }
}

export async function votes(app) {
  return {
    title: t("dot-votes"),
    body: () => {
      const { meeting } = app;
      const all = meeting.all("vote");
      const gone = meeting.every("vote").filter((one) => one.removed);
      const planned = plannedVotes(meeting);
      const line = (one) => [`${meeting.address}/vote/${encodeURIComponent(one.key)}`, one.get("question", ""), new Tally(meeting, one).sentence];
      return [
        back(`${meeting.address}/menu`, t("menu")),
        title(t("dot-votes")),
        planned.length > 0 && places(t("planned-votes"), planned.map((one) => [`${meeting.address}/vote/planned/${one.clause}`, one.question, t("planned")])),
        h("p", {}, h("a", { class: "button wide", href: `${meeting.address}/vote/new` }, t("begin-a-vote"))),
        all.length ? places(t("dot-votes"), all.map(line)) : h("p", { class: "quiet" }, t("no-votes-yet")),
        gone.length > 0 && h("details", { key: "gone" }, h("summary", {}, t("taken-away-number", { n: gone.length })), places(t("taken-away"), gone.map(line))),
      ];
    },
  };
}

/* The question, the options and the rule of a vote: new, or to be changed. */
export async function editVote(app, wanted, clause = "") {
  const plan = wanted === "planned" ? plannedVotes(app.meeting).find((one) => one.clause === clause) : null;
  const isNew = wanted === "new" || Boolean(plan);
  // A planned vote is one thing on every device that begins it.
  const entity = plan ? entityOf("vote", clause) : isNew ? entityOf("vote") : wanted;
  const found = app.meeting.the(entity);
  if (!isNew && !found) return app.missing();
  const begin = () => ({
    question: found?.get("question", "") ?? plan?.question ?? "",
    options: (found?.get("options", []) ?? plan?.options ?? []).join("\n"),
    dots: found?.get("dots", 3) ?? plan?.dots ?? 3,
    rule: found?.get("rule", "") || t("rule-each-places"),
    clause: found?.get("clause", "") ?? clause,
  });
  const draft = await openDraft(app.field, `vote:${app.meeting.id}:${wanted}${clause}`, begin);
  let problems = {};
  async function keep() {
    const now = draft.now();
    const options = lines(now.options);
    problems = refusals(now, options);
    if (Object.keys(problems).length) {
      app.redraw();
      document.getElementById(Object.keys(problems)[0])?.focus();
      return;
    }
    const fields = { question: now.question.trim(), options, dots: now.dots, rule: now.rule.trim(), clause: now.clause };
    if (!(await app.kept(() => app.field.write(app.meeting.id, "vote", entity, fields)))) return;
    await draft.clear();
    app.go(`${app.meeting.address}/vote/${encodeURIComponent(entity)}`);
    app.say(t("kept-here"));
  }
  return {
    title: t("vote"),
    body: () => {
      const now = draft.now();
      const set = (changes) => (draft.set(changes), app.redraw());
      return [
        back(`${app.meeting.address}/votes`, t("dot-votes")),
        title(isNew ? t("begin-a-vote") : t("change-the-vote")),
        differing(found && app.meeting.the(entity)),
        typed("question", t("question"), now.question, (question) => draft.set({ question }), { rows: 2, error: problems.question, maxlength: 300 }),
        typed("options", t("options"), now.options, (options) => draft.set({ options }), {
          rows: 4,
          error: problems.options,
          hint: isNew ? t("options-hint") : t("options-hint-change"),
        }),
        counter("dots", t("dots-each"), now.dots, (dots) => set({ dots: Math.min(100, dots) })),
        typed("rule", t("rule"), now.rule, (rule) => draft.set({ rule }), { hint: t("rule-hint"), maxlength: 300 }),
        chosenFrom("clause", t("about-clause"), clauseOptions(app.meeting), now.clause, (clause) => set({ clause }), { optional: true }),
      ];
    },
    bar: () => h("div", { class: "single" }, button(isNew ? t("go-on-to-dots") : t("keep"), keep)),
  };
}

/* Votes that the plan holds and nobody has begun: their question in the meeting's language. */
export function plannedVotes(meeting) {
  return meeting.pack.agenda
    .filter((item) => item.vote && !meeting.the(entityOf("vote", item.clause)))
    .map(({ clause, vote: { question, options, dots } }) => ({ clause, question: inLanguage(question, meeting.language).words, options, dots }));
}

const lines = (written) => written.split("\n").map((one) => one.trim()).filter(Boolean);

function refusals(now, options) {
  const said = {};
  if (!now.question.trim()) said.question = t("question-is-empty");
  if (options.length < 2 || options.length > MOST_OPTIONS) said.options = t("options-too-few");
  else if (options.some((one) => one.length > 200)) said.options = t("option-is-long");
  return said;
}

/* The dots of a vote, one category at a time. */
export async function vote(app, entity) {
  if (!app.meeting.the(entity)) return app.missing();
  let chosen = "";
  const write = (fields) => app.kept(() => app.field.write(app.meeting.id, "vote", entity, fields));
  return {
    title: t("vote"),
    body: () => {
      const { meeting } = app;
      const one = meeting.the(entity);
      const tally = new Tally(meeting, one);
      const keys = meeting.pack.categories.map((category) => category.key);
      const all = [...new Set([...tally.categories, ...keys])];
      chosen = all.includes(chosen) ? chosen : all[0] ?? "";
      if (one.removed) {
        return [back(`${meeting.address}/votes`, t("dot-votes")), title(one.get("question", "")), notice("info", t("taken-away")), button(t("put-back"), () => write({ removed: false }))];
      }
      return [
        back(`${meeting.address}/votes`, t("dot-votes")),
        title(one.get("question", ""), { dir: "auto" }),
        h("p", { class: "quiet", dir: "auto" }, one.get("rule", "")),
        h("p", { class: "figure-line", role: "status" }, t("dots-in-all", { dots: tally.dots, people: tally.allDots / tally.dots || 0, all: tally.allDots }), " ", h("b", {}, tally.sentence)),
        differing(one),
        tally.warnings.length > 0 && notice("care", ...tally.warnings, t("warning-stands")),
        chosenFrom("whose", t("whose-dots"), all.map((key) => [key, `${meeting.category(key)} (${tally.placed(key)})`]), chosen, (key) => {
          chosen = key;
          app.redraw();
        }),
        ofCategory(tally, chosen, write),
        split(tally),
        h(
          "p",
          { class: "row" },
          h("a", { class: "button second", href: `${meeting.address}/vote/${encodeURIComponent(entity)}/change` }, t("change-the-vote")),
          second([symbol("withdrawn"), " ", t("take-away")], () => write({ removed: true })),
        ),
      ];
    },
  };
}

function ofCategory(tally, category, write) {
  const name = tally.meeting.category(category);
  const left = tally.people(category) * tally.dots - tally.placed(category);
  return h(
    "fieldset",
    { class: "counted", key: `dots-${category}` },
    h("legend", {}, t("dots-of", { who: name })),
    counter(`voters-${category}`, t("people-who-vote"), tally.voters[category] ?? tally.came[category] ?? 0, (value) => write({ [`people:${category}`]: value })),
    tally.options.map((words, option) =>
      counter(`cell-${option}-${category}`, words, tally.cell(option, category), (value) => write({ [`cell:${option}:${category}`]: value, ...votersOnce(tally, category) })),
    ),
    h("p", { class: "quiet", role: "status" }, left >= 0 ? t("left-here", { left }) : t("over-here", { over: -left })),
  );
}

/* The number of voters that was only taken over from who came is written down with the first dot. */
function votersOnce(tally, category) {
  return category in tally.voters || !(category in tally.came) ? {} : { [`people:${category}`]: tally.came[category] };
}

function split(tally) {
  const categories = tally.categories.filter((key) => tally.placed(key));
  return h(
    "details",
    { key: "split", open: true },
    h("summary", {}, t("all-dots")),
    h(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": t("all-dots") },
      h(
        "table",
        { class: "table votes" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("option")), h("th", { scope: "col" }, t("all")), categories.map((key) => h("th", { scope: "col" }, tally.meeting.category(key))))),
        h(
          "tbody",
          {},
          tally.options.map((words, option) =>
            h("tr", {}, h("th", { scope: "row", dir: "auto" }, words), h("td", {}, h("b", {}, tally.onOption(option))), categories.map((key) => h("td", {}, tally.cell(option, key)))),
          ),
        ),
      ),
    ),
  );
}
