/* The keyboard at the tagging bench. Every key presses a button that is there without it. */
"use strict";

(() => {
  const KEYS_OFF = "bench-keys-off";
  const now = document.getElementById("now");
  const form = document.getElementById("tag");
  const passage = document.getElementById("words");
  const rest = form?.querySelector("[data-rest]");
  const shown = form?.querySelector("[data-marked]");
  const whole = passage?.value;
  const said = [...document.querySelectorAll("[data-words]")];
  let sent = false;

  const isTyping = (element) =>
    element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName) ||
    (element.tagName === "INPUT" && !["checkbox", "radio", "submit"].includes(element.type));
  const isPressed = (element) => element.closest("button, a[href], summary, select, input, audio");
  const button = (name) => document.querySelector(`[data-key="${name}"]`);
  const press = (name) => button(name)?.click();

  /* --- marking words by the keyboard: → and ← take a word, with Shift more of them */

  const words = said.flatMap((element) => {
    const text = element.firstChild;
    return text ? [...text.data.matchAll(/\S+/gu)].map((found) => ({ text, element, from: found.index, to: found.index + found[0].length })) : [];
  });
  let first = -1;
  let last = -1;
  let isCaret = true;

  const select = () => {
    const range = document.createRange();
    const [low, high] = first < last ? [first, last] : [last, first];
    range.setStart(words[low].text, words[low].from);
    range.setEnd(words[high].text, words[high].to);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  const move = (way, more) => {
    if (!words.length || !passage) return;
    const next = Math.min(Math.max((more ? last : first) + way, 0), words.length - 1);
    if (more && (first < 0 || words[next].element !== words[first].element)) return;
    last = next;
    if (!more) first = next;
    isCaret = !more;
    select();
    read();
  };

  /* What is marked is the passage to take; a caret, or one word taken by an arrow, is where to split. */
  const forget = () => {
    if (!passage) return;
    passage.value = whole;
    rest.value = "";
    shown.hidden = true;
    isCaret = true;
  };
  const holder = (node) => said.find((element) => element.contains(node));
  const read = () => {
    const selection = getSelection();
    const element = selection.rangeCount && holder(selection.anchorNode);
    if (!passage || !element || element !== holder(selection.focusNode)) return;
    const range = selection.getRangeAt(0);
    const marked = range.toString().trim();
    const after = document.createRange();
    after.setStart(range.startContainer, range.startOffset);
    after.setEndAfter(element.lastChild);
    rest.value = after.toString().trim();
    const byArrow = isCaret && first >= 0 && range.startContainer === words[first].text && range.startOffset === words[first].from && marked === words[first].text.data.slice(words[first].from, words[first].to);
    isCaret = !marked || byArrow;
    passage.value = isCaret ? whole : marked;
    shown.hidden = isCaret;
    shown.querySelector("q").textContent = marked;
  };
  document.addEventListener("selectionchange", read);
  const clear = () => {
    getSelection().removeAllRanges();
    first = last = -1;
    forget();
  };

  /* --- what the keys do */

  const name = (mark) => {
    const box = document.querySelector(`[data-mark="${mark}"]`);
    if (!box) return;
    const field = form.elements[`${mark}-words`];
    const quoted = box.parentElement.querySelector("q");
    const marked = passage && !isCaret ? passage.value : "";
    if (marked) box.checked = true;
    else box.click();
    field.value = box.checked ? marked : "";
    quoted.textContent = field.value;
    quoted.hidden = !field.value;
    if (marked) clear();
  };
  const open = (id) => {
    const field = document.getElementById(id);
    if (!field) return;
    const details = field.closest("details");
    if (details) details.open = true;
    field.focus();
  };
  const lean = (value) => {
    const box = button(`feeling-${value}`);
    if (!box) return;
    if (box.checked) document.querySelector("[name=feeling][value='']").checked = true;
    else box.checked = true;
  };
  const ACTS = {
    c: () => press("comment"),
    s: () => press("split"),
    m: () => press("join"),
    M: () => press("part"),
    " ": () => press("skip"),
    x: () => press("skip-speaker"),
    a: () => open("category"),
    A: () => press("tell-speaker"),
    e: () => open("corrected"),
    w: () => press("whole"),
    o: () => press("lone"),
    v: () => press("read_back"),
    $: () => name("cost"),
    b: () => name("obstacle"),
    r: () => name("proposal"),
    "+": () => lean("for"),
    "-": () => lean("against"),
    "−": () => lean("against"),
    0: () => lean("neither"),
    "/": () => open("number"),
    u: () => press(button("open") ? "open" : "undo-last"),
    z: () => press("undo-last"),
    j: () => document.querySelector("[rel=next]")?.click(),
    k: () => document.querySelector("[rel=prev]")?.click(),
    n: () => press("next-open"),
    ArrowRight: () => move(1, false),
    ArrowLeft: () => move(-1, false),
    "Shift ArrowRight": () => move(1, true),
    "Shift ArrowLeft": () => move(-1, true),
    Escape: clear,
  };
  const called = (event) => {
    if (event.key.startsWith("Arrow")) return event.shiftKey ? `Shift ${event.key}` : event.key;
    if (event.shiftKey && event.key.toUpperCase() in ACTS) return event.key.toUpperCase();
    return event.key.length === 1 ? event.key.toLowerCase() : event.key;
  };

  const leave = (event) => {
    if (event.key === "Escape" || (event.key === "Enter" && event.target.tagName === "SELECT")) {
      event.preventDefault();
      now?.focus({ preventScroll: true });
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "corrected") {
      event.preventDefault();
      press("keep-correction");
    } else if (event.key === "Enter" && event.target.matches("[data-find]")) {
      event.preventDefault();
      find(event.target);
    }
  };
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target)) return leave(event);
    if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(KEYS_OFF)) return;
    if (event.repeat && !event.key.startsWith("Arrow")) return;
    if (event.key === " " && isPressed(event.target)) return;
    if (event.key.startsWith("Arrow") && event.target.closest("audio, [type=radio]")) return;
    const clause = document.querySelector(`[data-clause="${CSS.escape(event.key)}"]`);
    const act = clause ? () => clause.click() : ACTS[called(event)];
    if (!act || sent) return;
    event.preventDefault();
    act();
  });

  /* --- finding a clause by number or word: Enter takes the one that is meant */

  const clauses = [...document.querySelectorAll("#clauses option")];
  const find = (field) => {
    const told = document.querySelector("[data-found]");
    const parts = field.value.split(",").map((part) => part.trim()).filter(Boolean);
    const found = parts.map((part) => {
      const exact = clauses.find((one) => one.value === part);
      const by = clauses.filter((one) => one.textContent.toLowerCase().includes(part.toLowerCase()));
      return exact ? [exact] : by;
    });
    field.value = parts.map((part, place) => (found[place].length === 1 ? found[place][0].value : part)).join(", ");
    told.textContent = found.map((ones) => ones.slice(0, 5).map((one) => `${one.value} ${one.textContent}`).join(" · ") || "?").join(", ");
    if (found.every((ones) => ones.length === 1)) now?.focus({ preventScroll: true });
  };

  /* --- one act at a time, and back where one was */

  for (const one of document.querySelectorAll("form[method=post]")) {
    one.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  addEventListener("pageshow", (event) => { if (event.persisted) sent = false; });

  for (const keys of document.querySelectorAll("[data-keys]")) keys.hidden = false;
  const on = document.querySelector("[data-keys-on]");
  if (on) {
    on.checked = !localStorage.getItem(KEYS_OFF);
    on.addEventListener("change", () => {
      if (on.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "yes");
    });
  }
  if (now && location.hash === "#now") {
    now.scrollIntoView({ block: "center" });
    now.focus({ preventScroll: true });
  }
})();
