// Marks of the page: shown at once, kept by the server a moment later, whatever happens to this window.

import { complain, calm } from "./messages.js";
import * as outbox from "./outbox.js";
import { changed, isOpen, state } from "./state.js";

let unsaved = new Map(); // id -> marked
let page = null; // that they belong to
let flushing = null;

export function mark(items, marked) {
  page = state.page.id;
  for (const item of items) {
    if (!isOpen(item) || item.marked === marked) continue;
    item.marked = marked;
    item.unsaved = true;
    unsaved.set(item.id, marked);
  }
  changed();
  flush().catch(() => {});
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
