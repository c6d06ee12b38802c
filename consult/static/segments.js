/* Counts text messages while one types, as consult/channels/segments.py does when the draft is saved:
   the same alphabet, the same written characters, the same breaks. The page works without it. */
"use strict";

const scriptForm = document.querySelector("form[data-letters]");
const letters = JSON.parse(scriptForm?.dataset.letters ?? '{"alphabet":"","extension":"","replacements":{}}');
const alphabet = new Set(letters.alphabet);
const extension = new Set(letters.extension);
const ALONE = { "GSM-7": 160, "UCS-2": 70 };
const IN_PARTS = { "GSM-7": 153, "UCS-2": 67 };

/* ───────── Counting: no page, only text ───────── */

function isCheap(letter) {
  return alphabet.has(letter) || extension.has(letter);
}
function encodingOf(text) {
  return [...text].every(isCheap) ? "GSM-7" : "UCS-2";
}
function unitsOf(one, encoding) {
  let units = 0;
  for (const letter of one) units += encoding === "GSM-7" ? (extension.has(letter) ? 2 : 1) : letter.length;
  return units;
}

/* What a segment holds, in order; the parts joined are the text. */
function partsOf(text) {
  if (!text) return [];
  const encoding = encodingOf(text);
  const written = charactersOf(text);
  const whole = written.reduce((sum, one) => sum + unitsOf(one, encoding), 0);
  if (whole <= ALONE[encoding]) return [text];
  const parts = [""];
  let filled = 0;
  for (const one of written) {
    const units = unitsOf(one, encoding);
    if (filled && filled + units > IN_PARTS[encoding]) {
      parts.push("");
      filled = 0;
    }
    filled += units;
    parts[parts.length - 1] += one;
  }
  return parts;
}

function countOf(text) {
  const encoding = encodingOf(text);
  const written = charactersOf(text);
  const characters = encoding === "UCS-2" ? written.length : written.reduce((sum, one) => sum + unitsOf(one, encoding), 0);
  return { encoding, characters, segments: partsOf(text).length };
}

/* Characters as one sees them: a letter with its accents, an emoji with its tone. */
function charactersOf(text) {
  const points = [...text];
  const found = [];
  let started = 0;
  for (let place = 1; place < points.length; place++) {
    if (!goesOn(points, started, place)) {
      found.push(points.slice(started, place).join(""));
      started = place;
    }
  }
  if (points.length) found.push(points.slice(started).join(""));
  return found;
}
const between = (letter, first, last) => letter.codePointAt(0) >= first && letter.codePointAt(0) <= last;
const isTag = (letter) => between(letter, 0xe0020, 0xe007f);
const isJoiner = (letter) => letter === "\u200c" || letter === "\u200d";
const isControl = (letter) => !isJoiner(letter) && (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(letter) || (/\p{Cf}/u.test(letter) && !isTag(letter)));
const isFlag = (letter) => between(letter, 0x1f1e6, 0x1f1ff);
const isPicture = (letter) => /\p{So}/u.test(letter) || between(letter, 0x1f000, 0x1faff);

function goesOn(points, started, place) {
  const before = points[place - 1], letter = points[place];
  if (letter.codePointAt(0) < 0x300 || isControl(before)) return false;
  if (/[\p{Mn}\p{Me}\p{Mc}]/u.test(letter) || isJoiner(letter) || between(letter, 0x1f3fb, 0x1f3ff)) return true;
  if (isTag(letter)) return true;
  if (before === "\u200d") return place - started >= 2 && isPicture(points[started]) && isPicture(letter);
  if (isFlag(before) && isFlag(letter)) return (place - started) % 2 === 1;
  return isOneSyllable(before, letter);
}
function isOneSyllable(before, letter) {
  const leading = between(before, 0x1100, 0x115f);
  const whole = between(before, 0xac00, 0xd7a3);
  const open = between(before, 0x1160, 0x11a7) || (whole && (before.codePointAt(0) - 0xac00) % 28 === 0);
  if (leading && (between(letter, 0x1100, 0x11a7) || between(letter, 0xac00, 0xd7a3))) return true;
  if (open && between(letter, 0x1160, 0x11ff)) return true;
  return (whole || between(before, 0x11a8, 0x11ff)) && between(letter, 0x11a8, 0x11ff);
}

