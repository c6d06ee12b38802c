/* The rows of the database: what each act of store.js does within its one transaction.
 *
 * Each may run twice, when the system closed the database under the first: the second changes nothing more.
 */

import { later, read } from "./ops.js";

/* The consents without which things may not lie here, and how the keys of those things begin. */
const WITHDRAWABLE = [["photo", "photo:"], ["audio", "recording:"]];

/** The keys that begin with a workshop: everything of it in a store or an index. */
export function allOf(workshopId) {
  return IDBKeyRange.bound([workshopId], [workshopId, []]);
}

/** Put operations and objects; false where somebody wrote since `stamp`, and nothing was put. */
export async function putWritten(tx, workshopId, fresh, objects, stamp) {
  const self = tx.objectStore("self");
  const operations = tx.objectStore("operations");
  if (fresh.length && (await operations.getKey(fresh[0].hash)) !== undefined) return true;
  if (((await self.get("stamp")) ?? 0) !== stamp) return false;
  for (const one of objects) await putObject(tx, workshopId, one);
  for (const one of fresh) await operations.put(rowOf(one, true));
  await forgetWithdrawn(tx, workshopId);
  if (!fresh.length) return true;
  await self.put(fresh.at(-1).counter, "counter");
  await self.put(stamp + 1, "stamp");
  return true;
}

/** Put operations that were heard, unless they are here; how many were new. */
export async function putHeard(tx, heard, waits) {
  const self = tx.objectStore("self");
  const operations = tx.objectStore("operations");
  let [counter, fresh] = [(await self.get("counter")) ?? 0, 0];
  for (const one of heard) {
    counter = later(counter, one.counter);
    if ((await operations.getKey(one.hash)) !== undefined) continue;
    await operations.put(rowOf(one, waits));
    fresh += 1;
  }
  await self.put(counter, "counter");
  if (fresh) await self.put(((await self.get("stamp")) ?? 0) + 1, "stamp");
  for (const id of new Set(heard.map((one) => one.workshop))) await forgetWithdrawn(tx, id);
  return fresh;
}

/** Note what the server named as kept; how many had waited. */
export async function markKept(tx, kept) {
  const operations = tx.objectStore("operations");
  let count = 0;
  for (const { hash, state, said = "" } of kept) {
    const found = await operations.get(hash);
    if (!found) continue;
    const { waiting, ...row } = found;
    count += waiting ? 1 : 0;
    // A repeated one says only "known"; what was said of it the first time stays.
    await operations.put({ ...row, ...(state === "known" && row.state ? {} : { state, said }) });
  }
  return count;
}

/** Put the bytes of an object and that they wait to be sent, unless they were sent already. */
export async function putObject(tx, workshopId, { sha256, type, bytes }) {
  const objects = tx.objectStore("objects");
  await tx.objectStore("bytes").put(bytes, sha256);
  if ((await objects.getKey([workshopId, sha256])) !== undefined) return;
  const size = bytes.byteLength;
  await objects.put({ workshop: workshopId, sha256, type, size, waiting: [workshopId, Date.now()] });
}

/** Note that the server has an object whole. */
export async function markWhole(tx, workshopId, hash) {
  const found = await tx.objectStore("objects").get([workshopId, hash]);
  if (!found) return;
  const { waiting: _, ...row } = found;
  await tx.objectStore("objects").put(row);
}

/** Let go of the bytes that the server has whole; whether there were any. */
export async function releaseSent(tx) {
  const rows = await tx.objectStore("objects").getAll();
  const waiting = new Set(rows.filter((row) => row.waiting).map((row) => row.sha256));
  const kept = new Set(await tx.objectStore("bytes").getAllKeys());
  const sent = rows.filter((row) => !waiting.has(row.sha256) && kept.has(row.sha256));
  for (const row of sent) await tx.objectStore("bytes").delete(row.sha256);
  return sent.length > 0;
}

/**
 * Let go of the photographs, or the sound, of a workshop where anybody took that consent back.
 *
 * Who is on a picture cannot be told, nor one voice cut out, so all of them go, sent or not. The
 * operations stay: another device has to hear of the withdrawal from them.
 */
export async function forgetWithdrawn(tx, workshopId) {
  const said = await about(tx, workshopId, "consent:");
  for (const [what, kind] of WITHDRAWABLE) {
    if (!said.some((one) => one.entity.endsWith(`:${what}`) && one.field === "answer" && one.value === "withdrawn")) continue;
    for (const one of await about(tx, workshopId, kind)) {
      const hash = one.field === "sha256" ? one.value : one.field.startsWith("part:") && one.value?.sha256;
      if (hash) await forgetBytes(tx, workshopId, hash);
    }
  }
}

/* Every operation on the things whose keys begin so. */
async function about(tx, workshopId, prefix) {
  const range = IDBKeyRange.bound([workshopId, prefix], [workshopId, `${prefix}\uffff`]);
  const rows = await tx.objectStore("operations").index("entity").getAll(range);
  return rows.map((row) => read(row.written, row.hash)).filter(Boolean);
}

/* The bytes of an object, unless another workshop has it too; nothing of it waits any more. */
async function forgetBytes(tx, workshopId, hash) {
  const objects = tx.objectStore("objects");
  if ((await objects.index("sha256").count(hash)) < 2) await tx.objectStore("bytes").delete(hash);
  await markWhole(tx, workshopId, hash);
}

/** Take everything of a workshop away, but for bytes that another workshop has too. */
export async function forgetWorkshop(tx, id) {
  const objects = tx.objectStore("objects");
  for (const row of await objects.index("workshop").getAll(id)) {
    await objects.delete([id, row.sha256]);
    if (!(await objects.index("sha256").count(row.sha256))) await tx.objectStore("bytes").delete(row.sha256);
  }
  const operations = tx.objectStore("operations");
  for (const hash of await operations.index("workshop").getAllKeys(id)) await operations.delete(hash);
  for (const key of await tx.objectStore("drafts").getAllKeys()) {
    if (key[0].includes(id)) await tx.objectStore("drafts").delete(key);
  }
  await tx.objectStore("private").delete(allOf(id));
  await tx.objectStore("workshops").delete(id);
}

/** What is half typed under a key: this tab's, or what a tab left that lives no more. */
export async function takeDraft(tx, key, tab, living) {
  const drafts = tx.objectStore("drafts");
  const own = await drafts.get([key, tab]);
  if (own) return own.value;
  const left = await drafts.getAll(IDBKeyRange.bound([key], [key, []]));
  const [found] = left.filter((row) => !living.has(row.tab)).sort((one, other) => other.at - one.at);
  if (!found) return undefined;
  await drafts.delete([key, found.tab]);
  await drafts.put({ ...found, tab });
  return found.value;
}

function rowOf({ hash, workshop, entity, counter, written }, waits) {
  return { hash, workshop, entity, counter, written, ...(waits && { waiting: [workshop, counter] }) };
}
