/* This phone: made known to the secretary's office, its language and light, its room, its meetings. */
import { problemWords } from "./bar.js";
import { h } from "./dom.js";
import { back, button, choice, chosenFrom, notice, second, title, typed } from "./parts.js";
import { register } from "./sync.js";
import { bytes, language, languageName, LANGUAGES, t } from "./words.js";

const base = document.documentElement.dataset.field;
const WRONG_CLOCK = 10 * 60 * 1000;

export async function device(app) {
  const { field } = app;
  let known = await field.device();
  let [storage, packs] = [await field.storage(), await field.packs()];
  let [pairing, problem, label] = [null, "", known.label || guessedLabel()];
  ask();

  /* Who is signed in at this browser, and what proves that a form is ours: asked for, used once, and forgotten. */
  async function ask() {
    try {
      const answer = await fetch(`${base}pairing`, { cache: "no-store", credentials: "same-origin" });
      pairing = answer.ok ? await answer.json() : null;
    } catch {
      pairing = null;
    }
    app.redraw();
  }
  async function pair() {
    try {
      await register(field, label.trim() || guessedLabel(), pairing.csrf);
      known = await field.device();
      problem = "";
      app.say(t("phone-is-known"));
      app.go("#/");
    } catch (error) {
      problem = error.kind ? problemWords(error) : app.errorWords(error);
    }
    await ask();
  }
  async function forgetMeeting(pack) {
    if (await app.kept(() => field.forget(pack.workshop.id))) app.say(t("meeting-forgotten", { place: pack.workshop.place }));
  }

  return {
    title: t("this-phone"),
    refresh: async () => {
      [known, storage, packs] = [await field.device(), await field.storage(), await field.packs()];
    },
    body: () => [
      back("#/", t("meetings")),
      title(t("this-phone")),
      problem && notice("refused", problem),
      known.token ? notice("done", t("phone-is-known-as", { label: known.label })) : pairForm({ pairing, label, pair, type: (value) => (label = value) }),
      clockNotice(pairing),
      app.newer && notice("info", t("newer-page"), button(t("take-newer"), app.newer)),
      h("section", { class: "part", "aria-labelledby": "page-title" }, h("h2", { id: "page-title" }, t("the-page")), pageChoices(app), offlineWords(app)),
      h("section", { class: "part", "aria-labelledby": "room-title" }, h("h2", { id: "room-title" }, t("room")), roomWords(storage)),
      h("section", { class: "part", "aria-labelledby": "packs-title" }, h("h2", { id: "packs-title" }, t("on-this-phone-now")), packList(packs, forgetMeeting)),
    ],
  };
}

function pairForm({ pairing, label, pair, type }) {
  if (pairing?.signed_in && !pairing.may) return notice("refused", t("may-not-pair", { name: pairing.name }));
  if (!pairing?.signed_in) {
    return notice("info", t("pair-how"), h("p", {}, h("a", { class: "button", href: `${document.documentElement.dataset.signIn}` }, t("sign-in-first"))), !navigator.onLine && h("p", {}, t("needs-network-once")));
  }
  return h(
    "form",
    { class: "part", "aria-label": t("make-known"), on: { submit: (event) => (event.preventDefault(), pair()) } },
    h("p", {}, t("signed-in-as", { name: pairing.name })),
    typed("label-of-phone", t("name-of-phone"), label, type, { hint: t("name-of-phone-hint"), maxlength: 100, autocomplete: "off" }),
    h("button", { class: "button wide" }, t("make-known")),
  );
}

function clockNotice(pairing) {
  if (!pairing?.now) return null;
  const off = Math.abs(new Date(pairing.now) - Date.now());
  return off > WRONG_CLOCK ? notice("care", t("clock-is-wrong")) : null;
}

function pageChoices(app) {
  return [
    chosenFrom("page-language", t("language"), LANGUAGES.map((code) => [code, languageName(code)]), language(), (code) => app.choose({ language: code })),
    choice("light", t("light"), [["sun", t("full-sun")], ["own", t("as-the-phone")]], app.chosen.light ?? "sun", (light) => app.choose({ light })),
  ];
}

function offlineWords(app) {
  if (app.opensOffline === null) return h("p", { class: "quiet", role: "status" }, t("offline-is-prepared"));
  return notice(app.opensOffline ? "done" : "care", app.opensOffline ? t("opens-offline") : t("opens-not-offline"));
}

function roomWords({ kept, used, room }) {
  const promise = kept === true ? t("storage-kept") : kept === false ? t("storage-may-go") : t("storage-unknown");
  return [notice(kept === true ? "done" : "care", promise), h("p", {}, t("room-left", { room: bytes(room), used: bytes(used) })), room < 50e6 && notice("care", t("room-is-small"))];
}

function packList(packs, forgetMeeting) {
  if (!packs.length) return h("p", { class: "quiet" }, t("no-meetings-here"));
  return h(
    "ul",
    { class: "offered" },
    packs.map((pack) =>
      h(
        "li",
        { key: pack.workshop.id },
        h("b", { dir: "auto" }, pack.workshop.place),
        second(t("forget-here"), () => forgetMeeting(pack), { "aria-label": t("forget-this", { place: pack.workshop.place }) }),
      ),
    ),
  );
}

function guessedLabel() {
  const found = /\(([^)]+)\)/.exec(navigator.userAgent)?.[1] ?? "";
  return found.includes("Android") ? "Android" : found.includes("iPhone") ? "iPhone" : "";
}
