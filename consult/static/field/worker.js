/* The service worker: the field page opens in flight mode, after a reload and after a restart.
 *
 * consult/field/shell.py writes a first line before this, `self.SHELL = {hash, page, files}`, so
 * that a release with other files is another worker with a cache of its own. The new one waits
 * until no page of the old one is open, or until whoever holds the device says so: nothing is
 * ever exchanged under a running meeting. Only the files of the page are kept here; what is
 * written lies in the database, and everything else goes to the network as it would without us.
 */

const PREFIX = "field-shell-";
const NAME = PREFIX + SHELL.hash;
const FILES = new Set(SHELL.files);
const TRIES = 5;

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const path = kept(event.request);
  if (path) event.respondWith(answer(path, event.request));
});

/** Fetch every file; what a broken line left here stays for the next attempt. */
async function fill() {
  const cache = await caches.open(NAME);
  for (const path of FILES) {
    if (!(await cache.match(path))) await cache.put(path, await fetched(path));
  }
}

async function fetched(path) {
  for (let tries = 1; ; tries += 1) {
    try {
      // Without cookies: what is kept is the same for everybody and says nothing about anybody.
      const answer = await fetch(path, { cache: "reload", credentials: "omit", redirect: "error" });
      if (answer.ok) return answer;
      throw new Error(`${path} answers ${answer.status}`);
    } catch (error) {
      if (tries === TRIES) throw error;
    }
    await new Promise((done) => setTimeout(done, 500 * 2 ** tries));
  }
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  }
  await self.clients.claim();
}

/** The file of ours that a request asks for, or nothing. */
function kept({ url, method, mode }) {
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return null;
  if (mode === "navigate") return pathname === SHELL.page ? SHELL.page : null;
  return FILES.has(pathname) ? pathname : null;
}

/** From here at once; from the network where the system took it from us. */
async function answer(path, request) {
  return (await caches.match(path, { cacheName: NAME })) ?? fetch(request);
}
