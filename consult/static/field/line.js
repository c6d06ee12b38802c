/* The line to the server: one question and its answer, with patience, or the reason there is none. */

/* Where the server's doors for this page begin. */
export const BASE = document.documentElement.dataset.field ?? "/field/";

const PATIENCE = 60_000;
/* A piece of 128 KiB takes a minute on the slowest line a telephone calls data. */
const LONG_PATIENCE = 180_000;
const TRIES = 3;

/* Reasons after which another workshop would fare no better. */
const FOR_ALL = new Set(["no-network", "busy", "not-ours", "signed-out"]);
const BY_STATUS = {
  401: "signed-out",
  403: "not-allowed",
  404: "gone",
  409: "differs",
  413: "too-much",
  422: "not-taken",
  429: "busy",
};

/** Why something was not sent: `kind` names its sentence, `words` is what the server said, if it did. */
export class Problem extends Error {
  constructor(kind, { words = "", told = {}, after = 0 } = {}) {
    super(words || kind);
    Object.assign(this, { name: "Problem", kind, words, told, after });
  }

  /** Whether there is no use in going on with another workshop. */
  get isForAll() {
    return FOR_ALL.has(this.kind);
  }

  /** Whether the same may well succeed in a moment. */
  get isPassing() {
    return this.kind === "no-network" || this.kind === "busy";
  }
}

/** Asks the server in the name of this device; `pause` is the first wait, in milliseconds, before asking again. */
export class Line {
  #field;
  #pause;

  constructor(field, { pause = 1000 } = {}) {
    this.#field = field;
    this.#pause = pause;
  }

  /** What the server answers below BASE, as JSON; null where nothing has changed (304). Throws Problem. */
  async ask(path, { method = "GET", json, body, headers = {} } = {}) {
    const { token } = (await this.#field.device()) ?? {};
    if (!token) throw new Problem("signed-out");
    const sent = json === undefined ? body : JSON.stringify(json);
    const kind = json === undefined ? "application/octet-stream" : "application/json";
    const named = { ...headers, Authorization: `Bearer ${token}`, ...(sent !== undefined && { "Content-Type": kind }) };
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(BASE + path, { method, headers: named, body: sent });
      } catch (problem) {
        if (tries >= TRIES || !problem.isPassing || problem.after) throw problem;
      }
      await rest(this.#pause * 2 ** (tries - 1));
    }
  }
}

async function once(path, request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), request.body instanceof ArrayBuffer ? LONG_PATIENCE : PATIENCE);
  try {
    const answer = await fetch(path, {
      ...request,
      signal: patience.signal,
      // The token speaks for the device; a page that asks for a password is no answer.
      credentials: "omit",
      redirect: "error",
      cache: "no-store",
    });
    if (answer.status === 304) return null;
    return await understood(answer);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("no-network");
  } finally {
    clearTimeout(timer);
  }
}

async function understood(answer) {
  const text = await answer.text();
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    // A hotel, a telephone company or a broken proxy answered in our name.
    throw new Problem(answer.status >= 500 ? "busy" : "not-ours");
  }
  if (answer.ok) return { ...told, etag: answer.headers.get("ETag") ?? "" };
  const after = 1000 * Number(answer.headers.get("Retry-After") || 0) || 0;
  throw new Problem(kindOf(answer.status), { words: String(told.error ?? ""), told, after });
}

/** The kind of problem that an answer's status tells of. */
export function kindOf(status) {
  return BY_STATUS[status] ?? (status >= 500 ? "busy" : "not-taken");
}

/** Wait about so long, so that many telephones do not ask in the same moment. */
export function rest(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds * (0.5 + Math.random() / 2)));
}
