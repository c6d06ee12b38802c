/* Saves steps while drafting: a toolbar, a preview as one types, and keeping what is not saved yet.
   Every page works without it. */
"use strict";

/* ───────── A clause that was saved: this browser lets go of its own copy ───────── */

const saved = document.querySelector("[data-saved]");
if (saved) forget(saved.dataset.saved);

function remembered(path) {
  try {
    return JSON.parse(localStorage.getItem("baraza:" + path));
  } catch {
    return null;
  }
}
function remember(path, words) {
  try {
    localStorage.setItem("baraza:" + path, JSON.stringify(words));
  } catch {
    /* A browser that keeps nothing: the server still does. */
  }
}
function forget(path) {
  try {
    localStorage.removeItem("baraza:" + path);
  } catch {
    /* Nothing was kept there. */
  }
}

/* ───────── The editor ───────── */

const form = document.querySelector("#clause");
if (form) editor(form);

function editor(form) {
  const { body, heading, base } = form.elements;
  const path = form.dataset.path;
  const began = body.value + "\n" + heading.value;
  const changed = () => body.value + "\n" + heading.value !== began;
  keepWords(form, path, changed);
  offerWordsHere(path, { body, heading, base });
  livePreview(form);
  toolbar(form, body);
}

/* What is typed goes to this browser at once, and to the server every few seconds. */
function keepWords(form, path, changed) {
  const { body, heading, base } = form.elements;
  const status = form.querySelector("[data-status]");
  let timer, sent = "";
  const say = (words) => {
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    status.textContent = words.replace("{time}", time);
  };
  const send = async (leaving) => {
    clearTimeout(timer);
    timer = undefined;
    const now = body.value + "\n" + heading.value;
    if (!form.dataset.keep || form.dataset.sent || !changed() || now === sent) return;
    const fields = new FormData();
    for (const name of ["csrf_token", "base", "heading", "body"]) fields.set(name, form.elements[name].value);
    try {
      const answer = await fetch(form.dataset.keep, { method: "POST", body: fields, keepalive: leaving && now.length < 30000 });
      if (!answer.ok) throw new Error(answer.status);
      sent = now;
      say(form.dataset.wordsKept);
    } catch {
      say(form.dataset.wordsHere);
    }
  };
  form.addEventListener("input", () => {
    if (!changed()) return;
    remember(path, { base: base.value, heading: heading.value, body: body.value });
    timer ??= setTimeout(send, 4000);
  });
  addEventListener("pagehide", () => send(true));
  document.addEventListener("visibilitychange", () => document.hidden && send(true));
}

function offerWordsHere(path, { body, heading, base }) {
  const words = remembered(path);
  const offer = document.querySelector("[data-kept-here]");
  const same = (one, other) => one.replaceAll("\r\n", "\n").trim() === other.replaceAll("\r\n", "\n").trim();
  if (!words || !offer) return;
  if (same(words.body, body.value) && same(words.heading, heading.value)) return forget(path);
  offer.hidden = false;
  offer.querySelector("[data-bring]").addEventListener("click", () => {
    body.value = words.body;
    heading.value = words.heading;
    /* The text they grew from goes along, so that saving merges with what came since. */
    base.value = words.base;
    offer.hidden = true;
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.focus();
  });
  offer.querySelector("[data-drop]").addEventListener("click", () => {
    forget(path);
    offer.hidden = true;
  });
}

function livePreview(form) {
  const place = document.querySelector("[data-preview-here]");
  const button = form.querySelector('button[value="preview"]');
  let timer, turn = 0;
  const show = async () => {
    const mine = ++turn;
    const fields = new FormData(form);
    fields.delete("base");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: fields });
      /* The fragment is our own, made safe on the server like every clause. */
      if (answer.ok && mine === turn) place.innerHTML = await answer.text();
    } catch {
      /* No network: the old preview stands until there is one. */
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
  button.addEventListener("click", (event) => {
    event.preventDefault();
    show();
    place.scrollIntoView({ block: "nearest" });
  });
}

/* ───────── The toolbar: marks put into the plain text ───────── */

function toolbar(form, body) {
  const bar = form.querySelector("[data-toolbar]");
  const references = form.querySelector("[data-references]");
  bar.hidden = false;
  const acts = {
    bold: () => around("**", "**"),
    italic: () => around("*", "*"),
    list: () => lines((line) => (line.startsWith("- ") ? line.slice(2) : "- " + line)),
    table: () => block("| | |\n| --- | --- |\n| | |"),
    value: () => around("{", "}", form.querySelector('[name="parameters-0-name"]')?.value || "name"),
    clause: () => {
      references.hidden = !references.hidden;
      if (!references.hidden) references.querySelector("select").focus();
    },
    footnote: () => footnote(),
  };
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) acts[button.dataset.do]();
  });
  body.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const act = { b: "bold", i: "italic" }[event.key];
    if (!act) return;
    event.preventDefault();
    acts[act]();
  });
  references.querySelector("select").addEventListener("change", (event) => {
    if (!event.target.value) return;
    put(body.selectionStart, body.selectionEnd, event.target.value);
    references.hidden = true;
    event.target.value = "";
  });

  function put(start, end, words, from = start + words.length, to = from) {
    body.focus();
    body.setRangeText(words, start, end, "end");
    body.setSelectionRange(from, to);
    body.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function around(before, after, otherwise = "") {
    const { selectionStart: start, selectionEnd: end, value } = body;
    const words = value.slice(start, end) || otherwise;
    const from = start + before.length;
    put(start, end, before + words + after, from, from + words.length);
  }
  function lines(change) {
    const start = body.value.lastIndexOf("\n", body.selectionStart - 1) + 1;
    const next = body.value.indexOf("\n", body.selectionEnd);
    const end = next < 0 ? body.value.length : next;
    const words = body.value.slice(start, end).split("\n").map(change).join("\n");
    put(start, end, words);
  }
  function block(words) {
    const at = body.selectionEnd;
    const before = at === 0 ? "" : body.value.slice(0, at).endsWith("\n\n") ? "" : "\n\n";
    put(at, at, before + words + "\n\n");
  }
  function footnote() {
    let n = 1;
    while (body.value.includes(`[^${n}]`)) n += 1;
    const at = body.selectionEnd;
    body.setRangeText(`[^${n}]`, at, at, "end");
    const end = body.value.length;
    put(end, end, `\n\n[^${n}]: `);
  }
}

/* ───────── The outline by keyboard: arrows choose, Alt and arrows move ───────── */

/* Going to the clause named in the address takes the focus away, so it is given back after that. */
addEventListener("load", () => setTimeout(() => document.querySelector("[data-outline] input:checked")?.focus()));
document.querySelector("[data-outline]")?.addEventListener("keydown", (event) => {
  const outline = event.currentTarget;
  if (event.target.name !== "clause") return;
  const step = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" }[event.key];
  const act = event.altKey ? step : event.key === "Enter" && "edit";
  if (!act) return;
  event.preventDefault();
  outline.requestSubmit(outline.querySelector(`button[value="${act}"]`));
});
