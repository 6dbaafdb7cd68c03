// Single mode: one picture after the other, each decided on its own.

import * as details from "./details.js";
import { $, CROSS, drawing, make, placeholder, TICK } from "./elements.js";
import { calm, complain, say } from "./messages.js";
import * as outbox from "./outbox.js";
import { pictureAddress } from "./server.js";
import { changed, isOpen, oneLess, state } from "./state.js";
import { Zoom } from "./zoom.js";

const AHEAD = 3;
const zoom = new Zoom($("stage"));
const loaded = new Map(); // address -> Image, so that the next picture is there at once
let index = 0;
let retreating = false; // something could not be saved, and what was chosen after it is given up too
let done = () => {};
let leave = () => {};

export function onLeave(callback) {
  leave = callback;
}

/** Called when the last picture of the page has been passed and everything is saved. */
export function onDone(callback) {
  done = callback;
}

export const items = () => state.page?.items ?? [];
export const currentItem = () => items()[index];

export function goTo(item) {
  index = Math.max(0, items().indexOf(item));
  show();
}

export function goToPosition(position) {
  const found = items().findIndex((item) => item.position >= position);
  index = found < 0 ? items().length : found;
  while (currentItem()?.elsewhere) index += 1;
  if (index >= items().length) finishPage();
  else show();
}

export function show() {
  const item = currentItem();
  if (!item) return;
  zoom.show(item.width, item.height);
  showUnder(item);
  showLarge(item);
  stamp(item);
  strip();
  $("where").replaceChildren(`${index + 1} of ${items().length} · `, make("bdi", {}, item.id));
  if (details.isShown()) details.show(item);
  preload();
}

// What is there at once: colours, then the thumbnail. Both give way to the picture.
function showUnder(item) {
  $("under").hidden = !placeholder(item.blurhash, $("under"));
  $("small").hidden = !item.small;
  if (item.small) $("small").src = pictureAddress(item, "small");
}

async function showLarge(item) {
  const large = $("large");
  const address = pictureAddress(item, "large");
  large.hidden = true;
  const image = fetched(address);
  try {
    await image.decode();
  } catch {
    if (currentItem() === item && !item.small) say(`${item.id} cannot be shown`);
    return;
  }
  if (currentItem() !== item) return;
  large.src = address;
  large.alt = item.id;
  large.hidden = false;
  zoom.measure(image.naturalWidth, image.naturalHeight);
  $("under").hidden = $("small").hidden = true;
}

function fetched(address) {
  if (!loaded.has(address)) {
    const image = new Image();
    image.src = address;
    loaded.set(address, image);
  }
  return loaded.get(address);
}

function preload() {
  const near = items().slice(Math.max(0, index - 1), index + 1 + AHEAD);
  const wanted = new Set(near.map((item) => pictureAddress(item, "large")));
  for (const address of wanted) fetched(address);
  for (const address of loaded.keys()) if (!wanted.has(address)) loaded.delete(address);
}

function stamp(item) {
  const decision = item.decided || item.elsewhere;
  const word = { approved: "Yes", rejected: "No", pending: "Undecided" }[decision];
  $("stamp").hidden = !decision;
  $("stamp").className = `stamp ${decision || ""}`;
  $("stamp").textContent = item.elsewhere ? `${word}, decided elsewhere` : word || "";
}

/** A few neighbours; a ring while a decision is on its way, a mark when it is in the database. */
function strip() {
  const reach = reachOfStrip();
  const first = Math.max(0, Math.min(index - reach, items().length - 2 * reach - 1));
  const near = items().slice(first, first + 2 * reach + 1);
  $("strip").replaceChildren(...near.map((item) => neighbour(item)));
}

const NEIGHBOUR = 62; // pixels, as in single.css

/** How many neighbours are shown on each side. */
function reachOfStrip() {
  const { columnGap, paddingLeft } = getComputedStyle($("strip"));
  const gap = parseFloat(columnGap);
  const fitting = Math.floor(($("strip").clientWidth - 2 * parseFloat(paddingLeft) + gap) / (NEIGHBOUR + gap));
  return Math.min(6, Math.max(1, Math.floor((fitting - 1) / 2)));
}

const neighbours = new WeakMap(); // item -> its button

