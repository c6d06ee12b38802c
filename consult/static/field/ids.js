/* Ids that a device makes by itself (UUID version 7, RFC 9562): in the order of their making, with its moment in them. */

export function newId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 5, rest = Math.max(0, Math.floor(now)); place >= 0; place--, rest = Math.floor(rest / 256)) bytes[place] = rest % 256;
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/* The moment at which an entity's id was made, by the clock of its device; null for an id of another kind. */
export function madeAt(entity) {
  const found = /([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/.exec(entity);
  return found ? new Date(parseInt(found[1] + found[2], 16)) : null;
}

/* `note` and an id, as entities are called. */
export const entityOf = (kind, id = newId()) => `${kind}:${id}`;
export const idOf = (entity) => entity.slice(entity.indexOf(":") + 1);
