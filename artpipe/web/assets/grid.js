// Page mode: all pictures of a page in justified rows.

import { $, drawing, make, placeholder, TICK } from "./elements.js";
import { mark } from "./marks.js";
import { pictureAddress } from "./server.js";
import { isOpen, state } from "./state.js";

const grid = $("grid");
let tiles = []; // in order: {item, element, image, canvas, badge}
let rows = [];
let current = 0;
let last = null; // marked last, for shift
let seen = new Set();
let openLarge = () => {};

export function onOpen(callback) {
  openLarge = callback;
}

/** Build the page that `state` holds. */
export function build() {
  grid.replaceChildren();
  observer.disconnect();
  seen = new Set(JSON.parse(sessionStorage.getItem(`seen-${state.page?.id}`) || "[]"));
  tiles = (state.page ? state.page.items : []).map(tile);
  current = Math.max(0, tiles.findIndex((one) => one.item.position >= (state.page?.position ?? 0)));
  last = null;
  // All of it before the tiles are in the page, so that the browser works it out once.
  layOut();
  refresh();
  grid.append(...tiles.map((one) => one.element));
  for (const one of tiles) observer.observe(one.element);
}

/** Proportions, within what a row can show. */
const shape = (item) => Math.min(Math.max(item.width / item.height, 0.3), 4);

function tile(item, index) {
  const canvas = make("canvas", { width: 20, height: 20, "aria-hidden": "true" });
  const className = shape(item) === item.width / item.height ? "" : "whole";
  const image = make("img", { className, alt: "", loading: "lazy", decoding: "async", draggable: false });
  const badge = make("span", { className: "badge" }, drawing(TICK));
  const note = make("span", { className: "note", hidden: true });
  const element = make("button", { type: "button", className: "tile", tabIndex: -1 }, canvas, image, badge, note);
  const one = { item, element, image, canvas, note, drawn: false };
  image.addEventListener("load", () => {
    element.classList.add("in");
    if (one.visible) seen.add(item.id);
  });
  element.addEventListener("click", (event) => click(index, event));
  element.addEventListener("focus", () => (current = index));
  setImage(one);
  return one;
}

function setImage(one) {
  const address = one.item.small || one.item.hopeless ? pictureAddress(one.item, "small") : "";
  if (address && one.image.getAttribute("src") !== address) one.image.src = address;
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const one = tiles[entry.target.dataset.index];
      if (!one || one.element !== entry.target) continue;
      one.visible = entry.intersectionRatio > 0.3;
      if (entry.isIntersecting && !one.drawn) one.drawn = placeholder(one.item.blurhash, one.canvas) || true;
      if (one.visible && one.element.classList.contains("in")) seen.add(one.item.id);
    }
  },
  { rootMargin: "0px 0px 0px 0px", threshold: [0, 0.31] },
);

/** Open pictures that were never on the screen. */
export function unseen() {
  return tiles.filter((one) => isOpen(one.item) && !one.item.marked && !seen.has(one.item.id)).length;
}

addEventListener("pagehide", () => {
  if (state.page) sessionStorage.setItem(`seen-${state.page.id}`, JSON.stringify([...seen]));
});

export function layOut() {
  if (!tiles.length || grid.hidden) {
    grid.style.height = "";
    return;
  }
  const style = getComputedStyle(grid);
  const gap = parseFloat(style.getPropertyValue("--gap"));
  const probe = make("div");
  probe.style.height = "var(--row)";
  grid.append(probe);
  const wanted = probe.offsetHeight;
  probe.remove();
  const width = grid.clientWidth;
  const ratios = tiles.map(({ item }) => shape(item));
  rows = artpipeRows(ratios, width, gap, wanted);
  let top = 0;
  for (const [first, end, height] of rows) {
    let left = 0;
    for (let index = first; index < end; index++) {
      const { style: place, dataset } = tiles[index].element;
      dataset.index = index;
      place.left = `${left}px`;
      place.top = `${top}px`;
      place.width = `${ratios[index] * height}px`;
      place.height = `${height}px`;
      left += ratios[index] * height + gap;
    }
    top += height + gap;
  }
  grid.style.height = `${Math.max(top - gap, 0)}px`;
}

new ResizeObserver(() => layOut()).observe(grid);

