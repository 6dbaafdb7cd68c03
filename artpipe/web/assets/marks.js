// Marks of the page: shown at once, kept by the server a moment later, whatever happens to this window.

import { complain, calm, saving } from "./messages.js";
import { change } from "./server.js";
import { changed, isOpen, state } from "./state.js";

let waiting = new Map(); // id -> marked, not sent yet
let sending = null; // the promise of what is on its way
let page = null; // that they belong to

export function mark(items, marked) {
  for (const item of items) {
    if (!isOpen(item) || item.marked === marked) continue;
    item.marked = marked;
    waiting.set(item.id, marked);
  }
  page = state.page.id;
  changed();
  flush().catch(() => {});
}

/** Resolves when the server has all marks; rejects when it has not. */
export async function flush() {
  while (sending || waiting.size) {
    sending ??= send().finally(() => (sending = null));
    await sending;
  }
}

async function send() {
  const batch = waiting;
  waiting = new Map();
  try {
    await saving(() => change("mark", { page, marks: Object.fromEntries(batch) }));
    calm();
  } catch (error) {
    waiting = new Map([...batch, ...waiting]);
    // A page that belongs to another window now is no use here, and neither are marks on it.
    if (error.status === 409 || error.status === 400) waiting.clear();
    complain(error, error.status === 409 ? () => location.reload() : () => flush().catch(() => {}));
    throw error;
  }
}

addEventListener("pagehide", () => {
  if (waiting.size) change("mark", { page, marks: Object.fromEntries(waiting) }, { leaving: true }).catch(() => {});
});

addEventListener("beforeunload", (event) => {
  if (waiting.size && !document.getElementById("trouble").hidden) event.preventDefault();
});
