/* The menu of a meeting, and closing it. */
import { h, symbol } from "./dom.js";
import { openDraft } from "./drafts.js";
import { ABOUT } from "./meeting.js";
import { button, back, choice, notice, places, second, title, typed } from "./parts.js";
import { day, t } from "./words.js";
import { Tally } from "./votes.js";

export async function menu(app) {
  return {
    title: t("menu"),
    body: () => {
      const { meeting } = app;
      const asked = ABOUT.filter((about) => about !== "contact" && meeting.consent(about)).length;
      const at = (end) => `${meeting.address}/${end}`;
      return [
        title(t("workshop-in", { place: meeting.pack.workshop.place })),
        h("p", { class: "quiet" }, day(meeting.pack.workshop.held_on), " · ", meeting.pack.round.title),
        places(t("menu"), [
          [meeting.address, meeting.isTrial ? t("field-trial") : t("write-notes"), t("notes-number", { n: meeting.all(meeting.isTrial ? "answer" : "note").length })],
          !meeting.isTrial && [at("agenda"), t("agenda"), t("clauses-number", { n: meeting.pack.agenda.length })],
          [at("consents"), t("consents"), t("consents-asked", { n: asked, of: 4 })],
          [at("people"), t("who-came"), t("people-came", { n: meeting.people_came })],
          [at("list"), t("participant-list"), t("people-number", { n: meeting.people.length })],
          !meeting.isTrial && [at("votes"), t("dot-votes"), t("number", { n: meeting.all("vote").length })],
          [at("photos"), t("photos"), t("number", { n: meeting.all("photo").length })],
          [at("sound"), t("sound"), app.recorder.isRunning(meeting.id) ? t("sound-is-recorded") : t("number", { n: meeting.all("recording").length })],
          [at("close"), t("close-the-meeting"), meeting.isFinished ? t("is-closed") : ""],
        ]),
        places(t("this-phone"), [
          ["#/", t("other-meetings")],
          ["#/safe", t("safe-copy")],
          ["#/device", t("this-phone")],
        ]),
      ];
    },
  };
}

/* What there is, what is unsent, what a person must look at; then close. */
export async function closing(app) {
  const { meeting, field } = app;
  const [draft, first] = [await openDraft(field, `close:${meeting.id}`, () => ({ notes: meeting.get("meeting", "notes") })), await said()];
  let { unsent, notices } = first;
  async function said() {
    return { unsent: await field.unsent(meeting.id), notices: await field.notices(meeting.id) };
  }
  const write = (fields) => app.kept(() => field.write(app.meeting.id, "meeting", "meeting", fields));
  async function close() {
    await app.recorder.end();
    if (!(await write({ finished: true, notes: draft.now().notes.trim() }))) return;
    await draft.clear();
    app.redraw();
    app.focusTitle();
    app.say(t("meeting-closed"));
    app.send();
  }
  return {
    title: t("close-the-meeting"),
    refresh: async () => ({ unsent, notices } = await said()),
    body: () => [
      back(`${app.meeting.address}/menu`, t("menu")),
      title(t("close-the-meeting")),
      app.meeting.isFinished && notice("done", t("meeting-closed"), h("p", {}, t("closed-means"))),
      summary(app.meeting, unsent),
      toLookAt(app.meeting, notices),
      app.meeting.all("recording").length > 0 &&
        choice("kept", t("how-long-sound"), [["verified", t("until-checked")], ["outcome", t("until-answered")], ["archived", t("kept-for-good")]], app.meeting.get("meeting", "audio_kept", app.meeting.pack.workshop.audio_kept), (audio_kept) =>
          write({ audio_kept }),
        ),
      typed("remarks", t("remarks"), draft.now().notes, (notes) => draft.set({ notes }), { rows: 3, optional: true, hint: t("remarks-hint") }),
      app.meeting.isFinished && second(t("open-again"), () => write({ finished: false })),
    ],
    bar: () => h("div", { class: "single" }, button(app.meeting.isFinished ? t("keep") : t("close-the-meeting"), close)),
  };
}

function summary(meeting, unsent) {
  const notes = meeting.all("note");
  const unplaced = notes.filter((one) => !one.get("clauses", []).length).length;
  const untyped = meeting.all("photo").filter((one) => !one.get("typed", "")).length;
  const facts = [
    [t("notes"), notes.length],
    unplaced && [t("notes-about-nothing"), unplaced],
    [t("lone-voices"), notes.filter((one) => one.get("lone", false)).length],
    meeting.isTrial && [t("answers"), meeting.all("answer").length],
    [t("people"), meeting.people_came],
    [t("dot-votes"), meeting.all("vote").length],
    [t("photos"), meeting.all("photo").length],
    untyped && [t("photos-not-typed"), untyped],
    [t("recordings"), meeting.all("recording").length],
    [t("not-sent-yet"), unsent.operations + unsent.objects],
  ];
  return h("dl", { class: "sum" }, facts.filter(Boolean).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function toLookAt(meeting, notices) {
  const unadded = meeting.all("vote").filter((one) => new Tally(meeting, one).warnings.length);
  const lines = [
    ...meeting.conflicts.map((one) => [addressOf(meeting, one), `${kindName(one.kind)}: ${short(one)}`, t("devices-differ")]),
    ...unadded.map((one) => [addressOf(meeting, one), one.get("question", ""), t("does-not-add-up")]),
  ];
  return [
    lines.length > 0 && h("section", { class: "part", "aria-labelledby": "look-title" }, h("h2", { id: "look-title" }, t("look-at-these")), places(t("look-at-these"), lines)),
    notices.length > 0 && notice("care", t("desk-looks", { n: notices.length }), h("ul", {}, notices.map((one) => h("li", {}, one.said || one.entity)))),
  ];
}

const ADDRESSES = { note: "note", photo: "photo", vote: "vote", attendee: "person" };

function addressOf(meeting, one) {
  if (one.kind in ADDRESSES) return `${meeting.address}/${ADDRESSES[one.kind]}/${encodeURIComponent(one.key)}`;
  if (one.kind === "attendance") return `${meeting.address}/people`;
  if (one.kind === "consent") return `${meeting.address}/consents/${encodeURIComponent(one.get("attendee", "") || "group")}`;
  if (one.kind === "answer" || one.kind === "respondent") return meeting.address;
  return `${meeting.address}/${one.kind === "recording" ? "sound" : "close"}`;
}

function kindName(kind) {
  const names = {
    note: t("note"),
    photo: t("photo"),
    vote: t("vote"),
    attendee: t("participant-list"),
    attendance: t("who-came"),
    consent: t("consents"),
    recording: t("sound"),
    respondent: t("field-trial"),
    answer: t("field-trial"),
    meeting: t("remarks"),
  };
  return names[kind] ?? kind;
}

const short = (one) => String(one.get("words", "") || one.get("question", "") || one.get("caption", "") || one.get("label", "") || one.get("category", "") || one.get("about", "")).slice(0, 60);
