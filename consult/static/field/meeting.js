/* What screens ask of a meeting: its pack and what was written there, in one value. */
import { inLanguage, language } from "./words.js";

export const ABOUT = ["notes", "quotes", "photo", "audio", "contact"];

export class Meeting {
  constructor(pack, state) {
    this.pack = pack;
    this.id = pack.workshop.id;
    this.state = state; // isTakenBack reads the consents in it
    this.state = new Map([...state].filter(([, one]) => !this.isTakenBack(one)));
    this.clauses = new Map(pack.clauses.map((clause) => [clause.id, clause]));
  }

  /* Whether somebody took back the consent under which this was kept: then it is shown no more. */
  isTakenBack(one) {
    if (one.kind === "recording") return this.hasWithdrawn("audio");
    const who = one.get("attendee", "") || "group";
    return one.kind === "note" && (this.consent("notes", who) || this.consent("notes")) === "withdrawn";
  }

  /* Whether anybody took it back: who is on a picture cannot be told, nor one voice cut out. */
  hasWithdrawn(about) {
    return [...this.state.values()].some(
      (one) => one.kind === "consent" && one.key.endsWith(`:${about}`) && this.consent(about, one.key.slice("consent:".length, -about.length - 1)) === "withdrawn",
    );
  }

  get address() {
    return `#/m/${this.id}`;
  }

  get isTrial() {
    return this.pack.workshop.kind === "trial" && Boolean(this.pack.trial);
  }

  get isClosed() {
    return this.pack.round.closed || new Date(this.pack.round.closes_at) < new Date();
  }

  get language() {
    return this.pack.workshop.languages[0] ?? language();
  }

  /* Everything of a kind, taken away or not, in the order in which it was made. */
  every(kind) {
    return [...this.state.values()].filter((one) => one.kind === kind).sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  all(kind) {
    return this.every(kind).filter((one) => !one.removed);
  }

  the(entity) {
    return this.state.get(entity);
  }

  get(entity, field, otherwise = "") {
    return this.state.get(entity)?.get(field, otherwise) ?? otherwise;
  }

  get isFinished() {
    return this.get("meeting", "finished", this.pack.workshop.finished);
  }

  category(key) {
    const found = this.pack.categories.find((one) => one.key === key);
    return found ? inLanguage(found.labels, language(), this.language).words || key : key;
  }

  /* What a clause is called in a sentence: its number, or its heading where it has none. */
  clauseName(id, whole) {
    if (id === "whole") return whole;
    const clause = this.clauses.get(id);
    return clause ? clause.number || clause.heading : id;
  }

  /* People on the list, those that others put there included. */
  get people() {
    const known = new Map((this.pack.people ?? []).map((one) => [one.entity, { ...one }]));
    for (const one of this.every("attendee")) {
      const before = known.get(one.key) ?? {};
      known.set(one.key, {
        entity: one.key,
        label: one.get("label", before.label ?? ""),
        category: one.get("category", before.category ?? ""),
        gender: one.get("gender", ""),
        ageBand: one.get("age_band", ""),
        removed: one.removed,
      });
    }
    return [...known.values()]
      .filter((one) => !one.removed)
      .sort((one, other) => one.label.localeCompare(other.label, undefined, { numeric: true }));
  }

  /* What was answered about notes, quotes and the rest: `given`, `refused`, `withdrawn`, or "" where nobody asked. */
  consent(about, who = "group") {
    const entity = this.the(`consent:${who}:${about}`);
    const said = (entity?.operations ?? []).filter((one) => one.field === "answer").map((one) => one.value);
    // Taken back is taken back, whatever else was said; where devices differ, the stricter answer holds.
    if (said.includes("withdrawn")) return "withdrawn";
    const stand = entity?.fields.get("answer")?.values ?? [];
    return stand.includes("refused") ? "refused" : stand[0] ?? "";
  }

  /* Who on the list said no, or took it back, while the group as a whole may have said yes. */
  refusing(about) {
    return this.people.filter((one) => ["refused", "withdrawn"].includes(this.consent(about, one.entity)));
  }

  /* Whether something may be done at all: `given`, `refused`, `withdrawn`, "" (not asked). */
  may(about) {
    return this.consent(about);
  }

  get people_came() {
    return this.all("attendance").reduce((sum, one) => sum + one.get("people", 0), 0);
  }

  get conflicts() {
    return [...this.state.values()].filter((one) => one.conflicts.length && !one.removed);
  }
}
