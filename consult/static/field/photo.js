/* Photographs: drawn anew before they are kept, so that no place, telephone or hour is hidden in them. */

export const LONGEST_SIDE = 1600;
export const MOST_BYTES = 250_000;
const QUALITIES = [0.82, 0.7, 0.6, 0.5, 0.4];
const LEAST_SIDE = 640;

export class NoPicture extends Error {
  constructor() {
    super("This file is no photograph that this browser can read.");
    this.name = "NoPicture";
    this.key = "no-picture";
  }
}

/* A photograph as JPEG of at most 1600 pixels and about 250 kB; `turns` quarter turns to the right. Throws NoPicture. */
export async function redrawn(file, turns = 0) {
  const picture = await read(file);
  let side = Math.min(LONGEST_SIDE, Math.max(picture.width, picture.height));
  for (;;) {
    const canvas = drawn(picture, side, turns);
    for (const quality of QUALITIES) {
      const blob = await jpeg(canvas, quality);
      const isSmall = blob.size <= MOST_BYTES;
      if (isSmall || (quality === QUALITIES.at(-1) && side <= LEAST_SIDE)) {
        picture.close?.();
        return blob;
      }
    }
    side = Math.max(LEAST_SIDE, Math.round(side * 0.75));
  }
}

async function read(file) {
  try {
    // A telephone held upright says so beside the picture; what is drawn stands upright by itself.
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new NoPicture();
  }
}

function drawn(picture, side, turns) {
  const scale = side / Math.max(picture.width, picture.height);
  const [width, height] = [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = turns % 2 ? [height, width] : [width, height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate((turns % 4) * (Math.PI / 2));
  pen.drawImage(picture, -width / 2, -height / 2, width, height);
  return canvas;
}

async function jpeg(canvas, quality) {
  const blob = await new Promise((made) => canvas.toBlob(made, "image/jpeg", quality));
  if (!blob) throw new NoPicture();
  return new Blob(bare(new Uint8Array(await blob.arrayBuffer())), { type: "image/jpeg" });
}

/* A JPEG without what a browser writes beside the picture: profiles, remarks, anything but the picture (ISO 10918-1, B.1.1.3). */
function bare(bytes) {
  const kept = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    const end = at + 2 + bytes[at + 2] * 256 + bytes[at + 3];
    const isBeside = (bytes[at + 1] > 0xe0 && bytes[at + 1] <= 0xef) || bytes[at + 1] === 0xfe;
    if (!isBeside) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return [...kept, bytes.subarray(at)];
}
