/* The field page: it starts, shows the screen that the address names, and draws it again when something changes. */
import { errorWords, unsentBar } from "./bar.js";
import { consents } from "./consents.js";
import { device } from "./device.js";
import { draw, h } from "./dom.js";
import { back, notice, title } from "./parts.js";
import { Meeting } from "./meeting.js";
import { meetings } from "./meetings.js";
import { closing, menu } from "./menu.js";
import { changeNote, readAloud } from "./notes.js";
import { attendance, participants, person } from "./people.js";
import { photo, photos } from "./photos.js";
import { agenda, run } from "./run.js";
import { safe } from "./safe.js";
import { Recorder } from "./sound.js";
import { sounds, soundRefusal } from "./sounds.js";
import { keepShell } from "./shell.js";
import { openField } from "./store.js";
import { startSync } from "./sync.js";
import { check, respondent, trial } from "./trial.js";
import { editVote, vote, votes } from "./votes.js";
import { LANGUAGES, speak, t } from "./words.js";

const root = document.documentElement;
const top_ = document.getElementById("top");
const main = document.getElementById("main");
const bar = document.getElementById("bar");
const said = document.getElementById("said");
const CHOSEN = "field-page";

const SCREENS = [
  [/^\/?$/, meetings],
  [/^\/device$/, device],
  [/^\/safe$/, safe],
  [/^\/m\/([^/]+)$/, (app) => (app.meeting.isTrial ? trial(app) : run(app))],
  [/^\/m\/([^/]+)\/menu$/, menu],
  [/^\/m\/([^/]+)\/agenda$/, agenda],
  [/^\/m\/([^/]+)\/note\/([^/]+)\/aloud$/, readAloud],
  [/^\/m\/([^/]+)\/note\/([^/]+)$/, changeNote],
  [/^\/m\/([^/]+)\/people$/, attendance],
  [/^\/m\/([^/]+)\/list$/, participants],
  [/^\/m\/([^/]+)\/person\/([^/]+)$/, person],
  [/^\/m\/([^/]+)\/consents(?:\/([^/]+))?$/, consents],
  [/^\/m\/([^/]+)\/votes$/, votes],
  [/^\/m\/([^/]+)\/vote\/(new)$/, editVote],
  [/^\/m\/([^/]+)\/vote\/(planned)\/([^/]+)$/, editVote],
  [/^\/m\/([^/]+)\/vote\/([^/]+)\/change$/, editVote],
  [/^\/m\/([^/]+)\/vote\/([^/]+)$/, vote],
  [/^\/m\/([^/]+)\/photos$/, photos],
  [/^\/m\/([^/]+)\/photo\/([^/]+)$/, photo],
  [/^\/m\/([^/]+)\/sound$/, sounds],
  [/^\/m\/([^/]+)\/respondent\/([^/]+)$/, respondent],
  [/^\/m\/([^/]+)\/check\/([^/]+)\/(\d+)$/, check],
  [/^\/m\/([^/]+)\/close$/, closing],
];

class App {
  meeting = null;
  unsent = { operations: 0, objects: 0, bytes: 0 };
  opensOffline = null;
  newer = null;
  chosen = JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");
  errorWords = errorWords;
  #screen = null;
  #problem = "";
  #going = 0;
  #refreshing = null;
  #isStale = false;

