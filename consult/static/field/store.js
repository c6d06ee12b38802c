/* What the device keeps: workshops, operations, photographs and sound, names, half-typed notes.
 *
 * Every act here resolves once its work is safe on the device, in one transaction of the
 * database. What is sent is decided by sync.js alone; nothing is taken away before the server
 * has named it as kept.
 */

import { Database, FieldError, StorageFull, isFull } from "./database.js";
import { newId } from "./ids.js";
import { fold } from "./merge.js";
import { compose, read, sha256 } from "./ops.js";
import { Reserve, Tab, askToKeep } from "./room.js";
import { allOf, forgetWithdrawn, forgetWorkshop, markKept, markWhole, putHeard, putObject, putWritten } from "./rows.js";
import { releaseSent, takeDraft } from "./rows.js";

export { FieldError, StorageFull };

const WRITTEN = ["operations", "objects", "bytes", "self"];
const EVERYTHING = [...WRITTEN, "workshops", "private", "drafts"];

/** The device's keeping, opened. */
export async function openField() {
  if (!globalThis.isSecureContext) {
    throw new FieldError("not-secure", "This page keeps nothing unless its address begins with https.");
  }
  const field = new Field();
  await field.begin();
  return field;
}

/** Something of the workshop has not been sent, so the device does not let go of it. */
export class StillUnsent extends FieldError {
  constructor(unsent) {
    super("still-unsent", "Something of this workshop has not been sent yet. Send it first.", { unsent });
  }
}

class Field {
  #database = new Database();
  #reserve = new Reserve();
  #tab = new Tab();
  #channel = new BroadcastChannel("baraza-field");
  #listeners = new Set();
  #turn = Promise.resolve();
  #read = new Map();
  #asked = null;

