/* Who came: counted by category, and the list of those who are on it. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { entityOf } from "./ids.js";
import { GENDERS } from "./note.js";
import { differing } from "./notes.js";
import { back, button, choice, chosenFrom, counter, notice, places, second, tick, title, typed } from "./parts.js";
import { t } from "./words.js";

export const BANDS = () => [["under-18", t("under-18")], ["18-35", t("from-18-to-35")], ["36-60", t("from-36-to-60")], ["over-60", t("over-60")]];

/* How many came, category by category. */
export async function attendance(app) {
  const write = (category, fields) => app.kept(() => app.field.write(app.meeting.id, "attendance", `attendance:${category}`, { category, ...fields }));
  return {
    title: t("who-came"),
    body: () => {
      const { meeting } = app;
      const counted = new Map(meeting.all("attendance").map((one) => [one.get("category", one.key.slice("attendance:".length)), one]));
      const keys = [...new Set([...meeting.pack.categories.map((one) => one.key), ...counted.keys()])];
      return [
        back(`${meeting.address}/menu`, t("menu")),
        title(t("who-came")),
        h("p", { class: "figure-line" }, t("people-came", { n: meeting.people_came })),
        keys.map((key) => ofCategory(meeting, key, counted.get(key), (fields) => write(key, fields))),
      ];
    },
  };
}

function ofCategory(meeting, key, entity, write) {
  const [people, women] = [entity?.get("people", 0) ?? 0, entity?.get("women", null) ?? null];
  const bands = entity?.family("band:") ?? {};
  const inBands = Object.values(bands).reduce((sum, one) => sum + one, 0);
  const seats = meeting.pack.seats?.[key];
  const words = meeting.category(key);
  return h(
    "fieldset",
    { class: "counted", key: `of-${key}` },
    h("legend", {}, words),
    differing(entity),
    counter(`people-${key}`, t("people"), people, (value) => write({ people: value }), seats ? t("seats", { n: seats }) : null),
    counter(`women-${key}`, t("of-them-women"), women, (value) => write({ women: value }), women === null ? t("not-counted") : null),
    h(
      "details",
      { key: `bands-${key}` },
      h("summary", {}, t("ages"), inBands ? ` (${inBands})` : "", h("span", { class: "aloud" }, " ", words)),
      BANDS().map(([band, label]) => counter(`band-${key}-${band}`, label, bands[band] ?? null, (value) => write({ [`band:${band}`]: value }))),
    ),
    women > people && notice("care", t("more-women-than-people", { women, people })),
    inBands > people && notice("care", t("more-ages-than-people", { ages: inBands, people })),
  );
}

/* The list of those who came, each by a label. */
export async function participants(app) {
  let names = await app.field.names(app.meeting.id);
  return {
    title: t("participant-list"),
    refresh: async () => {
      names = await app.field.names(app.meeting.id);
    },
    body: () => {
      const { meeting } = app;
      const people = meeting.people;
      return [
        back(`${meeting.address}/menu`, t("menu")),
        title(t("participant-list")),
        h("p", { class: "quiet" }, t("list-why")),
        h("p", {}, h("a", { class: "button wide", href: `${meeting.address}/person/new` }, t("put-somebody-on-the-list"))),
        people.length
          ? places(
              t("participant-list"),
              people.map((one) => [
                `${meeting.address}/person/${encodeURIComponent(one.entity)}`,
                [one.label, names.get(one.entity)?.name].filter(Boolean).join(" · "),
                meeting.category(one.category),
              ]),
            )
          : h("p", { class: "quiet" }, t("nobody-on-the-list")),
      ];
    },
  };
}

