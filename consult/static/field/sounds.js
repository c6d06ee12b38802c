/* The recordings of a meeting: begin, end, hear, take away. */
import { errorWords } from "./bar.js";
import { h, symbol } from "./dom.js";
import { madeAt } from "./ids.js";
import { back, button, notice, second, title } from "./parts.js";
import { clock, length, t } from "./words.js";

/* Why no sound may be recorded here, in plain words; empty when it may. */
export function soundRefusal(meeting) {
  const answer = meeting.may("audio");
  if (answer === "") return t("sound-not-asked");
  if (answer !== "given") return t("sound-refused");
  const others = meeting.refusing("audio");
  return others.length ? t("sound-refused-by", { who: others.map((one) => one.label).join(", ") }) : "";
}

export async function sounds(app) {
  const heard = new Map();
  const tick = setInterval(() => app.recorder.isRunning() && app.redraw(), 1000);
  async function begin() {
    await app.kept(() => app.recorder.begin(app.meeting.id, t("recording-of", { clock: clock(new Date()) })));
  }
  async function end() {
    await app.recorder.end();
    app.say(t("sound-kept"));
  }
  async function hear(recording) {
    const parts = Object.entries(recording.family("part:")).sort(([one], [other]) => (one < other ? -1 : 1));
    const blobs = await Promise.all(parts.map(([, part]) => app.field.object(part.sha256)));
    if (blobs.some((blob) => !blob)) return app.say(t("sound-not-here"));
    heard.set(recording.key, URL.createObjectURL(new Blob(blobs, { type: recording.get("media_type", "") })));
    return app.redraw();
  }
  const write = (entity, removed) => app.kept(() => app.field.write(app.meeting.id, "recording", entity, { removed }));
  return {
    title: t("sound"),
    leave: () => {
      clearInterval(tick);
      for (const address of heard.values()) URL.revokeObjectURL(address);
    },
    body: () => {
      const { meeting, recorder } = app;
      const refusal = soundRefusal(meeting);
      const running = recorder.isRunning(meeting.id);
      const all = meeting.every("recording");
      return [
        back(`${meeting.address}/menu`, t("menu")),
        title(t("sound")),
        refusal ? notice("refused", refusal, h("p", {}, h("a", { href: `${meeting.address}/consents` }, t("consents")))) : h("p", { class: "quiet" }, t("sound-in-stretches")),
        recorder.problem && notice("refused", errorWords({ key: recorder.problem })),
        running
          ? [
              h("p", { class: "time", role: "timer" }, symbol("voice"), " ", length(recorder.time)),
              h("p", { class: "quiet" }, t("safe-up-to", { time: length(recorder.safe) })),
              button(t("end-the-recording"), end, { class: "button wide" }),
            ]
          : !refusal && button([symbol("voice"), " ", t("begin-a-recording")], begin, { class: "button wide" }),
        h(
          "section",
          { class: "part", "aria-labelledby": "recordings-title" },
          h("h2", { id: "recordings-title" }, t("recordings")),
          all.length
            ? h("ul", { class: "recordings" }, all.map((one) => recordingShown(one, heard.get(one.key), { hear, write, running: running && recorder.entity === one.key })))
            : h("p", { class: "quiet" }, t("no-recordings-yet")),
        ),
      ];
    },
  };
}

function recordingShown(recording, address, { hear, write, running }) {
  const name = recording.get("title", "") || t("recording-of", { clock: clock(madeAt(recording.key)) });
  const actions = running ? t("is-running") : [!address && second(t("hear-it"), () => hear(recording)), second(t("take-away"), () => write(recording.key, true))];
  return h(
    "li",
    { key: recording.key },
    h("b", { dir: "auto" }, name),
    h("span", { class: "quiet" }, lengthOf(recording), " · ", recording.sent ? t("sent") : t("on-this-phone")),
    address && !recording.removed && h("audio", { controls: true, src: address, "aria-label": name }),
    h("div", { class: "row" }, recording.removed ? [h("span", {}, t("taken-away")), second(t("put-back"), () => write(recording.key, false))] : actions),
  );
}

const lengthOf = (recording) => length(Object.values(recording.family("part:")).reduce((sum, part) => sum + part.ms, 0));
