/* A tiny way to write elements, and to change a page without losing where somebody is in it.
   Words go in as text, never as markup. */

const SPRITE = document.documentElement.dataset.sprite;
const PROPERTIES = new Set(["value", "checked", "indeterminate"]);
const ONCE = new Set(["open", "autofocus"]); // said when an element is made, then the reader's own

/* An element: `told` are its attributes; `on` its listeners by event, `key` what it is known by among its siblings. */
export function h(name, told, ...children) {
  const element = document.createElement(name);
  element.told = {};
  element.heard = {};
  append(element, children);
  tell(element, told ?? {});
  return element;
}

/* One symbol of the look, to stand beside its word. */
export function symbol(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/* Make the children of an element what they should be; what is alike stays, with its focus and its caret. */
export function draw(into, ...children) {
  const wanted = flat(children);
  const keys = new Set(wanted.map((one) => one.key).filter((key) => key !== undefined));
  const known = new Map();
  for (const child of into.childNodes) if (child.key !== undefined) known.set(child.key, child);
  let at = into.firstChild;
  for (const next of wanted) {
    while (at && at.key !== undefined && !keys.has(at.key)) at = without(at);
    const found = next.key !== undefined ? known.get(next.key) : at?.key === undefined ? at : null;
    if (found && alike(found, next)) {
      patch(found, next);
      if (found === at) at = at.nextSibling;
      else into.insertBefore(found, at);
    } else into.insertBefore(next, at);
  }
  while (at) at = without(at);
}

function without(node) {
  const after = node.nextSibling;
  node.remove();
  return after;
}

function alike(one, other) {
  return one.nodeName === other.nodeName && one.key === other.key && one.type === other.type && one.id === other.id;
}

function patch(old, next) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  if (!next.told) return old.isEqualNode(next) ? undefined : old.replaceWith(next);
  draw(old, ...[...next.childNodes]);
  tell(old, { ...next.told, on: next.heard });
}

function tell(element, told) {
  const { on = {}, key, ...rest } = told;
  if (key !== undefined) element.key = key;
  for (const event of Object.keys(on)) {
    if (!(event in element.heard)) element.addEventListener(event, (what) => element.heard[event]?.(what));
  }
  element.heard = { ...Object.fromEntries(Object.keys(element.heard).map((event) => [event, undefined])), ...on };
  for (const name of Object.keys(element.told)) if (!(name in rest)) element.removeAttribute(name);
  for (const [name, value] of Object.entries(rest)) {
    if (ONCE.has(name) && name in element.told) continue;
    if (PROPERTIES.has(name)) {
      if (element[name] !== value && !isBeingTyped(element, name, value)) element[name] = value;
    } else if (value === false || value === undefined || value === null) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.told = rest;
}

/* A field that tells only when it is left: what somebody is typing there now is not ours to change. */
function isBeingTyped(element, name, value) {
  return name === "value" && element === document.activeElement && !element.heard.input && element.told.value === value;
}

function append(element, children) {
  element.append(...flat(children));
}

function flat(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
