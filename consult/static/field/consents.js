/* Consents: each asked for by itself, of one person or of the group with a witness, and taken back at any time. */
import { h } from "./dom.js";
import { ABOUT } from "./meeting.js";
import { differing } from "./notes.js";
import { back, choice, notice, places, second, title, typed } from "./parts.js";
import { inLanguage, language, t } from "./words.js";

const names = () => ({ notes: t("consent-notes"), quotes: t("consent-quotes"), photo: t("consent-photo"), audio: t("consent-audio"), contact: t("consent-contact") });
const answers = () => ({ "": t("not-asked-yet"), given: t("agreed"), refused: t("refused"), withdrawn: t("withdrawn") });

/* `who` is `group`, or the entity of somebody on the list. */
export async function consents(app, who = "group") {
  const person = app.meeting.people.find((one) => one.entity === who);
  if (who !== "group" && !person) return app.missing();
  const witnesses = {};

  async function answer(about, fields) {
    const before = app.meeting.consent(about, who);
    const wording = app.meeting.pack.consents.version;
    const attendee = who === "group" ? "" : who;
    await app.kept(() => app.field.write(app.meeting.id, "consent", `consent:${who}:${about}`, { about, attendee, wording, ...fields }));
    if (about === "contact" && fields.answer === "withdrawn") await forgetContact(app, who);
    if (about === "audio" && fields.answer && fields.answer !== "given" && app.recorder.isRunning(app.meeting.id)) {
      await app.recorder.end();
      app.say(t("sound-ended-consent"));
    } else if (fields.answer && fields.answer !== before) app.say(`${names()[about]}: ${answers()[fields.answer]}`);
  }

  return {
    title: person ? t("consents-of", { who: person.label }) : t("consents"),
    body: () => {
      const { meeting } = app;
      const asked = person ? ABOUT : ABOUT.filter((about) => about !== "contact");
      return [
        person ? back(`${meeting.address}/list`, t("participant-list")) : back(`${meeting.address}/menu`, t("menu")),
        title(person ? t("consents-of", { who: person.label }) : t("consents")),
        toSay(meeting, person ? "withdraw" : "group"),
        asked.map((about) => question(meeting, about, who, answer, witnesses)),
        !person && toSay(meeting, "withdraw"),
        !person && meeting.people.length > 0 && ofEach(meeting),
        person && h("p", { class: "part" }, h("a", { class: "button second wide", href: `${meeting.address}/list` }, t("to-the-list"))),
      ];
    },
  };
}

/* The number or address that was kept on this phone alone goes too; the name stays. */
async function forgetContact(app, who) {
  const kept = await app.field.privately(app.meeting.id, who);
  if (kept?.contact) await app.kept(() => app.field.privately(app.meeting.id, who, { ...kept, contact: "" }));
}

function question(meeting, about, who, answer, witnesses) {
  const entity = meeting.the(`consent:${who}:${about}`);
  const now = meeting.consent(about, who);
  const { words, lang } = asked(meeting, about);
  const ours = inLanguage(meeting.pack.consents.words, language()).words?.[about];
  return h(
    "section",
    { class: "consent part", "aria-labelledby": `about-${about}`, key: `consent-${about}` },
    h("h2", { id: `about-${about}` }, names()[about], h("span", { class: "small quiet" }, " · ", answers()[now])),
    h("p", { class: "prompt", lang, dir: "auto" }, words),
    ours && ours !== words && h("p", { class: "quiet", lang: language() }, ours),
    differing(entity),
    now === "withdrawn"
      ? notice("info", t("withdrawn-means"))
      : choice(`answer-${about}`, t("their-answer"), [["given", t("agreed")], ["refused", t("refused")]], now, (value) => answer(about, { answer: value })),
    now === "given" && [howTold(about, who, entity, answer, witnesses), takeBack(about, answer)],
  );
}

/* What is said aloud beside the questions, in the meeting's first language. */
function toSay(meeting, what) {
  const { words, lang } = inLanguage(meeting.pack.consents.words, meeting.language);
  return words?.[what] && h("p", { class: "said", lang, dir: "auto" }, words[what]);
}

/* The words of the pack in the meeting's first language. */
function asked(meeting, about) {
  const found = inLanguage(meeting.pack.consents.words, meeting.language);
  return { words: found.words?.[about] ?? names()[about], lang: found.lang };
}

/* What is taken back is removed for good, so it is asked twice. */
function takeBack(about, answer) {
  return h(
    "details",
    { key: `back-${about}` },
    h("summary", {}, t("take-it-back")),
    h("p", {}, t("take-back-means")),
    second(t("yes-take-it-back"), () => answer(about, { answer: "withdrawn" }), { class: "button second wide" }),
  );
}

function howTold(about, who, entity, answer, witnesses) {
  const now = entity.get("how", "");
  const ways = [["spoken", t("spoken")], ["written", t("written")], ["witnessed", t("witnessed")]];
  return [
    choice(`how-${about}`, t("how-they-agreed"), ways, now, (how) => answer(about, { how })),
    now === "witnessed" &&
      typed(`witness-${about}`, t("witness"), witnesses[about] ?? entity.get("witness", ""), (value) => (witnesses[about] = value), {
        hint: t("witness-hint"),
        optional: true,
        maxlength: 300,
        autocomplete: "off",
        on: { change: () => answer(about, { witness: (witnesses[about] ?? "").trim() }) },
      }),
  ];
}

function ofEach(meeting) {
  const said = (one) => ABOUT.filter((about) => meeting.consent(about, one.entity));
  const refused = (one) => ABOUT.filter((about) => ["refused", "withdrawn"].includes(meeting.consent(about, one.entity)));
  return h(
    "section",
    { class: "part", "aria-labelledby": "each-title" },
    h("h2", { id: "each-title" }, t("each-person")),
    places(
      t("each-person"),
      meeting.people.map((one) => [
        `${meeting.address}/consents/${encodeURIComponent(one.entity)}`,
        one.label,
        refused(one).length ? t("refused-these", { what: refused(one).map((about) => names()[about]).join(", ") }) : said(one).length ? t("asked") : t("as-the-group"),
      ]),
    ),
  );
}
