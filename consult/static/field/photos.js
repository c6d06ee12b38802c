/* Photographs of flip charts: taken, turned, and typed out. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { entityOf, madeAt } from "./ids.js";
import { differing } from "./notes.js";
import { sha256 } from "./ops.js";
import { back, button, chosenFrom, notice, second, title, typed } from "./parts.js";
import { redrawn } from "./photo.js";
import { clock, languageName, t } from "./words.js";

const shown = new Map(); // the address of each picture in this tab, by its hash

/* The button that opens the camera. What is taken is kept at once; `then` gets it, else it is shown. */
export function photoButton(app, clause, { wide = false, words = t("photograph-flip-chart"), then } = {}) {
  const refused = ["refused", "withdrawn"].includes(app.meeting.may("photo"));
  if (refused) {
    return h("a", { class: "button second", href: `${app.meeting.address}/photos` }, symbol("photo"), h("span", { class: "aloud" }, t("photos-refused-short")));
  }
  return h(
    "label",
    { class: `button second camera${wide ? " wide" : ""}` },
    symbol("photo"),
    " ",
    h("span", { class: wide ? null : "aloud" }, words),
    h("input", {
      type: "file",
      accept: "image/*",
      capture: "environment",
      class: "aloud",
      on: {
        change: (event) => {
          const [file] = event.target.files;
          event.target.value = "";
          if (file) take(app, file, clause, then);
        },
      },
    }),
  );
}

async function take(app, file, clause, then) {
  app.say(t("photo-is-made-small"));
  const entity = entityOf("photo");
  const kept = await app.kept(async () => keepPicture(app, entity, await redrawn(file), { clause: clause || "", language: app.meeting.language }));
  if (!kept) return;
  if (then) await then(entity);
  else app.go(`${app.meeting.address}/photo/${encodeURIComponent(entity)}`);
  app.say(t("photo-kept"));
}

/* The bytes and what names them are kept together or not at all. */
async function keepPicture(app, entity, blob, fields = {}) {
  const bytes = await blob.arrayBuffer();
  const hash = await sha256(bytes);
  await app.field.write(app.meeting.id, "photo", entity, { sha256: hash, ...fields }, [{ sha256: hash, type: blob.type, bytes }]);
}

export async function photos(app) {
  await bringPictures(app);
  return {
    title: t("photos"),
    refresh: () => bringPictures(app),
    body: () => {
      const { meeting } = app;
      const all = meeting.all("photo");
      return [
        back(`${meeting.address}/menu`, t("menu")),
        title(t("photos")),
        h("p", { class: "quiet" }, t("photos-hold-no-place")),
        photoConsent(meeting),
        !["refused", "withdrawn"].includes(meeting.may("photo")) && photoButton(app, "", { wide: true }),
        all.length
          ? h("ul", { class: "pictures" }, all.map((one) => listed(meeting, one)))
          : h("p", { class: "quiet part" }, t("no-photos-yet")),
      ];
    },
  };
}

function listed(meeting, photo) {
  const name = written(meeting, photo, "caption") || t("photo-of", { clock: clock(madeAt(photo.key)) });
  return h(
    "li",
    { key: photo.key },
    h(
      "a",
      { href: `${meeting.address}/photo/${encodeURIComponent(photo.key)}` },
      picture(photo, ""),
      h("span", { dir: "auto" }, name),
      h("small", {}, written(meeting, photo, "typed") ? t("typed-out") : t("not-typed-yet"), " · ", photo.sent ? t("sent") : t("on-this-phone")),
    ),
  );
}

/* What was written about a picture, unless the group took back that its words are written down. */
const written = (meeting, photo, field) => (meeting.consent("notes") === "withdrawn" ? "" : photo.get(field, ""));

function photoConsent(meeting) {
  const answer = meeting.may("photo");
  if (answer === "given") return null;
  const link = h("p", {}, h("a", { href: `${meeting.address}/consents` }, t("consents")));
  return answer ? notice("refused", t("photos-refused"), link) : notice("care", t("photos-not-asked"), link);
}

