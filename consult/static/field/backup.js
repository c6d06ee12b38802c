/* The backup file: everything this device holds, sealed with a passphrase, out and in.
 *
 * Its format is docs/decisions/0022-the-field-backup-file.md; consult/field/ reads the same.
 */

import { FieldError } from "./database.js";
import { sha256 } from "./ops.js";

const KIND = "field-backup";
const FORMAT = 1;
const ITERATIONS = 600_000;
const SEGMENT = 1024 * 1024;
const TAG = 16;
const LONGEST_HEADER = 4096;
const TEXT = new TextEncoder();
const WORDS = new TextDecoder();

/** The file is none of ours, or of a later release. */
export class BackupUnknown extends FieldError {
  constructor() {
    super("backup-unknown", "This file is no backup of a field page. Look for the file that ends in .baraza.");
  }
}

/** The passphrase does not open the file. */
export class BackupLocked extends FieldError {
  constructor() {
    super("backup-locked", "This passphrase does not open the file. Write it as it was when the backup was made.");
  }
}

/** The file ends early or is damaged; nothing was brought in. */
export class BackupCut extends FieldError {
  constructor() {
    super("backup-cut", "This file is damaged or not whole, so nothing was brought in. Copy it again.");
  }
}

// --- out

/** Everything on this device in one sealed file. Throws FieldError without a passphrase. */
export async function makeBackup(field, passphrase) {
  if (!passphrase) throw new FieldError("backup-no-passphrase", "Choose a passphrase: without one anybody could read it.");
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const prefix = crypto.getRandomValues(new Uint8Array(8));
  const sealed = { kdf: "PBKDF2-SHA256", iterations: ITERATIONS, salt: base64(salt), prefix: base64(prefix) };
  const header = { baraza: KIND, format: FORMAT, ...sealed };
  const key = await keyOf(passphrase, header);
  let file = new Blob([`${JSON.stringify(header)}\n`]);
  let index = 0;
  const seal = async (plain, isLast) => {
    const ciphertext = await crypto.subtle.encrypt(sealing(prefix, index, isLast), key, plain);
    index += 1;
    // A blob may lie on the disk; many hours of sound do not fit into a telephone's memory.
    file = new Blob([file, number(ciphertext.byteLength), ciphertext], { type: "application/octet-stream" });
  };
  const held = new Held();
  for await (const part of entries(field)) {
    held.add(part);
    // One is held back: the last must say that it is the last.
    while (held.size > SEGMENT) await seal(held.take(SEGMENT), false);
  }
  await seal(held.take(held.size), true);
  return file;
}

async function* entries(field) {
  for (const { id, pack } of await field.known()) {
    if (pack) yield* entry({ type: "pack", workshop: id }, TEXT.encode(JSON.stringify(pack)));
  }
  for (const { workshop, hash, written, waiting } of await field.everything("operations")) {
    yield* entry({ type: "operation", workshop, sha256: hash, sent: !waiting }, TEXT.encode(written));
  }
  for (const { workshop, entity, value } of await field.everything("private")) {
    yield* entry({ type: "private", workshop, entity }, TEXT.encode(JSON.stringify(value)));
  }
  for (const { workshop, sha256, type: media_type, waiting } of await field.everything("objects")) {
    const blob = await field.object(sha256);
    if (blob) yield* entry({ type: "object", workshop, sha256, media_type, sent: !waiting }, await blob.arrayBuffer());
  }
}

function* entry(head, bytes) {
  const written = TEXT.encode(JSON.stringify({ ...head, size: bytes.byteLength }));
  yield number(written.byteLength);
  yield written;
  yield new Uint8Array(bytes);
}

// --- in

/**
 * Bring in what a file holds: {operations, objects, already}.
 *
 * The whole file is read before anything is kept. What is here already is counted in `already`
 * and left alone; what the other device had sent is sent again, which changes nothing.
 * Throws BackupUnknown, BackupLocked, BackupCut, StorageFull.
 */
export async function bringBackup(field, file, passphrase) {
  const { header, start } = await headerOf(file);
  const key = await keyOf(passphrase ?? "", header);
  for await (const _ of opened(file, header, start, key));
  const brought = { operations: 0, objects: 0, already: 0 };
  const gathered = new Map();
  for await (const { head, bytes } of opened(file, header, start, key)) {
    if (head.type === "operation") into(gathered, head.workshop, WORDS.decode(bytes));
    else await bring(field, head, bytes, brought);
  }
  for (const [workshop, written] of gathered) {
    await field.remember(workshop, {});
    const fresh = await field.hear(workshop, written, { waits: true });
    brought.operations += fresh;
    brought.already += written.length - fresh;
  }
  return brought;
}

