/* Sound: recorded in stretches of five seconds, each kept before the next one ends.
   A telephone that dies loses the last stretch at most. */
import { entityOf } from "./ids.js";

const STRETCH = 5000;
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BITS = 24000;

export class NoMicrophone extends Error {
  constructor(key) {
    super("The microphone cannot be used.");
    this.name = "NoMicrophone";
    this.key = key;
  }
}

/* The one recorder of this tab; it goes on while one writes notes. `changed` is called when there is something to show. */
export class Recorder {
  #field;
  #changed;
  #machine = null;
  #kept = Promise.resolve();

  constructor(field, changed) {
    this.#field = field;
    this.#changed = changed;
    this.workshop = null;
    this.entity = null;
    this.problem = "";
    this.#reset();
  }

  #reset() {
    Object.assign(this, { begun: 0, safe: 0, place: 0, last: 0 });
  }

  isRunning(workshop) {
    return this.#machine !== null && (workshop === undefined || this.workshop === workshop);
  }

  /* Milliseconds since it began. */
  get time() {
    return this.isRunning() ? performance.now() - this.begun : this.safe;
  }

  /* Where in which recording we are: {recording, ms}, nothing while none runs. */
  moment(workshop) {
    return this.isRunning(workshop) ? { recording: this.entity, ms: Math.round(this.time) } : {};
  }

  /* Begin a recording. Throws NoMicrophone, with the key of the words that say why. */
  async begin(workshop, title) {
    if (this.isRunning()) return;
    const stream = await microphone();
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? "";
    this.#machine = new MediaRecorder(stream, { ...(type && { mimeType: type }), audioBitsPerSecond: BITS });
    this.#reset();
    Object.assign(this, { workshop, entity: entityOf("recording"), problem: "" });
    const mediaType = this.#machine.mimeType || type || "audio/webm";
    try {
      await this.#field.write(workshop, "recording", this.entity, { title, media_type: mediaType.slice(0, 100) });
    } catch (error) {
      this.#free();
      throw error;
    }
    this.#machine.ondataavailable = (event) => this.#heard(event.data, mediaType);
    this.#machine.onstop = () => this.#free();
    for (const track of stream.getTracks()) track.onended = () => this.#broke("microphone-gone");
    this.begun = performance.now();
    this.#machine.start(STRETCH);
    this.#stayAwake();
    this.#changed();
  }

  /* End it; resolves once the last stretch is kept. */
  async end() {
    const machine = this.#machine;
    if (machine && machine.state !== "inactive") {
      const ended = new Promise((done) => machine.addEventListener("stop", done, { once: true }));
      machine.stop();
      await ended;
    }
    await this.#kept;
  }

  #heard(blob, type) {
    const now = this.time;
    const [ms, place] = [now - this.last, this.place];
    this.last = now;
    if (!blob.size) return;
    this.place += 1;
    const { workshop, entity } = this;
    this.#kept = this.#kept
      .then(() => this.#field.appendSound(workshop, entity, place, new Blob([blob], { type: type.split(";")[0] }), Math.round(ms)))
      .then(() => {
        this.safe = Math.max(this.safe, now);
        this.#changed();
      })
      .catch((error) => this.#broke(error.key ?? "sound-not-kept"));
  }

  #broke(key) {
    if (this.problem) return;
    this.problem = key;
    if (this.#machine?.state !== "inactive") this.#machine?.stop();
    this.#changed();
  }

  #free() {
    for (const track of this.#machine?.stream.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#machine = null;
    this.awake?.release().catch(() => {});
    this.awake = null;
    this.#changed();
  }

  /* Many telephones stop the microphone with the screen; where they let us, keep it lit. */
  async #stayAwake() {
    this.awake = await navigator.wakeLock?.request("screen").catch(() => null);
  }
}

async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) throw new NoMicrophone("no-recording-here");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, channelCount: 1 } });
  } catch (error) {
    throw new NoMicrophone(error.name === "NotAllowedError" ? "microphone-refused" : "no-microphone");
  }
}
