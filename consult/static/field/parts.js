/* Pieces that several screens are made of. */
import { h, symbol } from "./dom.js";
import { t } from "./words.js";

export const SIGNS = { done: "met", care: "warning", refused: "stop", info: "info" };

export function notice(kind, ...words) {
  return h("div", { class: "notice", "data-is": kind }, symbol(SIGNS[kind]), h("div", {}, words.map((one) => (one instanceof Node ? one : h("p", {}, one)))));
}

/* A title of a screen; it takes the focus when the screen appears. */
export const title = (words, told = {}) => h("h1", { tabindex: "-1", ...told }, words);

export const back = (address, words) => h("p", { class: "back" }, h("a", { href: address }, symbol("previous"), " ", words));

export const button = (words, click, told = {}) => h("button", { type: "button", class: "button", ...told, on: { click } }, words);
export const second = (words, click, told = {}) => button(words, click, { class: "button second", ...told });

/* Several on or off marks, as tiles: `chosen` is a list; `change` gets the new list. */
export function ticks(legend, options, chosen, change, hint) {
  return h(
    "fieldset",
    { class: "field" },
    h("legend", {}, legend),
    hint && h("p", { class: "hint" }, hint),
    h(
      "div",
      { class: "choices tiles" },
      options.map(([value, words, small, told]) =>
        h(
          "label",
          { class: "choice", key: `tick-${value}` },
          h("input", {
            type: "checkbox",
            value,
            checked: chosen.includes(value),
            on: { change: (event) => change(event.target.checked ? [...chosen, value] : chosen.filter((one) => one !== value)) },
          }),
          " ",
          h("span", { dir: "auto", ...told }, words, small && h("small", {}, small)),
        ),
      ),
    ),
  );
}

/* One of several, as tiles. Pressed again, what is chosen is taken back where `free`. */
export function choice(name, legend, options, chosen, change, { free = false, hint, large = false } = {}) {
  return h(
    "fieldset",
    { class: large ? "field large" : "field", key: name },
    h("legend", {}, legend, free && h("span", { class: "optional" }, " ", t("optional"))),
    hint && h("p", { class: "hint" }, hint),
    h(
      "div",
      { class: "choices tiles" },
      options.map(([value, words, small]) =>
        h(
          "label",
          { class: "choice", key: `${name}-${value}` },
          h("input", {
            type: "radio",
            name,
            value,
            checked: chosen === value,
            on: {
              change: () => change(value),
              click: () => {
                if (free && chosen === value) change("");
              },
            },
          }),
          " ",
          h("span", { dir: "auto" }, words, small && h("small", {}, small)),
        ),
      ),
    ),
  );
}

export function tick(words, small, checked, change, told = {}) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "checkbox", checked, ...told, on: { change: (event) => change(event.target.checked) } }),
    " ",
    h("span", {}, h("b", {}, words), small && h("small", {}, small)),
  );
}

/* A field to type in. `told.rows` makes it a text of several lines. */
export function typed(id, words, value, input, { hint, rows, optional, error, ...told } = {}) {
  const name = rows ? "textarea" : "input";
  return h(
    "div",
    { class: error ? "field wrong" : "field", key: `field-${id}` },
    h("label", { for: id }, words, optional && h("span", { class: "optional" }, " ", t("optional"))),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    error && h("span", { class: "error", id: `${id}-error` }, error),
    h(name, {
      id,
      rows,
      value,
      dir: "auto",
      "aria-describedby": [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || null,
      "aria-invalid": error ? "true" : null,
      ...told,
      on: { input: (event) => input(event.target.value), ...told.on },
    }),
  );
}

export function chosenFrom(id, words, options, value, change, { hint, optional, ...told } = {}) {
  return h(
    "div",
    { class: "field", key: `field-${id}` },
    h("label", { for: id }, words, optional && h("span", { class: "optional" }, " ", t("optional"))),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    h(
      "select",
      { id, value, "aria-describedby": hint ? `${id}-hint` : null, ...told, on: { change: (event) => change(event.target.value) } },
      options.map(([code, label]) => h("option", { value: code, key: `option-${code}` }, label)),
    ),
  );
}

const counting = new Map(); // numbers on their way to the device's keeping, by their field

/* A number that is counted up and down with the thumb, or typed. `change` gets a whole number from 0. */
export function counter(id, words, value, change, small) {
  const shown = counting.get(id) ?? value ?? null;
  const set = async (number) => {
    const wanted = Math.min(100000, Math.max(0, Math.round(number) || 0));
    // The next tap counts on from here, though this one is not written yet.
    counting.set(id, wanted);
    document.getElementById(id).value = String(wanted);
    await change(wanted);
    if (counting.get(id) === wanted) counting.delete(id);
  };
  const read = () => Number(document.getElementById(id).value.replace(/\D/g, ""));
  return h(
    "div",
    { class: "counter", key: `counter-${id}` },
    h("label", { for: id }, words, small && h("small", {}, small)),
    second(symbol("withdrawn"), () => set(read() - 1), { "aria-label": t("one-less", { what: words }), disabled: !shown }),
    h("input", {
      id,
      inputmode: "numeric",
      autocomplete: "off",
      pattern: "[0-9]*",
      value: shown === null ? "" : String(shown),
      on: { change: () => set(read()), focus: (event) => event.target.select() },
    }),
    second(symbol("new"), () => set(read() + 1), { "aria-label": t("one-more", { what: words }) }),
  );
}

/* A list of places to go, one large line each: [address, words, beside]. */
export function places(label, links) {
  return h(
    "nav",
    { class: "places", "aria-label": label },
    h(
      "ul",
      {},
      links.filter(Boolean).map(([address, words, beside]) =>
        h("li", { key: address }, h("a", { href: address }, h("span", {}, words), beside && h("small", {}, beside))),
      ),
    ),
  );
}
