/* What is half typed: kept at every stroke, so that a telephone that dies costs no word. */

/* A draft under a name: `now()` is what is typed, `set` changes and keeps it, `clear` begins anew. */
export async function openDraft(field, name, empty) {
  const found = await field.draft(name);
  let typed = { ...empty(), ...found };
  let last = Promise.resolve();
  const keep = (value) => {
    last = last.then(() => field.draft(name, value)).catch(() => {});
    return last;
  };
  return {
    now: () => typed,
    set(changes) {
      typed = { ...typed, ...changes };
      return keep(typed);
    },
    clear() {
      typed = empty();
      return keep(null);
    },
  };
}