  async begin() {
    this.#channel.onmessage = (event) => this.#hearChange(event.data);
    await this.#with(["self"], "readwrite", async (tx) => {
      const self = tx.objectStore("self");
      if (!(await self.get("device"))) await self.put({ device: newId(), token: "", label: "" }, "device");
    });
    this.#reserve.lay();
  }

  // --- workshops

  /** The packs of the workshops on this device. */
  async packs() {
    return (await this.known()).filter((row) => row.pack).map((row) => row.pack);
  }

  /** The pack of a workshop, or undefined. */
  async pack(id) {
    return (await this.known(id))?.pack;
  }

  /** Keep a workshop on this device, or its newer pack. */
  async savePack(pack, etag = "") {
    await this.remember(pack.workshop.id, { pack, etag });
  }

  /** What is known of a workshop beside its pack ({id, pack, etag, cursor, late}); of all without an id. */
  async known(id) {
    return this.#with(["workshops"], "readonly", (tx) => {
      const workshops = tx.objectStore("workshops");
      return id === undefined ? workshops.getAll() : workshops.get(id);
    });
  }

  /** Note something about a workshop beside its pack. */
  async remember(id, told) {
    await this.#safely(["workshops"], async (tx) => {
      const workshops = tx.objectStore("workshops");
      await workshops.put({ ...(await workshops.get(id)), ...told, id });
    });
    if ("pack" in told || "late" in told) this.tell({ what: "packs", workshop: id });
  }

  /** Take a workshop off this device. Throws StillUnsent while anything of it waits. */
  async forget(id) {
    const unsent = await this.unsent(id);
    if (unsent.operations || unsent.objects) throw new StillUnsent(unsent);
    await this.#with(EVERYTHING, "readwrite", (tx) => forgetWorkshop(tx, id));
    this.#read.clear();
    this.tell({ what: "packs", workshop: id });
  }

  // --- what was said and done

  /**
   * Write fields of a thing; resolves with the operations once they are safe.
   *
   * Only what changes is written; photographs or sound that belong to it may come along in the
   * same transaction (`objects`: [{sha256, type, bytes}]). Throws StorageFull.
   */
  async write(workshopId, kind, key, fields, objects = []) {
    // One after the other within this tab; against other tabs the stamp below stands guard.
    const written = this.#turn.then(() => this.#write(workshopId, kind, key, fields, objects));
    this.#turn = written.catch(() => {});
    return written;
  }

  async #write(workshopId, kind, key, fields, objects) {
    for (;;) {
      const seen = await this.#seen(workshopId, key);
      const from = { device: seen.device, counter: seen.counter, workshop: workshopId };
      const fresh = await compose(from, kind, key, fields, seen.entity);
      if (!fresh.length && !objects.length) return [];
      const put = (tx) => putWritten(tx, workshopId, fresh, objects, seen.stamp);
      // False where another tab wrote meanwhile: then it is composed anew, knowing what that tab wrote.
      if (await this.#safely(WRITTEN, put, { isWords: !objects.length })) {
        this.tell({ what: "operations", workshop: workshopId });
        return fresh;
      }
    }
  }

  async #seen(workshopId, key) {
    const [device, counter, stamp, rows] = await this.#with(["operations", "self"], "readonly", (tx) => {
      const self = tx.objectStore("self");
      const entity = tx.objectStore("operations").index("entity");
      return Promise.all([self.get("device"), self.get("counter"), self.get("stamp"), entity.getAll([workshopId, key])]);
    });
    const entity = fold(this.#parsed(rows)).get(key);
    return { device: device.device, counter: counter ?? 0, stamp: stamp ?? 0, entity };
  }

  /** What the operations of a workshop come to: a Map of entities; `sent` says whether the server has all of one. */
  async state(workshopId) {
    const [rows, waiting] = await this.#with(["operations", "objects"], "readonly", (tx) =>
      Promise.all([
        tx.objectStore("operations").index("workshop").getAll(workshopId),
        tx.objectStore("objects").index("waiting").getAll(allOf(workshopId)),
      ]),
    );
    const unsent = new Set(rows.filter((row) => row.waiting).map((row) => row.entity));
    const heavy = new Set(waiting.map((row) => row.sha256));
    const entities = fold(this.#parsed(rows));
    for (const entity of entities.values()) {
      entity.sent = !unsent.has(entity.key) && !hashesOf(entity).some((hash) => heavy.has(hash));
    }
    return entities;
  }

  /** What the server set aside or found in two wordings: [{entity, field, state, said}]. */
  async notices(workshopId) {
    const rows = await this.#operations(workshopId);
    const found = rows.filter((row) => row.state === "aside" || row.state === "clash");
    return found.map((row) => ({ ...pick(this.#parsed([row])[0]), state: row.state, said: row.said }));
  }

  /**
   * Learn of operations, as they were written; returns how many were new.
   *
   * `waits` is whether the server may not have them yet, so that they are sent from here.
   */
  async hear(workshopId, strings, { waits = false } = {}) {
    const told = await Promise.all(strings.map(async (written) => ({ written, hash: await sha256(written) })));
    const heard = told.map((one) => ({ ...read(one.written, one.hash), ...one }));
    const ours = heard.filter((one) => one.workshop === workshopId);
    const fresh = await this.#safely(WRITTEN, (tx) => putHeard(tx, ours, waits));
    if (fresh) this.tell({ what: "operations", workshop: workshopId });
    return fresh;
  }

  // --- photographs and sound

  /** Keep the bytes of something to be sent; its SHA-256. Throws StorageFull. */
  async putObject(workshopId, blob, type = blob.type) {
    const bytes = await blob.arrayBuffer();
    const hash = await sha256(bytes);
    const one = { sha256: hash, type, bytes };
    const put = async (tx) => {
      await putObject(tx, workshopId, one);
      await forgetWithdrawn(tx, workshopId);
    };
    await this.#safely(WRITTEN, put, { isWords: false });
    this.tell({ what: "objects", workshop: workshopId });
    return hash;
  }

  /** A photograph or a stretch of sound, or undefined where it is not on this device. */
  async object(hash) {
    const [bytes, [row]] = await this.#with(["objects", "bytes"], "readonly", (tx) =>
      Promise.all([tx.objectStore("bytes").get(hash), tx.objectStore("objects").index("sha256").getAll(hash, 1)]),
    );
    return bytes && new Blob([bytes], { type: row?.type ?? "" });
  }

  /** Whether a workshop has this object, here or already sent. */
  async hasObject(workshopId, hash) {
    const key = [workshopId, hash];
    return (await this.#with(["objects"], "readonly", (tx) => tx.objectStore("objects").getKey(key))) !== undefined;
  }

  /** Keep the next stretch of a recording, bytes and place at once: a crash loses nothing before it. */
  async appendSound(workshopId, recordingEntity, place, blob, ms) {
    const bytes = await blob.arrayBuffer();
    const hash = await sha256(bytes);
    const part = `part:${String(place).padStart(4, "0")}`;
    const fields = { [part]: { sha256: hash, ms: Math.round(ms) } };
    return this.write(workshopId, "recording", recordingEntity, fields, [{ sha256: hash, type: blob.type, bytes }]);
  }

  // --- what stays on the device

  /** A name or the like that never leaves the device; null takes it away; returned when no value is given. */
  async privately(workshopId, entity, value) {
    if (value === undefined) {
      const found = await this.#with(["private"], "readonly", (tx) => tx.objectStore("private").get([workshopId, entity]));
      return found?.value;
    }
    await this.#safely(["private"], (tx) => {
      const names = tx.objectStore("private");
      if (value === null) return names.delete([workshopId, entity]);
      return names.put({ workshop: workshopId, entity, value });
    });
    this.tell({ what: "private", workshop: workshopId });
    return value;
  }

  /** Everything kept privately, by entity. */
  async names(workshopId) {
    const range = allOf(workshopId);
    const rows = await this.#with(["private"], "readonly", (tx) => tx.objectStore("private").getAll(range));
    return new Map(rows.map((row) => [row.entity, row.value]));
  }

  /**
   * What is half typed in this tab under a key; null takes it away; returned when no value is given.
   *
   * What a tab left that was killed is handed, once, to the next tab that asks.
   */
  async draft(key, value) {
    const tab = this.#tab.id;
    if (value !== undefined) {
      const row = { key, tab, value, at: Date.now() };
      await this.#safely(["drafts"], (tx) =>
        value === null ? tx.objectStore("drafts").delete([key, tab]) : tx.objectStore("drafts").put(row),
      );
      return value;
    }
    const alive = await this.#tab.living();
    return this.#safely(["drafts"], (tx) => takeDraft(tx, key, tab, alive));
  }

  /** This device: {device, token, label}; without a token nobody has signed in on it. */
  async device() {
    return this.#with(["self"], "readonly", (tx) => tx.objectStore("self").get("device"));
  }

  async saveDevice({ device, token, label = "" }) {
    await this.#safely(["self"], (tx) => tx.objectStore("self").put({ device, token, label }, "device"));
    this.tell({ what: "device" });
  }

  // --- how much there is

  /** What has not been sent, of a workshop or of all: {operations, objects, bytes}. */
  async unsent(workshopId) {
    const range = workshopId && allOf(workshopId);
    const [operations, objects] = await this.#with(["operations", "objects"], "readonly", (tx) =>
      Promise.all([
        tx.objectStore("operations").index("waiting").count(range),
        tx.objectStore("objects").index("waiting").getAll(range),
      ]),
    );
    return { operations, objects: objects.length, bytes: objects.reduce((sum, row) => sum + row.size, 0) };
  }

  /** {kept, used, room}: whether the system promised to keep what is here (null: it does not say), and bytes. */
  async storage() {
    this.#asked ??= askToKeep();
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    return { kept: await this.#asked, used: usage, room: Math.max(quota - usage, 0) };
  }

  // --- for sync.js and backup.js

  /** What waits to be sent, the oldest first: [{hash, written}]. */
  async waiting(workshopId, most) {
    const range = allOf(workshopId);
    return this.#with(["operations"], "readonly", (tx) => tx.objectStore("operations").index("waiting").getAll(range, most));
  }

  /** The objects that wait to be sent, the oldest first: [{sha256, type, size}]. */
  async waitingObjects(workshopId) {
    const range = allOf(workshopId);
    return this.#with(["objects"], "readonly", (tx) => tx.objectStore("objects").index("waiting").getAll(range));
  }

  /** Note what the server named as kept: [{hash, state, said}]. Returns how many had waited. */
  async markKept(workshopId, kept) {
    const marked = await this.#safely(["operations"], (tx) => markKept(tx, kept));
    this.tell({ what: "sent", workshop: workshopId });
    return marked;
  }

  /** Note that the server has an object whole. */
  async markWhole(workshopId, hash) {
    await this.#safely(["objects"], (tx) => markWhole(tx, workshopId, hash));
    this.tell({ what: "sent", workshop: workshopId });
  }

  /** Everything of one store, such as `operations`: for the backup. */
  async everything(name) {
    return this.#with([name], "readonly", (tx) => tx.objectStore(name).getAll());
  }

  // --- changes

  /** Call a function with {what, workshop} whenever something changed, in this tab or another. */
  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change) {
    for (const listener of this.#listeners) listener(change);
    this.#channel.postMessage(change);
  }

  #hearChange(change) {
    for (const listener of this.#listeners) listener(change);
  }

  // --- the database

  #with(stores, mode, act) {
    return this.#database.within(stores, mode, act);
  }

  /** Write; when the device is full, let go of what the server has whole, and for words also of the reserve. */
  async #safely(stores, act, { isWords = true } = {}) {
    const steps = [() => this.#release(), () => isWords && this.#reserve.spend()];
    for (;;) {
      try {
        return await this.#with(stores, "readwrite", act);
      } catch (error) {
        if (!isFull(error)) throw error;
      }
      let gained = false;
      while (!gained && steps.length) gained = await steps.shift()();
      if (!gained) throw new StorageFull(await this.unsent());
    }
  }

  /** Let go of bytes that the server has whole; whether there were any. */
  async #release() {
    return this.#with(["objects", "bytes"], "readwrite", releaseSent).catch(() => false);
  }

  async #operations(workshopId) {
    return this.#with(["operations"], "readonly", (tx) => tx.objectStore("operations").index("workshop").getAll(workshopId));
  }

  #parsed(rows) {
    return rows.map((row) => {
      if (!this.#read.has(row.hash)) this.#read.set(row.hash, read(row.written, row.hash));
      return this.#read.get(row.hash);
    });
  }
}

function hashesOf(entity) {
  return [entity.get("sha256"), ...Object.values(entity.family("part:")).map((part) => part.sha256)].filter(Boolean);
}

function pick({ entity, field }) {
  return { entity, field };
}
