/* The words of this page, in the language that whoever holds it reads. */

let spoken = "en";
let words = {};
const base = document.documentElement.dataset.field;

export const LANGUAGES = document.documentElement.dataset.languages.split(" ");

/* What the page says under a key; `{name}` in it is filled from `told`. */
export function t(key, told = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => told[name] ?? whole);
}

export const language = () => spoken;

/* Speak a language from now on; where its words cannot be had, go on in the one spoken. */
export async function speak(wanted) {
  const code = LANGUAGES.includes(wanted) ? wanted : LANGUAGES.find((one) => wanted?.startsWith(`${one}-`)) ?? spoken;
  if (code === spoken && "title" in words) return;
  try {
    const answer = await fetch(`${base}words/${code}.json`);
    if (!answer.ok) return;
    words = await answer.json();
    spoken = code;
  } catch {
    return;
  }
  document.documentElement.lang = spoken;
}

/* Words that a pack has in several languages: ours, the workshop's own, or any. */
export function inLanguage(told, ...wanted) {
  if (!told) return { words: "", lang: undefined };
  for (const code of [...wanted, spoken, ...Object.keys(told)]) {
    if (told[code]) return { words: told[code], lang: code };
  }
  return { words: "", lang: undefined };
}

/* A language's own name for itself. */
export function languageName(code) {
  try {
    const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
    return name.charAt(0).toUpperCase() + name.slice(1);
  } catch {
    return code;
  }
}

const two = (number) => String(number).padStart(2, "0");
export const clock = (moment) => (moment ? `${two(moment.getHours())}:${two(moment.getMinutes())}` : "");

export function day(written) {
  const [year, month, date] = (written ?? "").split("-").map(Number);
  if (!year) return "";
  return new Intl.DateTimeFormat(spoken === "en" ? "en-GB" : spoken, { dateStyle: "long" }).format(new Date(year, month - 1, date));
}

/* A length of sound or time: `1:02:03`, `4:07`. */
export function length(ms) {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export function bytes(count) {
  const format = (value, unit) => `${new Intl.NumberFormat(spoken, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)} ${unit}`;
  if (count < 1e6) return format(Math.ceil(count / 1e3), "kB");
  return count < 1e9 ? format(count / 1e6, "MB") : format(count / 1e9, "GB");
}