/** Show marks and decisions as they are. */
export function refresh() {
  tiles.forEach((one, index) => {
    const { item } = one;
    const open = isOpen(item);
    const looks = [open && item.marked, item.unsaved, item.decided, item.elsewhere, item.small, item.hopeless].join();
    if (one.looks !== looks) {
      one.looks = looks;
      draw(one, index, open);
    }
    const tabIndex = index === current ? 0 : -1;
    if (one.element.tabIndex !== tabIndex) one.element.tabIndex = tabIndex;
  });
}

function draw({ item, element, note, ...one }, index, open) {
  element.classList.toggle("yes", open && item.marked);
  element.classList.toggle("unsaved", Boolean(item.unsaved));
  element.classList.toggle("done", !open);
  element.ariaPressed = String(open && item.marked);
  element.ariaLabel = label(item, index);
  note.hidden = open;
  if (!open) note.textContent = item.decided ? word(item.decided) : `${word(item.elsewhere)}, decided elsewhere`;
  setImage({ item, ...one });
}

const word = (decision) => ({ approved: "yes", rejected: "no", pending: "undecided" })[decision];

function label(item, index) {
  const stands = item.decided ? `, ${word(item.decided)}` : item.elsewhere ? `, ${word(item.elsewhere)} elsewhere` : "";
  return `${item.id}, ${index + 1} of ${tiles.length}${stands}`;
}

function click(index, event) {
  const { item } = tiles[index];
  if (event.shiftKey && last !== null) {
    const [first, end] = [Math.min(last, index), Math.max(last, index)];
    mark(tiles.slice(first, end + 1).map((one) => one.item), tiles[last].item.marked);
  } else {
    mark([item], !item.marked);
  }
  last = index;
  current = index;
  refresh();
}

function focus(index) {
  if (index < 0 || index >= tiles.length) return;
  current = index;
  refresh();
  tiles[index].element.focus({ preventScroll: true });
  tiles[index].element.scrollIntoView({ block: "nearest" });
}

export function focusCurrent() {
  focus(current);
}

export function currentItem() {
  return tiles[current]?.item;
}

export function setCurrent(item) {
  const index = tiles.findIndex((one) => one.item.id === item.id);
  if (index >= 0) current = index;
}

function upOrDown(step) {
  const row = rows.findIndex(([first, end]) => current >= first && current < end) + step;
  if (!rows[row]) return;
  const middle = (index) => tiles[index].element.offsetLeft + tiles[index].element.offsetWidth / 2;
  const wanted = middle(current);
  const [first, end] = rows[row];
  let best = first;
  for (let index = first; index < end; index++) {
    if (Math.abs(middle(index) - wanted) < Math.abs(middle(best) - wanted)) best = index;
  }
  focus(best);
}

function set(marked) {
  const one = tiles[current];
  if (!one) return;
  mark([one.item], marked);
  last = current;
  if (current + 1 < tiles.length) focus(current + 1);
  else refresh();
}

const SIZES = [0.5, 0.7, 0.85, 1, 1.25, 1.6, 2.2];

/** Show pictures larger or smaller, this time and the next. */
function resize(step) {
  const before = SIZES.indexOf(Number(localStorage.getItem("larger") || 1));
  const wanted = SIZES[Math.min(Math.max((before < 0 ? 3 : before) + step, 0), SIZES.length - 1)];
  localStorage.setItem("larger", wanted);
  applySize();
  layOut();
  tiles[current]?.element.scrollIntoView({ block: "center", behavior: "instant" });
}

function applySize() {
  document.documentElement.style.setProperty("--larger", localStorage.getItem("larger") || 1);
}

applySize();

export const keys = {
  "+": () => resize(1),
  "=": () => resize(1),
  "-": () => resize(-1),
  ArrowLeft: () => focus(current - 1),
  ArrowRight: () => focus(current + 1),
  ArrowUp: () => upOrDown(-1),
  ArrowDown: () => upOrDown(1),
  Home: () => focus(0),
  End: () => focus(tiles.length - 1),
  " ": (event) => {
    if (event.repeat) return;
    if (document.activeElement !== tiles[current]?.element) {
      if (document.activeElement?.tagName === "BUTTON") return false;
      focus(current);
    }
    click(current, event.shiftKey ? event : {});
  },
  y: () => set(true),
  n: () => set(false),
  Enter: () => {
    const active = document.activeElement;
    if (active?.tagName === "BUTTON" && !active.classList.contains("tile")) return false;
    openLarge();
  },
};