async function bring(field, head, bytes, brought) {
  if (head.type === "pack") {
    if (!(await field.pack(head.workshop))) await field.savePack(JSON.parse(WORDS.decode(bytes)));
  } else if (head.type === "private") {
    const known = await field.privately(head.workshop, head.entity);
    if (known === undefined) await field.privately(head.workshop, head.entity, JSON.parse(WORDS.decode(bytes)));
  } else if (head.type === "object") {
    const isNew = !(await field.hasObject(head.workshop, head.sha256));
    await field.putObject(head.workshop, new Blob([bytes]), head.media_type);
    brought[isNew ? "objects" : "already"] += 1;
  }
}

async function headerOf(file) {
  const begin = new Uint8Array(await file.slice(0, LONGEST_HEADER).arrayBuffer());
  const end = begin.indexOf(10);
  let header = null;
  try {
    header = JSON.parse(WORDS.decode(begin.subarray(0, end)));
  } catch {
    throw new BackupUnknown();
  }
  const isOurs = header?.baraza === KIND && header.format === FORMAT && header.kdf === "PBKDF2-SHA256";
  if (end < 0 || !isOurs || !(header.iterations > 0 && header.iterations <= 10 * ITERATIONS)) throw new BackupUnknown();
  return { header, start: end + 1 };
}

/** The entries of a file, in order: {head, bytes}. Every one has been proved whole. */
async function* opened(file, header, start, key) {
  const held = new Held();
  let head = null;
  for await (const plain of segments(file, header, start, key)) {
    held.add(plain);
    for (;;) {
      if (!head) head = headIn(held);
      if (!head || held.size < head.size) break;
      const bytes = held.take(head.size);
      if (head.type === "object" || head.type === "operation") await proved(head, bytes);
      yield { head, bytes };
      head = null;
    }
  }
  if (head || held.size) throw new BackupCut();
}

async function* segments(file, header, start, key) {
  const prefix = unbase64(header.prefix);
  for (let [index, place] = [0, start]; ; index += 1) {
    const size = new DataView(await exactly(file, place, 4)).getUint32(0);
    if (size < TAG || size > SEGMENT + TAG) throw new BackupCut();
    const isLast = place + 4 + size === file.size;
    const ciphertext = await exactly(file, place + 4, size);
    const plain = await opening(key, sealing(prefix, index, isLast), ciphertext);
    if (!plain) {
      // Where the first opens as one that others follow, the passphrase is right and they are gone.
      const isCut = index > 0 || (await opening(key, sealing(prefix, index, !isLast), ciphertext));
      throw isCut ? new BackupCut() : new BackupLocked();
    }
    yield plain;
    if (isLast) return;
    place += 4 + size;
  }
}

async function opening(key, how, ciphertext) {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, key, ciphertext));
  } catch {
    return null;
  }
}

function headIn(held) {
  if (held.size < 4) return null;
  const size = new DataView(held.look(4).buffer).getUint32(0);
  if (held.size < 4 + size) return null;
  held.take(4);
  try {
    return JSON.parse(WORDS.decode(held.take(size)));
  } catch {
    throw new BackupCut();
  }
}

async function proved({ sha256: named }, bytes) {
  if ((await sha256(bytes)) !== named) throw new BackupCut();
}

async function exactly(file, start, size) {
  const bytes = await file.slice(start, start + size).arrayBuffer();
  if (bytes.byteLength < size) throw new BackupCut();
  return bytes;
}

// --- how it is sealed

async function keyOf(passphrase, { salt, iterations }) {
  // Written the same on every keyboard: é as one character or as two is one passphrase.
  const words = TEXT.encode(passphrase.normalize("NFC"));
  const base = await crypto.subtle.importKey("raw", words, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: unbase64(salt), iterations };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function sealing(prefix, index, isLast) {
  const iv = new Uint8Array(12);
  iv.set(prefix);
  iv.set(number(index), 8);
  return { name: "AES-GCM", iv, additionalData: TEXT.encode(isLast ? "last" : "more") };
}

/** Bytes in a row: added in any pieces, taken in any other. */
class Held {
  #pieces = [];
  size = 0;

  add(bytes) {
    if (!bytes.byteLength) return;
    this.#pieces.push(bytes);
    this.size += bytes.byteLength;
  }

  /** The next so many bytes, left where they are. */
  look(size) {
    const bytes = this.take(size);
    this.#pieces.unshift(bytes);
    this.size += size;
    return bytes;
  }

  /** The next so many bytes. */
  take(size) {
    const bytes = new Uint8Array(size);
    for (let filled = 0; filled < size; ) {
      const [piece] = this.#pieces;
      const some = piece.subarray(0, size - filled);
      bytes.set(some, filled);
      filled += some.byteLength;
      if (some.byteLength === piece.byteLength) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(some.byteLength);
    }
    this.size -= size;
    return bytes;
  }
}

function number(count) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, count);
  return bytes;
}

function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function unbase64(written) {
  try {
    return Uint8Array.from(atob(written), (letter) => letter.charCodeAt(0));
  } catch {
    throw new BackupUnknown();
  }
}

function into(map, key, one) {
  const found = map.get(key);
  if (found) found.push(one);
  else map.set(key, [one]);
}
