// Everything that is known about a picture, as text.

import { $, make, number } from "./elements.js";
import { look } from "./server.js";

let shown = null;

export function isShown() {
  return !$("details").hidden;
}

export function hide() {
  $("details").hidden = true;
  $("details-button").setAttribute("aria-expanded", "false");
}

export async function show(item) {
  $("details").hidden = false;
  $("details-button").setAttribute("aria-expanded", "true");
  shown = item.id;
  let facts;
  try {
    facts = await look(`/details?image=${encodeURIComponent(item.id)}`);
  } catch (error) {
    $("details").replaceChildren(make("p", {}, error.message));
    return;
  }
  if (shown === item.id) $("details").replaceChildren(...described(facts));
}

function described({ image, aliases, sources, artifacts, decisions }) {
  const facts = [
    ["Name", image.id],
    ["Decision", image.rejection_reason ? `${image.status} (${image.rejection_reason})` : image.status],
    ["Size", image.width ? `${image.width} × ${image.height}` : null],
    ["File", image.file_size ? `${number(Math.round(image.file_size / 1024))} KiB, ${image.mime_type}` : null],
    ["From", image.username],
    ["Address", image.original_url],
    ["Registered", image.created_at],
    ["Also called", aliases.join(", ")],
    ["Found at", sources.join("\n")],
  ];
  const made = artifacts.map((one) => [one.stage, one.width ? `${one.width} × ${one.height}` : one.file_path]);
  const decided = decisions.map((one) => [one.decided_at, `${one.became}${one.reason ? ` (${one.reason})` : ""}`]);
  return [
    ...part("Picture", facts),
    ...part("Made", made),
    ...part("Decided", decided),
  ];
}

function part(title, facts) {
  const known = facts.filter(([, value]) => value);
  if (!known.length) return [];
  const terms = known.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]);
  return [make("h2", {}, title), make("dl", {}, ...terms)];
}
