/* Sending: what waits goes to the server and what others wrote comes back, whenever there is a line.
 *
 * On opening, when the line returns, when the page is looked at, every minute and by button;
 * never behind a closed page. Nothing is marked as sent but what an answer names as kept, so an
 * answer that was lost costs a repetition and nothing else. Words go before photographs.
 */

import { BASE, Line, Problem, kindOf } from "./line.js";
import { newId } from "./ids.js";
import { sha256 } from "./ops.js";

export { Problem };

const MOST = 100;
const HEAVIEST = 400_000;
const PIECE = 128 * 1024;
const MINUTE = 60_000;
const LONGEST_REST = 5 * MINUTE;
const LOCK = "baraza-field-sync";

/** Begin to send by itself; `pause` and `every` (milliseconds) are shorter in tests. */
export function startSync(field, { pause = 1000, every = MINUTE } = {}) {
  const sync = new Sync(field, pause, every);
  sync.begin();
  return sync;
}

/** Give this device a token of its own, in the name of whoever is signed in. Throws Problem. */
export async function register(field, label, csrfToken) {
  const answer = await fetch(`${BASE}devices`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken },
    body: JSON.stringify({ label }),
    redirect: "error",
    cache: "no-store",
  }).catch(() => {
    throw new Problem("no-network");
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(kindOf(answer.status), { words: told.error });
  if (!told.token) throw new Problem("not-ours");
  await field.saveDevice({ device: told.device, token: told.token, label });
  return told.device;
}

/** The workshops that can be taken along: [{id, place, held_on, kind, round, language, closed}]. Throws Problem. */
export async function listPacks(field) {
  return (await new Line(field).ask("packs")).workshops;
}

/** Take a workshop along, or its newer pack; the pack. Throws Problem. */
export async function fetchPack(field, id, line = new Line(field)) {
  const known = await field.known(id);
  const headers = known?.pack && known.etag ? { "If-None-Match": known.etag } : {};
  const answer = await line.ask(`workshops/${id}/pack`, { headers });
  if (answer === null) return known.pack;
  const { etag, ...pack } = answer;
  await field.savePack(pack, etag);
  return pack;
}

class Sync {
  /** `problem` is null or {kind, words, workshop}; `late`: a round had closed before something of ours came. */
  state = { busy: false, online: navigator.onLine, last: null, problem: null, late: false, sending: null };
  #field;
  #line;
  #pause;
  #every;
  #listeners = new Set();
  #timer = 0;
  #failures = 0;
  #running = null;
  #refreshed = new Set();
  #refused = new Set();

  constructor(field, pause, every) {
    this.tab = newId();
    this.#field = field;
    this.#line = new Line(field, { pause });
    this.#pause = pause;
    this.#every = every;
  }

  begin() {
    addEventListener("online", () => this.#soon(0));
    addEventListener("offline", () => this.#set({ online: false }));
    document.addEventListener("visibilitychange", () => document.hidden || this.#soon(0));
    this.#field.onChange((change) => {
      if (change.what === "device") this.#soon(0);
      // Another tab sends in our name: what it tells holds here too.
      if (change.what === "sync" && change.tab !== this.tab) this.#adopt(change.state);
    });
    this.#soon(0);
  }

  /** Send now; resolves with the state once all is sent or it is plain why not. */
  now() {
    this.#failures = 0;
    return this.#run(true);
  }

  onChange(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #soon(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(false), wait);
  }

  #run(isAsked) {
    this.#running ??= this.#attempt(isAsked).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #attempt(isAsked) {
    if (!navigator.onLine && !isAsked) return this.#settle(new Problem("no-network"));
    let problem = null;
    const act = async () => {
      this.#set({ busy: true });
      problem = await this.#all();
      return true;
    };
    const done = await alone(act, isAsked).catch((error) => {
      // A tab that was asked by hand may have taken our turn.
      if (error.name !== "AbortError") problem = error;
      return true;
    });
    // Another tab is at it; it tells us how it went.
    if (!done) return this.#rest(this.#every);
    return this.#settle(problem);
  }

  #settle(problem) {
    const { kind = "trouble", words = "", workshop = null } = problem ?? {};
    const told = problem && { kind, words, workshop };
    if (problem && !(problem instanceof Problem)) console.error(problem);
    this.#failures = problem ? this.#failures + 1 : 0;
    const last = problem ? this.state.last : new Date().toISOString();
    this.#set({ busy: false, online: navigator.onLine, sending: null, problem: told, last });
    // Without a token there is no use in asking again before somebody signs in.
    if (told?.kind === "signed-out") return this.state;
    const backedOff = Math.min(this.#pause * 2 ** Math.min(this.#failures, 20), LONGEST_REST);
    return this.#rest(problem ? Math.max((backedOff * (1 + Math.random())) / 2, problem.after ?? 0) : this.#every);
  }

  #rest(wait) {
    this.#soon(wait);
    return this.state;
  }

  /** Every workshop of this device; the first thing that went wrong, or null. */
  async #all() {
    let first = null;
    const rows = await this.#field.known();
    for (const act of [(id) => this.#talk(id), (id) => this.#sendObjects(id), (id) => this.#refresh(id)]) {
      for (const { id } of rows) {
        try {
          await act(id);
        } catch (problem) {
          problem.workshop = id;
          if (!(problem instanceof Problem) || problem.isForAll) return problem;
          first ??= problem;
        }
      }
    }
    const late = (await this.#field.known()).some((row) => row.late);
    this.#set({ late });
    return first;
  }

  // --- operations

  /** Send what waits of a workshop and hear what others wrote, until neither is left. */
  async #talk(id) {
    let [most, refusal] = [MOST, null];
    for (let more = true; more; ) {
      const batch = light(await this.#waiting(id), most);
      let answer;
      try {
        answer = await this.#exchange(id, batch);
      } catch (problem) {
        if (!batch.length || !["too-much", "not-taken"].includes(problem.kind)) throw problem;
        // One among them is not taken: find it by halves, and let the others go ahead.
        most = Math.ceil(batch.length / 2);
        if (batch.length > 1) continue;
        this.#refused.add(batch[0].hash);
        [most, refusal] = [MOST, problem];
        continue;
      }
      more = batch.length > 0 || (Boolean(answer.more) && answer.isFurther);
    }
    if (refusal) throw refusal;
  }

  /** What waits of a workshop, without what this visit has seen refused. */
  async #waiting(id) {
    const rows = await this.#field.waiting(id, MOST + this.#refused.size);
    return rows.filter((row) => !this.#refused.has(row.hash));
  }

  async #exchange(id, batch) {
    const { cursor = null, late = false } = (await this.#field.known(id)) ?? {};
    const { operations } = await this.#field.unsent(id);
    const { kept: promised } = await this.#field.storage();
    const answer = await this.#line.ask(`workshops/${id}/operations`, {
      method: "POST",
      json: {
        operations: batch.map((row) => row.written),
        since: cursor,
        unsent: Math.max(operations - batch.length, 0),
        storage: promised === null ? "" : promised ? "kept" : "may-go",
      },
    });
    const asked = new Set(batch.map((row) => row.hash));
    const kept = (answer.kept ?? []).filter((one) => asked.has(one.hash));
    if (batch.length && !kept.length) throw new Problem("not-ours");
    if (kept.length) await this.#field.markKept(id, kept);
    if (answer.others?.length) await this.#field.hear(id, answer.others);
    // Only now: had the page been killed before, the same would be told again.
    const isFurther = (answer.cursor ?? cursor) !== cursor;
    if (isFurther) await this.#field.remember(id, { cursor: answer.cursor });
    if (answer.late && !late) await this.#field.remember(id, { late: true });
    return { more: answer.more, isFurther };
  }

  // --- photographs and sound

  async #sendObjects(id) {
    let first = null;
    for (const row of await this.#field.waitingObjects(id)) {
      try {
        await this.#sendObject(id, row);
        await this.#field.markWhole(id, row.sha256);
      } catch (problem) {
        // One photograph that is not taken keeps back no other.
        if (!(problem instanceof Problem) || problem.isForAll) throw problem;
        first ??= problem;
      }
    }
    if (first) throw first;
  }

  /** Piece by piece, from where the server has it. */
  async #sendObject(id, { sha256: hash, type }) {
    // What the system cannot read back keeps back nothing else.
    const blob = await this.#field.object(hash).catch(() => null);
    if (!blob) throw new Problem("missing");
    const bytes = await blob.arrayBuffer();
    const path = `workshops/${id}/objects/${hash}`;
    let { has, whole } = await this.#line.ask(path);
    for (let stuck = 0; !whole; ) {
      this.#set({ sending: { sha256: hash, has, size: bytes.byteLength } });
      const answer = await this.#piece(path, bytes, has, type);
      stuck = answer.has > has ? 0 : stuck + 1;
      if (stuck > 3) throw new Problem("not-taken", { words: answer.words });
      ({ has, whole } = answer);
    }
  }

  async #piece(path, bytes, start, type) {
    const body = bytes.slice(start, start + PIECE);
    const asked = new URLSearchParams({ size: bytes.byteLength, type });
    try {
      const headers = { "X-Checksum": await sha256(body) };
      return await this.#line.ask(`${path}/${start}?${asked}`, { method: "PUT", body, headers });
    } catch (problem) {
      // Spoilt on the way (422), or come together as something else (409): once more, from where it stands.
      if (problem.kind === "differs") return { has: Number(problem.told.has ?? 0), whole: false, words: problem.words };
      if (problem.kind === "not-taken") return { has: start, whole: false, words: problem.words };
      throw problem;
    }
  }

  // --- packs

  /** Once a visit: a workshop's newer pack, if there is one. */
  async #refresh(id) {
    if (this.#refreshed.has(id)) return;
    await fetchPack(this.#field, id, this.#line);
    this.#refreshed.add(id);
  }

  // --- the state

  #set(told) {
    const before = JSON.stringify(this.state);
    this.state = { ...this.state, ...told };
    if (JSON.stringify(this.state) === before) return;
    this.#announce();
    this.#field.tell({ what: "sync", tab: this.tab, state: this.state });
  }

  #adopt(state) {
    this.state = { ...state, online: navigator.onLine };
    this.#announce();
  }

  #announce() {
    for (const listener of this.#listeners) listener(this.state);
  }
}