  async start() {
    await this.#applyChosen();
    this.field = await openField();
    this.sync = startSync(this.field);
    this.recorder = new Recorder(this.field, () => this.redraw());
    this.field.onChange((change) => change.what !== "sync" && this.#refresh());
    this.sync.onChange(() => this.#drawTop());
    addEventListener("hashchange", () => this.#show());
    addEventListener("beforeunload", (event) => this.recorder.isRunning() && event.preventDefault());
    await this.#show(true);
    this.opensOffline = await keepShell((take) => this.#newer(take));
    this.redraw();
  }

  // --- what screens ask of it

  go(address) {
    if (location.hash === address) return this.#show();
    location.hash = address;
    return undefined;
  }

  /* Tell those who listen rather than look. */
  say(words) {
    said.textContent = "";
    requestAnimationFrame(() => (said.textContent = words));
  }

  redraw() {
    if (!this.#screen) return;
    this.#drawTop();
    draw(main, this.#problem && notice("refused", this.#problem), this.#screen.body());
    const below = this.#screen.bar?.();
    bar.hidden = !below;
    draw(bar, below);
  }

  /* Do something that keeps; what it gave (true where it gave nothing), or false, with the reason on the screen. */
  async kept(act) {
    try {
      const made = await act();
      this.#problem = "";
      await this.#refresh();
      return made ?? true;
    } catch (error) {
      if (!error.key) console.error(error);
      this.#problem = errorWords(error);
      this.redraw();
      this.say(this.#problem);
      main.querySelector(".notice")?.scrollIntoView({ block: "center" });
      return false;
    }
  }

  async send() {
    await this.sync.now();
    this.#refresh();
  }

  focusTitle() {
    main.querySelector("h1")?.focus({ preventScroll: false });
  }

  async choose(changes) {
    this.chosen = { ...this.chosen, ...changes };
    localStorage.setItem(CHOSEN, JSON.stringify(this.chosen));
    await this.#applyChosen();
    this.redraw();
    document.title = `${this.#screen?.title ?? ""} – Baraza`;
  }

  missing() {
    const address = this.meeting?.address ?? "#/";
    return { title: t("not-found"), body: () => [back(address, this.meeting ? t("back-to-meeting") : t("meetings")), title(t("not-found")), h("p", {}, t("not-found-means"))] };
  }

  // --- drawing

  async #show(isFirst = false) {
    const going = ++this.#going;
    const path = decodeURI(location.hash.slice(1)).split("?")[0];
    const [pattern, open] = SCREENS.find(([one]) => one.test(path)) ?? [/^/, () => this.missing()];
    const [, ...parts] = pattern.exec(path) ?? [];
    const values = parts.filter((part) => part !== undefined).map(decodeURIComponent);
    this.#screen?.leave?.();
    this.#screen = null;
    this.#problem = "";
    this.meeting = path.startsWith("/m/") ? await this.#meeting(values.shift()) : null;
    const screen = path.startsWith("/m/") && !this.meeting ? this.missing() : await open(this, ...values);
    if (going !== this.#going) return screen.leave?.();
    this.#screen = screen;
    document.title = `${screen.title} – Baraza`;
    draw(main);
    await this.#count();
    this.redraw();
    if (!isFirst) {
      scrollTo({ top: 0, behavior: "instant" });
      this.focusTitle();
    }
    return undefined;
  }

  async #meeting(id) {
    const pack = await this.field.pack(id);
    if (!pack) return null;
    if (!this.chosen.language && LANGUAGES.includes(pack.workshop.languages[0])) await speak(pack.workshop.languages[0]);
    return new Meeting(pack, await this.field.state(id));
  }

  async #count() {
    this.unsent = await this.field.unsent();
  }

  /* Read everything anew and draw; what comes meanwhile is read once more, not many times. */
  async #refresh() {
    this.#isStale = true;
    this.#refreshing ??= (async () => {
      while (this.#isStale) {
        this.#isStale = false;
        const { meeting } = this;
        const [pack, state] = meeting ? [await this.field.pack(meeting.id), await this.field.state(meeting.id)] : [];
        await this.#count();
        if (pack && this.meeting === meeting) this.meeting = new Meeting(pack, state);
        await this.#screen?.refresh?.();
        await this.#heed();
      }
      this.redraw();
    })().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /* Sound ends when somebody takes their consent back, on whichever device they did. */
  async #heed() {
    const { meeting, recorder } = this;
    if (meeting && recorder.isRunning(meeting.id) && soundRefusal(meeting)) {
      await recorder.end();
      this.say(t("sound-ended-consent"));
    }
  }

  /* A newer release waits; it is never taken under a meeting that runs, only when somebody says so. */
  #newer(take) {
    this.newer = take;
    this.redraw();
  }

  #drawTop() {
    if (this.sync) draw(top_, unsentBar(this));
  }

  async #applyChosen() {
    if (this.chosen.light === "own") delete root.dataset.light;
    else root.dataset.light = "sun";
    const asked = new URLSearchParams(location.search).get("lang");
    // A link such as `?lang=sw`, on a poster, is a choice too.
    if (LANGUAGES.includes(asked)) this.chosen.language ??= asked;
    await speak(this.chosen.language ?? root.lang);
    document.querySelector(".skip").textContent = t("skip");
  }
}

async function begin() {
  const app = new App();
  try {
    await app.start();
  } catch (error) {
    console.error(error);
    draw(main, title(t("cannot-open")), notice("refused", errorWords(error)), h("p", {}, t("use-paper")));
  }
}

begin();
