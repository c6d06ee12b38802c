/* Hearing a recording beside its text. Everything is reachable without it: the sound has controls of its own. */
"use strict";

(() => {
  const clock = (second) => `${Math.floor(second / 60)}:${(second % 60).toFixed(1).padStart(4, "0")}`;
  const isTyping = (element) =>
    element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName) ||
    (element.tagName === "INPUT" && !["checkbox", "radio", "submit"].includes(element.type));

  /* What a browser recorded says nothing of its length, and cannot be jumped in until its end was looked at. */
  const measured = (audio) =>
    new Promise((known) => {
      const look = () => {
        if (audio.duration !== Infinity) return known();
        audio.addEventListener("durationchange", function settle() {
          if (audio.duration === Infinity) return;
          audio.removeEventListener("durationchange", settle);
          known();
        });
        audio.currentTime = 1e7;
      };
      if (audio.readyState >= 1) look();
      else audio.addEventListener("loadedmetadata", look, { once: true });
    });

  for (const box of document.querySelectorAll("[data-player]")) {
    const audio = box.querySelector("audio");
    const seconds = JSON.parse(box.dataset.seconds || "{}");
    const here = box.dataset.at === "" ? null : Number(box.dataset.at);
    let ready = null;

    const jump = async (second, plays) => {
      ready ??= measured(audio);
      await ready;
      audio.currentTime = Math.min(second, Number.isFinite(audio.duration) ? audio.duration : second);
      if (plays) await audio.play().catch(() => {});
    };
    const press = () => {
      if (!audio.paused) return audio.pause();
      return here === null ? audio.play().catch(() => {}) : jump(here, true);
    };

    audio.addEventListener("error", () => { box.querySelector("[data-broken]").hidden = false; });
    audio.addEventListener("loadedmetadata", () => {
      if (audio.duration === Infinity) jump(here ?? 0, false);
    }, { once: true });
    box.querySelector("[data-with-script]").hidden = false;
    box.querySelector("[data-from-here]").addEventListener("click", press);
    box.querySelector("[data-back]").addEventListener("click", () => jump(Math.max(audio.currentTime - 5, 0), false));
    box.querySelector("[data-speed]").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });

    /* Where nothing was typed, the utterance is said where the sound stands. */
    const second = box.querySelector("input[data-second]");
    second?.form.addEventListener("submit", () => {
      if (!second.value.trim()) second.value = clock(audio.currentTime);
    });

    document.addEventListener("click", (event) => {
      const said = event.target.closest("[data-utterance]");
      if (!said || !(said.dataset.utterance in seconds)) return;
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      jump(seconds[said.dataset.utterance], true);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "p" || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
      if (box !== document.querySelector("[data-player]")) return;
      if (document.querySelector("[data-keys-on]")?.checked === false) return;
      event.preventDefault();
      press();
    });
  }
})();
