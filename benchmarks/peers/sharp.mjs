// What a Node developer writes for this job: sha256, size, a JPEG and a WebP thumbnail, a BlurHash; two processes.
//   node sharp.mjs IMAGES OUTPUT        (sharp and blurhash are found from the working directory)
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const [images, output, share] = process.argv.slice(2);

function files() {
  return readdirSync(images, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

async function make(file, sharp, encode) {
  const bytes = readFileSync(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { width, height } = await sharp(bytes).metadata();
  const small = await sharp(bytes).rotate().resize({ width: 400, withoutEnlargement: true }).raw().toBuffer({ resolveWithObject: true });
  const again = () => sharp(small.data, { raw: small.info });
  await again().jpeg({ quality: 85 }).toFile(path.join(output, `${sha256}.jpg`));
  await again().webp({ quality: 80 }).toFile(path.join(output, `${sha256}.webp`));
  const tiny = await again().resize(64, 64, { fit: "inside" }).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const hash = encode(new Uint8ClampedArray(tiny.data), tiny.info.width, tiny.info.height, 4, 4);
  return [sha256, width, height, hash];
}

async function work() {
  const sharp = require("sharp");
  const { encode } = require("blurhash");
  sharp.concurrency(1);
  sharp.cache(false);
  const mine = files().filter((_, index) => index % 2 === Number(share));
  for (const file of mine) await make(file, sharp, encode);
}

if (share === undefined) {
  mkdirSync(output, { recursive: true });
  const started = [0, 1].map((number) => fork(process.argv[1], [images, output, String(number)]));
  const codes = await Promise.all(started.map((child) => new Promise((done) => child.on("exit", done))));
  process.exit(Math.max(...codes));
} else {
  await work();
}
