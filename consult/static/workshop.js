/* The keyboard at the tagging bench. Every key presses a button that is there without it. */
"use strict";

const isTyping = (element) =>
  element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName) ||
  (element.tagName === "INPUT" && !["checkbox", "radio", "submit"].includes(element.type));

const press = (name) => document.querySelector(`[data-key="${name}"]`)?.click();

const ACTS = {
  c: () => press("comment"),
  s: () => press("skip"),
  u: () => press("undo"),
  z: () => press("undo"),
  o: () => press("lone"),
  j: () => document.querySelector("[rel=next]")?.click(),
  k: () => document.querySelector("[rel=prev]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  const key = event.key.toLowerCase();
  const clause = document.querySelector(`[data-clause="${CSS.escape(key)}"]`);
  const act = clause ? () => clause.click() : ACTS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

/* Words marked in the utterance are the passage to take. */
const said = document.querySelector("[data-words]");
const passage = document.getElementById("words");
document.addEventListener("selectionchange", () => {
  const marked = getSelection();
  if (!said || !passage || !marked.rangeCount || !said.contains(marked.anchorNode) || !said.contains(marked.focusNode)) return;
  const words = marked.toString().trim();
  if (!words) return;
  passage.value = words;
  passage.closest("details").open = true;
});

for (const keys of document.querySelectorAll("[data-keys]")) keys.hidden = false;
