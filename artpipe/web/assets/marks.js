// Marks of the page: shown at once, kept by the server a moment later, whatever happens to this window.

import { complain, calm } from "./messages.js";
import * as outbox from "./outbox.js";
import { changed, isOpen, state } from "./state.js";

let unsaved = new Map(); // id -> marked
let page = null; // that they belong to
let flushing = null;

let done = []; // what was marked on this page, the last at the end: [[item, ...], marked]

export function mark(items, marked) {
  const change = items.filter((item) => isOpen(item) && item.marked !== marked);
  if (!change.length) return;
  done.push([change, marked]);
  set(change, marked);
}

function set(items, marked) {
  page = state.page.id;
  for (const item of items) {
    item.marked = marked;
    item.unsaved = true;
    unsaved.set(item.id, marked);
  }
  changed();
  flush().catch(() => {});
}

/** Take back what was marked last; returns one of the pictures, or nothing if there was nothing. */
export function undo() {
  const [items, marked] = done.pop() ?? [[]];
  const still = items.filter((item) => isOpen(item) && item.marked === marked);
  if (still.length) set(still, !marked);
  return items[0];
}

/** Something else was done since: undoing goes on there. */
export function forget() {
  done = [];
}

/** Resolves when the server has all marks; rejects when it has not. */
export function flush() {
  if (!flushing && unsaved.size) flushing = send();
  return flushing || Promise.resolve();
}

async function send() {
  while (unsaved.size) {
    const batch = unsaved;
    unsaved = new Map();
    try {
      await outbox.post("mark", fields(batch));
      for (const id of batch.keys()) if (!unsaved.has(id) && state.items.has(id)) state.items.get(id).unsaved = false;
      changed();
      calm();
    } catch (error) {
      const overtaken = error.status === 409;
      // A page that belongs to another window now takes no marks of this one.
      if (!overtaken) unsaved = new Map([...batch, ...unsaved]);
      complain(error, overtaken ? () => location.reload() : () => flush().catch(() => {}));
      flushing = null;
      throw error;
    }
  }
  flushing = null;
}

const fields = (batch) => ({ page, marks: Object.fromEntries(batch) });

outbox.beforeTheEnd(() => {
  if (unsaved.size) outbox.post("mark", fields(unsaved)).catch(() => {});
});

addEventListener("beforeunload", (event) => {
  // Only while the server does not answer.
  if (unsaved.size && !flushing) event.preventDefault();
});