/* One person of the list: new, or to be changed. */
export async function person(app, wanted) {
  const isNew = wanted === "new";
  const entity = isNew ? entityOf("attendee") : wanted;
  const known = app.meeting.people.find((one) => one.entity === entity);
  if (!isNew && !known) return app.missing();
  const kept = (isNew ? null : await app.field.privately(app.meeting.id, entity)) ?? {};
  const given = !isNew && Boolean(app.meeting.get(entity, "name"));
  const begin = () => ({
    label: known?.label ?? nextLabel(app.meeting),
    category: known?.category ?? "",
    gender: known?.gender ?? "",
    age_band: known?.ageBand ?? "",
    name: kept.name ?? app.meeting.get(entity, "name"),
    contact: app.meeting.consent("contact", entity) === "withdrawn" ? "" : kept.contact ?? app.meeting.get(entity, "contact"),
    given,
  });
  const draft = await openDraft(app.field, `person:${app.meeting.id}:${wanted}`, begin);
  let problem = "";

  async function keep() {
    const now = draft.now();
    problem = now.label.trim() ? "" : t("label-is-empty");
    if (problem) {
      app.redraw();
      document.getElementById("label")?.focus();
      return;
    }
    if (!(await app.kept(() => keepPerson(app, entity, now)))) return;
    await draft.clear();
    app.go(isNew ? `${app.meeting.address}/consents/${encodeURIComponent(entity)}` : `${app.meeting.address}/list`);
    app.say(t("kept-here"));
  }
  async function takeAway() {
    await app.kept(async () => {
      await app.field.privately(app.meeting.id, entity, null);
      await app.field.write(app.meeting.id, "attendee", entity, { removed: true, ...(given && { name: "", contact: "" }) });
    });
    await draft.clear();
    app.go(`${app.meeting.address}/list`);
    app.say(t("taken-away"));
  }

  return {
    title: isNew ? t("somebody-new") : known.label,
    body: () => {
      const { meeting } = app;
      const now = draft.now();
      const set = (changes) => (draft.set(changes), app.redraw());
      return [
        back(`${meeting.address}/list`, t("participant-list")),
        title(isNew ? t("somebody-new") : known.label),
        differing(meeting.the(entity)),
        typed("label", t("label"), now.label, (label) => draft.set({ label }), { hint: t("label-hint"), error: problem, maxlength: 40, autocomplete: "off" }),
        choice("category", t("category"), meeting.pack.categories.map((one) => [one.key, meeting.category(one.key)]), now.category, (category) => set({ category }), { free: true }),
        choice("gender", t("gender"), GENDERS(), now.gender, (gender) => set({ gender }), { free: true }),
        choice("age", t("age"), BANDS(), now.age_band, (age_band) => set({ age_band }), { free: true }),
        h("section", { class: "part", "aria-labelledby": "name-title" }, h("h2", { id: "name-title" }, t("name-title")), nameFields(now, draft, set)),
        !isNew && h("p", {}, h("a", { class: "button second wide", href: `${meeting.address}/consents/${encodeURIComponent(entity)}` }, t("what-they-agreed-to"))),
        !isNew && second([symbol("withdrawn"), " ", t("take-off-the-list")], takeAway),
      ];
    },
    bar: () => h("div", { class: "single" }, button(t("keep"), keep)),
  };
}

function nameFields(now, draft, set) {
  return [
    h("p", { class: "hint" }, now.given ? t("name-goes") : t("name-stays")),
    typed("name", t("name"), now.name, (name) => draft.set({ name }), { optional: true, autocomplete: "off", maxlength: 300 }),
    typed("contact", t("contact"), now.contact, (contact) => draft.set({ contact }), { optional: true, autocomplete: "off", maxlength: 300 }),
    tick(t("gave-it-for-the-list"), t("gave-it-means"), now.given, (value) => set({ given: value })),
  ];
}

/* A name is written as an operation only where it was given for the list; else it stays here. */
async function keepPerson(app, entity, now) {
  const { meeting, field } = app;
  const fields = { label: now.label.trim(), category: now.category, gender: now.gender, age_band: now.age_band };
  const [name, contact] = [now.name.trim(), now.contact.trim()];
  await field.privately(meeting.id, entity, name || contact ? { name, contact } : null);
  const before = { name: meeting.get(entity, "name"), contact: meeting.get(entity, "contact") };
  const told = now.given ? { name, contact } : { name: "", contact: "" };
  const changed = Object.fromEntries(Object.entries(told).filter(([key, value]) => value !== before[key]));
  await field.write(meeting.id, "attendee", entity, { ...fields, ...changed });
}

function nextLabel(meeting) {
  const numbers = meeting.people.map((one) => Number(/^P(\d+)$/.exec(one.label)?.[1] ?? 0));
  const gone = meeting.every("attendee").map((one) => Number(/^P(\d+)$/.exec(one.get("label", ""))?.[1] ?? 0));
  return `P${Math.max(0, ...numbers, ...gone) + 1}`;
}