/* What may stand in the place of a costly character; null where nothing says the same. */
function replacementOf(letter) {
  if (Object.hasOwn(letters.replacements, letter)) return letters.replacements[letter];
  if (/[\p{Cc}\p{Cf}\p{Mn}\p{Me}]/u.test(letter)) return "";
  if (/\p{Zs}/u.test(letter)) return " ";
  const bare = letter.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("⁄", "/");
  return bare && encodingOf(bare) === "GSM-7" ? bare : null;
}
function plainer(text) {
  return [...text.normalize("NFC")].map((letter) => (isCheap(letter) ? letter : replacementOf(letter) ?? letter)).join("");
}

/* ───────── The page ───────── */

if (scriptForm) countAsOneTypes(scriptForm);

function countAsOneTypes(form) {
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => countAll(form), 60);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-replace]");
    if (!button) return;
    event.preventDefault();
    const field = form.elements[button.dataset.replace];
    field.value = plainer(field.value);
    countAll(form);
    field.focus();
  });
}

function countAll(form) {
  for (const field of form.querySelectorAll("[data-counts]")) show(form, field);
}

/* The message as it leaves when these words are typed, with the longest facts. */
function leaving(form, field, words) {
  if (!words) return "";
  const { before = "", after = "", facts = "{}", choices = "" } = field.dataset;
  const known = JSON.parse(facts);
  const filled = words.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(known, name) ? known[name] : whole));
  const answers = choices.split(" ").map((name) => form.elements[name]?.value.trim()).find(Boolean);
  return before + filled + (choices ? ` ${answers ?? ""}` : after);
}

function show(form, field) {
  const words = field.value.trim();
  const text = leaving(form, field, words);
  const found = countOf(text);
  const box = document.getElementById(`${field.id}-count`);
  box.querySelector("[data-summary]").textContent = summary(form, found);
  drawBoxes(box.querySelector("svg"), text, found.encoding);
  showCost(form, field, box, words, found);
}

function summary(form, found) {
  if (!found.segments) return form.dataset.nothing;
  const words = fill(form.dataset.counted, { ...found, segments: segmentsWord(form, found.segments) });
  return form.dataset.price ? `${words} · ${money(form, found.segments)}` : words;
}
function segmentsWord(form, count) {
  return count === 1 ? form.dataset.one : fill(form.dataset.many, { segments: count });
}
function money(form, count) {
  const { price, currency } = form.dataset;
  return `${(Number(price) * count).toFixed(price.split(".")[1]?.length ?? 0)} ${currency}`.trim();
}
function fill(words, facts) {
  return words.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}

function drawBoxes(svg, text, encoding) {
  const parts = partsOf(text).slice(0, 6);
  const room = (parts.length === 1 ? ALONE : IN_PARTS)[encoding];
  const wide = 100 / (parts.length || 1);
  const shares = parts.length ? parts.map((part) => unitsOf(part, encoding) / room) : [0];
  svg.replaceChildren(...shares.flatMap((share, place) => [
    box("ground", place * wide, wide - 0.6),
    box("solid", place * wide, (wide - 0.6) * Math.min(share, 1)),
  ]));
}
function box(name, x, width) {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const set = { class: name, x: `${x.toFixed(2)}%`, y: 1, width: `${width.toFixed(2)}%`, height: 12 };
  for (const [attribute, value] of Object.entries(set)) rect.setAttribute(attribute, value);
  return rect;
}

function showCost(form, field, box, words, found) {
  const dear = [...new Set([...words].filter((letter) => !isCheap(letter)))].slice(0, 8);
  const offered = dear.map(replacementOf).filter((instead) => instead !== null);
  const place = box.querySelector("[data-dear]");
  const isPart = "isPart" in field.dataset;
  place.hidden = dear.length === 0 || (found.segments === 1 && !isPart);
  if (place.hidden) return;
  const then = countOf(leaving(form, field, plainer(words))).segments;
  const said = fill(form.dataset.dear, { dear: dear.join(" "), now: segmentsWord(form, found.segments) });
  const instead = fill(form.dataset.then, { offered: offered.filter(Boolean).join(" ") || form.dataset.none, then });
  const told = isPart ? fill(form.dataset.part, { dear: dear.join(" ") }) : offered.length ? `${said} ${instead}` : said;
  place.querySelector("[data-dear-words]").textContent = told;
  place.querySelector("[data-replace]").hidden = offered.length === 0;
}
