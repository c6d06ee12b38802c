/* Operations: what this device says was done, one field of one thing at a time.
 *
 * An operation is a text of JSON written once and never changed, known by its id and by the
 * SHA-256 of its bytes (see consult/field/operations.py). `counter` is a Lamport clock: one
 * more than the highest this device has seen. The device's clock may be wrong by years.
 */

import { newId } from "./ids.js";
import { canonical } from "./merge.js";

/* A counter beyond this comes from no device of ours, and counting on from it would lose exactness. */
const HIGHEST = 2 ** 52;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BYTES = new TextEncoder();

/** The SHA-256 of a text or of bytes, in hexadecimal. */
export async function sha256(written) {
  const bytes = typeof written === "string" ? BYTES.encode(written) : written;
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

export function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What an operation says, or null where it is none; ids come in lower case. */
export function read(written, hash) {
  let told;
  try {
    told = JSON.parse(written);
  } catch {
    return null;
  }
  if (told === null || typeof told !== "object" || !Number.isInteger(told.counter)) return null;
  const over = told.over ?? [];
  const texts = [told.id, told.device, told.workshop, told.kind, told.entity, told.field];
  if (!Array.isArray(over) || ![...texts, ...over].every((text) => typeof text === "string")) return null;
  const one = {
    hash,
    id: told.id.toLowerCase(),
    device: told.device.toLowerCase(),
    counter: told.counter,
    workshop: told.workshop.toLowerCase(),
    kind: told.kind,
    entity: told.entity,
    field: told.field,
    value: told.value,
    over: over.map((id) => id.toLowerCase()),
    at: told.at,
  };
  return [one.id, one.device, one.workshop, ...one.over].every((id) => UUID.test(id)) ? one : null;
}

/** The next counter of a device that had seen this one, having heard of others. */
export function later(counter, heard) {
  return heard > counter && heard < HIGHEST ? heard : counter;
}

/**
 * The operations that make these fields what they are given as: [{hash, written, …}], in order.
 *
 * A field that already stands alone with its value needs none; undefined is no value. `entity` is
 * what is known of the thing, if anything is; `from` holds the device, its counter and the workshop.
 */
export async function compose(from, kind, key, fields, entity) {
  const composed = [];
  let counter = from.counter;
  for (const [field, given] of Object.entries(fields)) {
    const before = entity?.fields.get(field);
    const value = plain(given);
    if (value === undefined || stands(before, value)) continue;
    counter += 1;
    const told = {
      id: newId(),
      device: from.device,
      counter,
      workshop: from.workshop,
      kind,
      entity: key,
      field,
      value,
      over: before ? before.heads.map((head) => head.id) : [],
      at: new Date().toISOString(),
    };
    const written = JSON.stringify(told);
    composed.push({ ...told, written, hash: await sha256(written) });
  }
  return composed;
}

function stands(register, value) {
  return register !== undefined && !register.isConflict && canonical(register.value) === canonical(value);
}

/** A value without what no text has: half of a character, cut off by a keyboard, or a zero. */
function plain(value) {
  if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\uFFFD").replaceAll("\0", "");
  if (Array.isArray(value)) return value.map(plain);
  return value;
}
