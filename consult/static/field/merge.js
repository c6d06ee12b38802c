/* What operations come to, in whatever order and however often they arrive.
 *
 * The same as consult/field/merging.py, held to the same cases. Each field keeps every
 * value that nobody has replaced; an operation names those it replaces (`over`). Shown is
 * the one whose device had seen most; no clock decides.
 */

/** The operations on one field that nothing has replaced, the one shown first. */
export class Register {
  constructor(heads) {
    this.heads = heads;
  }

  get value() {
    return this.heads[0].value;
  }

  /** The different values that stand side by side, the shown one first. */
  get values() {
    const found = new Map();
    for (const head of this.heads) if (!found.has(canonical(head.value))) found.set(canonical(head.value), head.value);
    return [...found.values()];
  }

  get isConflict() {
    return this.values.length > 1;
  }
}

/** One thing, such as a note: its registers by field, and every operation on it. */
export class Entity {
  constructor(key, kind, fields, operations) {
    Object.assign(this, { key, kind, fields, operations });
  }

  /** The value of a field, or `otherwise` where nobody said. */
  get(field, otherwise = null) {
    const found = this.fields.get(field);
    return found ? found.value : otherwise;
  }

  /** The values of a family of fields by what follows its name: `cell:` gives `0:women` and so on. */
  family(prefix) {
    const found = {};
    for (const [field, register] of this.fields) {
      if (field.startsWith(prefix)) found[field.slice(prefix.length)] = register.value;
    }
    return found;
  }

  /** Whether it was taken away as a mistake. */
  get removed() {
    return Boolean(this.get("removed", false));
  }

  /** The names of fields of which devices say different things, in order. */
  get conflicts() {
    return [...this.fields].filter(([, register]) => register.isConflict).map(([field]) => field).sort();
  }

  /** Whether one operation came in two wordings. */
  get clash() {
    return new Set(this.operations.map((one) => one.id)).size < this.operations.length;
  }
}

/** A Map of entities by key: the same for any order and any repetition of the operations. */
export function fold(operations) {
  const unique = new Map();
  for (const one of operations) unique.set(`${one.id} ${one.hash}`, one);
  const byEntity = new Map();
  for (const one of [...unique.values()].sort(seenMost)) into(byEntity, one.entity, one);
  const keys = [...byEntity.keys()].sort();
  return new Map(keys.map((key) => [key, entityOf(key, byEntity.get(key))]));
}

/** A value as one text, however its keys were ordered: for telling whether two are the same. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

function entityOf(key, operations) {
  // Devices that disagree even on what a thing is: the first word holds, nothing is dropped.
  const kind = operations.at(-1).kind;
  const byField = new Map();
  for (const one of operations) if (one.kind === kind) into(byField, one.field, one);
  const fields = new Map([...byField].map(([field, found]) => [field, registerOf(found)]));
  return new Entity(key, kind, fields, operations);
}

function registerOf(operations) {
  const replaced = new Set();
  for (const one of operations) for (const id of one.over) if (id !== one.id) replaced.add(id);
  const heads = operations.filter((one) => !replaced.has(one.id));
  // Operations that replace each other in a ring come from no device of ours; all of them stand.
  return new Register(heads.length ? heads : operations);
}

/** The order in which values are shown: whose device had seen most comes first. */
function seenMost(one, other) {
  if (one.counter !== other.counter) return other.counter - one.counter;
  for (const name of ["device", "id", "hash"]) {
    if (one[name] !== other[name]) return one[name] < other[name] ? -1 : 1;
  }
  return 0;
}

function into(map, key, one) {
  const found = map.get(key);
  if (found) found.push(one);
  else map.set(key, [one]);
}
