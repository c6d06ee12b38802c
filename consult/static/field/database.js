/* The database on the device: opened, opened again when the system closed it, honest when it is full. */

import { openDB } from "./idb.js";

const NAME = "baraza-field";
const VERSION = 1;
const SILENCE = 10_000;
/* What a handle says that the system closed behind our back: Android under pressure, Safari after a pause. */
const GONE = new Set(["InvalidStateError", "AbortError", "UnknownError"]);

/** A refusal that a person reads; `key` names its sentence among the page's words. */
export class FieldError extends Error {
  constructor(key, message, more = {}) {
    super(message);
    Object.assign(this, { key, name: new.target.name, ...more });
  }
}

/** There is no room left on the device. What was kept before is safe; what was to be written is not. */
export class StorageFull extends FieldError {
  constructor(safe) {
    super("storage-full", "This device has no room left. What is kept so far is safe: send it, or make room.", {
      safe,
    });
  }
}

/** The database of the device; `within` does something in one transaction of it. */
export class Database {
  #opened = null;

  /**
   * Do something in one transaction; resolves once it is safe on the device.
   *
   * `act` may be called a second time, in a new transaction, when the system had closed the
   * database: what it writes must come to the same when it is written twice.
   */
  async within(stores, mode, act) {
    try {
      return await this.#once(stores, mode, act);
    } catch (error) {
      if (!GONE.has(error.name)) throw error;
      this.#close();
      return this.#once(stores, mode, act);
    }
  }

  async #once(stores, mode, act) {
    const database = await this.#open();
    const transaction = database.transaction(stores, mode, { durability: "strict" });
    // Whoever waits for the act hears of the failure there.
    transaction.done.catch(() => {});
    let result;
    try {
      result = await act(transaction);
    } catch (error) {
      const reason = transaction.error;
      abort(transaction);
      throw isFull(reason) ? reason : error;
    }
    await transaction.done;
    return result;
  }

  #open() {
    if (this.#opened) return this.#opened;
    const opening = openDB(NAME, VERSION, {
      upgrade,
      blocking: () => this.#close(),
      terminated: () => this.#forget(opened),
    });
    const opened = answered(opening);
    opened.catch(() => this.#forget(opened));
    this.#opened = opened;
    return opened;
  }

  #forget(opened) {
    if (this.#opened === opened) this.#opened = null;
  }

  #close() {
    const opened = this.#opened;
    this.#opened = null;
    opened?.then((database) => database.close()).catch(() => {});
  }
}

/** Whether an error says that there is no room. */
export function isFull(error) {
  return error?.name === "QuotaExceededError";
}

function upgrade(database) {
  const operations = database.createObjectStore("operations", { keyPath: "hash" });
  operations.createIndex("workshop", "workshop");
  operations.createIndex("entity", ["workshop", "entity"]);
  // Only what waits to be sent has this key, so counting what is unsent reads nothing else.
  operations.createIndex("waiting", "waiting");
  const objects = database.createObjectStore("objects", { keyPath: ["workshop", "sha256"] });
  objects.createIndex("workshop", "workshop");
  objects.createIndex("sha256", "sha256");
  objects.createIndex("waiting", "waiting");
  // Apart from what is known of them, so that a list of photographs does not read the photographs.
  database.createObjectStore("bytes");
  database.createObjectStore("workshops", { keyPath: "id" });
  database.createObjectStore("private", { keyPath: ["workshop", "entity"] });
  database.createObjectStore("drafts", { keyPath: ["key", "tab"] });
  database.createObjectStore("self");
}

/** A database that says nothing for long is asked anew: some systems lose the question. */
function answered(opening) {
  let timer;
  const silent = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new DOMException("The database does not answer.", "UnknownError")), SILENCE);
  });
  return Promise.race([opening, silent]).finally(() => clearTimeout(timer));
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It had ended by itself.
  }
}
