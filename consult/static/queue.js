/* The queue by keyboard: each key presses a button that is already on the page. */
"use strict";

const rows = [...document.querySelectorAll(".queue > li")];
const bulk = document.getElementById("bulk");
const picks = () => rows.map((row) => row.querySelector(".pick input")).filter(Boolean);
const current = () => document.querySelector(".queue > li[aria-current]") ?? rows[0];

function stand(row) {
  if (!row) return;
  for (const other of rows) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block: "nearest" });
}

function move(steps) {
  stand(rows[rows.indexOf(current()) + steps]);
}

function press(name, place = document) {
  place?.querySelector(`[data-key="${name}"]`)?.click();
}

function count() {
  const ticked = picks().filter((box) => box.checked);
  for (const box of picks()) box.closest("li").toggleAttribute("data-picked", box.checked);
  const shown = document.querySelector("[data-picked-count]");
  if (shown) shown.textContent = ticked.length || shown.textContent ? String(ticked.length) + " ✓" : "";
  return ticked.length;
}

function pick(box) {
  if (!box) return;
  box.checked = !box.checked;
  count();
}

function open(field) {
  const box = document.getElementById(field);
  if (!box) return;
  if (!count()) pick(current()?.querySelector(".pick input"));
  const fold = box.closest("details");
  if (fold) fold.open = true;
  box.focus();
}

const acts = {
  j: () => move(1),
  k: () => move(-1),
  x: () => pick(current()?.querySelector(".pick input")),
  w: () => press("w", current()),
  "/": () => current()?.querySelector('[data-key="/"]')?.focus(),
  z: () => press("undo"),
  u: () => press("undo"),
  l: () => document.getElementById("bulk-to")?.focus(),
  t: () => open("title"),
  h: () => open("reason"),
};

if (bulk) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const key = event.key.toLowerCase();
    const act = "123".includes(key) ? () => press(key, current()) : acts[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest(".pick")) count();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest(".queue > li");
    if (row && !row.hasAttribute("aria-current")) stand(row);
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".queue > li");
    if (row && !event.target.closest("a, button, input, label")) stand(row);
  });
  document.querySelector(".queue").classList.add("by-key");
  const all = document.querySelector("[data-pick-all]");
  all.hidden = false;
  all.querySelector("input").addEventListener("change", (event) => {
    for (const box of picks()) box.checked = event.target.checked;
    count();
  });
  document.querySelector("[data-keys]").hidden = false;
  if (new URLSearchParams(location.search).has("at")) stand(current());
  count();
}