/** The first of these that are not too heavy together for one request; at least one. */
function light(rows, most) {
  let weight = 0;
  const heavy = rows.findIndex((row, place) => (weight += row.written.length) > HEAVIEST && place > 0);
  return rows.slice(0, heavy < 0 ? most : Math.min(heavy, most));
}

/** Do something while no other tab does; false where one is at it. Whoever asked by hand waits for its turn. */
async function alone(act, waits) {
  if (!navigator.locks) return leased(act);
  if (!waits) return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? act() : false));
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), MINUTE);
  const begun = () => {
    clearTimeout(timer);
    return act();
  };
  try {
    return await navigator.locks.request(LOCK, { signal: patience.signal }, begun);
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    // That tab sleeps with the lock in its hand. Sending twice harms nothing.
    return navigator.locks.request(LOCK, { steal: true }, act);
  } finally {
    clearTimeout(timer);
  }
}

/** The same where the browser knows no locks: by a note of until when one of us is at it. */
async function leased(act) {
  const until = Number(localStorage.getItem(LOCK) ?? 0);
  // A note from the far future was written under another clock.
  if (until > Date.now() && until < Date.now() + 2 * MINUTE) return false;
  const renew = () => localStorage.setItem(LOCK, String(Date.now() + MINUTE));
  renew();
  const renewing = setInterval(renew, MINUTE / 4);
  try {
    return await act();
  } finally {
    clearInterval(renewing);
    localStorage.removeItem(LOCK);
  }
}
