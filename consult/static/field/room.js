/* Room on the device, and the tabs that share it. */

import { newId } from "./ids.js";

const RESERVE = 512 * 1024;
const NAME = "field-reserve";
const TAB = "baraza-tab-";

/** Ask the system to keep what is here: true, false, or null where it does not say. */
export async function askToKeep() {
  try {
    if (await navigator.storage.persisted()) return true;
    return await navigator.storage.persist();
  } catch {
    return null;
  }
}

/**
 * Half a megabyte set by, so that words can still be written when photographs have filled the device.
 *
 * It lies in the cache and not in the database, because only there letting go frees room at once.
 */
export class Reserve {
  /** Set it by, unless it lies there or there is no room for it. */
  async lay() {
    try {
      const cache = await caches.open(NAME);
      if (!(await cache.match("/reserve"))) await cache.put("/reserve", new Response(noise(RESERVE)));
    } catch {
      // No room for a reserve: what is written next says so itself.
    }
  }

  /** Let go of it; whether there was one. */
  async spend() {
    try {
      // The entry, not the cache: a cache that anybody still holds gives its room back later.
      return await (await caches.open(NAME)).delete("/reserve");
    } catch {
      return false;
    }
  }
}

/** This tab, and which others live: each holds a lock as long as it does. */
export class Tab {
  constructor() {
    this.id = newId();
    navigator.locks?.request(TAB + this.id, () => new Promise(() => {}));
  }

  /** The ids of all tabs that live, this one too. */
  async living() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    const tabs = held.map((lock) => lock.name).filter((name) => name.startsWith(TAB));
    return new Set([this.id, ...tabs.map((name) => name.slice(TAB.length))]);
  }
}

/** Bytes that no compression makes smaller. */
function noise(size) {
  const bytes = new Uint8Array(size);
  for (let start = 0; start < size; start += 65536) crypto.getRandomValues(bytes.subarray(start, start + 65536));
  return bytes;
}