function neighbour(item) {
  if (!neighbours.has(item)) neighbours.set(item, newNeighbour(item));
  const button = neighbours.get(item);
  const standing = item.decided || item.elsewhere;
  button.ariaLabel = item.id + (standing ? `, ${standing}` : "");
  button.ariaCurrent = String(item === currentItem());
  button.className = [
    item.saving ? "saving" : "",
    standing && standing !== "pending" ? "decided" : "",
    standing === "approved" && !item.saving ? "saved-yes" : "",
    standing === "rejected" && !item.saving ? "saved-no" : "",
  ].join(" ");
  const image = button.querySelector("img");
  if (item.small && !image.src) image.src = pictureAddress(item, "small");
  image.hidden = !item.small;
  return button;
}

function newNeighbour(item) {
  const canvas = make("canvas", { width: 12, height: 12 });
  placeholder(item.blurhash, canvas);
  const dot = make("span", { className: "dot" }, drawing(TICK, "tick"), drawing(CROSS, "cross"));
  const button = make("button", { type: "button", tabIndex: -1, title: item.id }, canvas, make("img", { alt: "" }), dot);
  button.addEventListener("click", () => move(items().indexOf(item) - index));
  return button;
}

export function refresh() {
  const item = currentItem();
  if (!item || $("single").hidden) return;
  stamp(item);
  strip();
  if ($("large").hidden) showUnder(item);
}

function move(step) {
  const next = index + step;
  if (next < 0 || next >= items().length) return;
  index = next;
  show();
  remember();
}

// Where one looks is kept too, but nobody waits for it: only the last place counts.
let remembering = false;
async function remember() {
  if (remembering) return;
  remembering = true;
  await outbox.settled();
  remembering = false;
  const item = currentItem();
  if (item) outbox.post("look", { page: state.page.id, position: item.position }).catch(() => {});
}

/** Go on to the next picture that nobody else has decided on. */
function onwards() {
  do index += 1;
  while (currentItem()?.elsewhere);
  if (currentItem()) show();
  else finishPage();
}

async function finishPage() {
  $("where").textContent = "";
  await outbox.settled();
  // What could not be saved has brought the person back into the page.
  if (!currentItem()) done();
}

async function choose(decision) {
  const item = currentItem();
  if (!item || retreating) return;
  item.saving = decision;
  const answer = outbox.post("decide", { page: state.page.id, image: item.id, decision });
  onwards();
  try {
    const { elsewhere, tally } = await answer;
    state.tally = tally;
    if (!item.decided && !elsewhere) oneLess();
    item.decided = elsewhere ? null : decision;
    item.elsewhere = elsewhere;
    if (elsewhere) overtaken(item);
    else calm();
  } catch (error) {
    retreat(item, error);
  } finally {
    item.saving = null;
    changed();
  }
}

// Somebody else decided on it since it was shown: the person looks again, and may choose once more.
function overtaken(item) {
  goTo(item);
  complain({ message: `${item.id} was decided elsewhere meanwhile. Choose once more to overrule that.` });
}

// Nothing chosen after the picture that could not be saved is saved either; so the person goes on there.
function retreat(item, error) {
  if (retreating) return;
  retreating = true;
  goTo(item);
  complain(error, error.status === 409 ? () => location.reload() : () => {});
  outbox.settled().then(() => (retreating = false));
}

async function skip() {
  const item = currentItem();
  if (!item || retreating) return;
  const answer = outbox.post("skip", { page: state.page.id, image: item.id });
  onwards();
  try {
    state.tally = (await answer).tally;
    changed();
  } catch (error) {
    retreat(item, error);
  }
}

function toggleDetails() {
  if (details.isShown()) details.hide();
  else if (currentItem()) details.show(currentItem());
}

export const hasOpenMarks = () => items().some((item) => isOpen(item) && item.marked);

const once = (action) => (event) => void (event.repeat || action());

export const keys = {
  y: once(() => choose("approved")),
  n: once(() => choose("rejected")),
  s: once(skip),
  z: once(() => zoom.toggle()),
  i: once(toggleDetails),
  ArrowLeft: () => (zoom.on ? zoom.pan(-1, 0) : move(-1)),
  ArrowRight: () => (zoom.on ? zoom.pan(1, 0) : move(1)),
  ArrowUp: () => (zoom.on ? zoom.pan(0, -1) : false),
  ArrowDown: () => (zoom.on ? zoom.pan(0, 1) : false),
  Escape: () => (zoom.on ? zoom.toggle() : leave()),
};

$("yes").addEventListener("click", () => choose("approved"));
$("no").addEventListener("click", () => choose("rejected"));
$("skip").addEventListener("click", skip);
$("previous").addEventListener("click", () => move(-1));
$("next").addEventListener("click", () => move(1));
$("details-button").addEventListener("click", toggleDetails);
