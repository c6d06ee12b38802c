/* The page's own files on the device: whether they are all here, and whether newer ones wait. */

import { BASE } from "./line.js";

/**
 * Keep this page's files on the device; resolves with whether it will open without a network.
 *
 * `onNewer(take)` is called when a newer release waits; `take()` loads it and is for a person to press.
 */
export async function keepShell(onNewer = () => {}) {
  if (!navigator.serviceWorker) return false;
  try {
    const registration = await navigator.serviceWorker.register(`${BASE}worker.js`, { scope: BASE, updateViaCache: "none" });
    const look = () => registration.waiting && registration.active && onNewer(() => take(registration.waiting));
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", look);
    });
    addEventListener("online", () => registration.update().catch(() => {}));
    look();
    await Promise.race([navigator.serviceWorker.ready, failed(registration)]);
    return Boolean(registration.active);
  } catch {
    // Without a line, or in a browser that keeps nothing: what is here already still opens.
    return Boolean(navigator.serviceWorker.controller);
  }
}

/** Resolves when the files could not all be fetched; the next visit goes on where this one ended. */
function failed(registration) {
  return new Promise((done) => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => worker.state === "redundant" && done());
  });
}

function take(waiting) {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage("take over");
}
