/* The line on top: what is not sent yet, the way to send it, and what stands in its way. */
import { h, symbol } from "./dom.js";
import { length, t } from "./words.js";

/* What a problem is in plain words; what the server said goes first where it said something. */
export function problemWords(problem) {
  const known = {
    "no-network": t("problem-no-network"),
    busy: t("problem-busy"),
    "not-ours": t("problem-not-ours"),
    "signed-out": t("problem-signed-out"),
    "not-allowed": t("problem-not-allowed"),
    gone: t("problem-gone"),
    differs: t("problem-not-taken"),
    "too-much": t("problem-not-taken"),
    "not-taken": t("problem-not-taken"),
    missing: t("problem-missing"),
  };
  const told = known[problem.kind] ?? t("problem-other");
  return problem.words && ["not-allowed", "gone", "differs", "too-much", "not-taken"].includes(problem.kind) ? `${problem.words} ${told}` : told;
}

/* An error of the device's keeping, in plain words. */
export function errorWords(error) {
  const known = {
    "storage-full": t("error-storage-full"),
    "still-unsent": t("error-still-unsent"),
    "not-secure": t("error-not-secure"),
    "no-picture": t("error-no-picture"),
    "microphone-refused": t("microphone-refused"),
    "no-microphone": t("no-microphone"),
    "no-recording-here": t("no-recording-here"),
    "backup-unknown": t("error-backup-unknown"),
    "backup-locked": t("error-backup-locked"),
    "backup-cut": t("error-backup-cut"),
    "backup-no-passphrase": t("error-short-passphrase"),
    "sound-not-kept": t("sound-not-kept"),
    "microphone-gone": t("microphone-gone"),
  };
  return known[error?.key] ?? t("error-other");
}

export function unsentBar(app) {
  const { unsent, sync, recorder } = app;
  const count = unsent.operations + unsent.objects;
  const { busy, problem, late, last } = sync.state;
  const words = busy && count ? t("is-sending", { n: count }) : count ? t("not-sent", { n: count }) : last ? t("all-sent") : t("nothing-to-send");
  return [
    h(
      "div",
      { class: "unsent" },
      h("span", { class: "row", role: "status" }, symbol(count ? "unsent" : "met"), " ", h("b", {}, words)),
      h("button", { type: "button", class: "button", disabled: busy, on: { click: () => app.send() } }, t("send-now")),
    ),
    recorder.isRunning() &&
      h("p", { class: "running" }, h("a", { href: `#/m/${recorder.workshop}/sound` }, symbol("voice"), " ", t("recording-since", { time: length(recorder.time) }))),
    count > 0 && problem && problem.kind !== "no-network" && h("p", { class: "trouble", role: "status" }, problemWords(problem), problem.kind === "signed-out" && [" ", h("a", { href: "#/device" }, t("this-phone"))]),
    count > 0 && problem?.kind === "no-network" && h("p", { class: "trouble", role: "status" }, t("problem-no-network")),
    late && h("p", { class: "trouble" }, t("came-late")),
  ];
}