function picture(photo, words) {
  const address = shown.get(photo.get("sha256", ""));
  return address ? h("img", { src: address, alt: words }) : h("span", { class: "quiet" }, t("picture-not-here"));
}

async function bringPictures(app) {
  const isTakenBack = app.meeting.hasWithdrawn("photo");
  for (const photo of app.meeting.every("photo")) {
    const hash = photo.get("sha256", "");
    if (isTakenBack && shown.has(hash)) {
      URL.revokeObjectURL(shown.get(hash));
      shown.delete(hash);
    }
    if (!hash || isTakenBack || photo.removed || shown.has(hash)) continue;
    const blob = await app.field.object(hash);
    if (blob) shown.set(hash, URL.createObjectURL(blob));
  }
}

/* One photograph: turn it, say what it shows, type out what stands on it, take it away. */
export async function photo(app, entity) {
  const found = app.meeting.the(entity);
  if (!found) return app.missing();
  await bringPictures(app);
  const stored = () => {
    const one = app.meeting.the(entity);
    return { caption: written(app.meeting, one, "caption"), typed: written(app.meeting, one, "typed"), clause: one.get("clause", ""), language: one.get("language", app.meeting.language) };
  };
  const draft = await openDraft(app.field, `photo:${app.meeting.id}:${entity}`, stored);
  const write = (fields) => app.kept(() => app.field.write(app.meeting.id, "photo", entity, fields));
  async function turn() {
    const blob = await app.field.object(app.meeting.the(entity).get("sha256", ""));
    if (!blob) return app.say(t("picture-not-here"));
    await app.kept(async () => keepPicture(app, entity, await redrawn(blob, 1)));
    return app.say(t("turned"));
  }
  async function keep() {
    if (!(await write(draft.now()))) return;
    await draft.clear();
    app.go(`${app.meeting.address}/photos`);
    app.say(t("kept-here"));
  }
  return {
    title: t("photo"),
    refresh: () => bringPictures(app),
    body: () => {
      const { meeting } = app;
      const one = meeting.the(entity);
      const now = draft.now();
      const set = (changes) => (draft.set(changes), app.redraw());
      return [
        back(`${meeting.address}/photos`, t("photos")),
        title(t("photo-of", { clock: clock(madeAt(entity)) })),
        one.removed
          ? [notice("info", t("photo-taken-away")), button(t("put-back"), () => write({ removed: false }))]
          : [
              differing(one),
              h("figure", { class: "picture" }, picture(one, now.caption || t("photo-of-flip-chart"))),
              second([symbol("read-back"), " ", t("turn-right")], turn, { disabled: !shown.has(one.get("sha256", "")) }),
              typed("typed", t("what-stands-on-it"), now.typed, (value) => draft.set({ typed: value }), { rows: 6, class: "text", hint: t("typed-why"), lang: now.language }),
              typed("caption", t("what-it-shows"), now.caption, (value) => draft.set({ caption: value }), { optional: true, maxlength: 300 }),
              chosenFrom("clause", t("about-clause"), clauseOptions(meeting), now.clause, (clause) => set({ clause }), { optional: true }),
              chosenFrom("language", t("language-of-note"), languages(meeting, now.language), now.language, (language) => set({ language })),
              second([symbol("withdrawn"), " ", t("take-photo-away")], () => write({ removed: true })),
            ],
      ];
    },
    bar: () => h("div", { class: "single" }, button(t("keep"), keep, { disabled: app.meeting.the(entity).removed })),
  };
}

export function clauseOptions(meeting) {
  const agenda = meeting.pack.agenda.map((one) => one.clause);
  const others = meeting.pack.clauses.map((one) => one.id).filter((id) => !agenda.includes(id));
  const name = (id) => `${meeting.clauses.get(id).number} ${meeting.clauses.get(id).heading}`.trim().slice(0, 60);
  return [["", t("no-clause")], ...[...agenda, ...others].filter((id) => meeting.clauses.has(id)).map((id) => [id, name(id)])];
}

const languages = (meeting, chosen) => [...new Set([...meeting.pack.workshop.languages, chosen])].filter(Boolean).map((code) => [code, languageName(code)]);
