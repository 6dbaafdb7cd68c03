// Changes on their way to the server, one after the other. What is under way when the window reloads is kept and sent
// again by the page that comes next: every change may come twice, it means the same.

import { change } from "./server.js";

const KEPT = "outbox";
const SLOW_MS = 200;
const entries = []; // {what, fields, resolve, reject}; the first one is under way
const atEnd = [];
let running = null;

/** Resolves with the answer: then it is in the database. If one fails, so do those behind it. */
export function post(what, fields) {
  return new Promise((resolve, reject) => {
    entries.push({ what, fields, resolve, reject });
    running ??= run();
  });
}

/** Everything is saved, or its sender knows that it is not. */
export async function settled() {
  while (running) await running;
}

/** Call this before the window goes; it may post what it has held back. */
export function beforeTheEnd(callback) {
  atEnd.push(callback);
}

async function run() {
  const slow = setTimeout(() => document.body.classList.add("saving"), SLOW_MS);
  while (entries.length) {
    const { what, fields, resolve } = entries[0];
    try {
      resolve(await change(what, fields));
      entries.shift();
    } catch (error) {
      for (const { reject } of entries.splice(0)) reject(error);
    }
  }
  // In the same breath as the look at an empty list: what is posted next starts another round.
  running = null;
  clearTimeout(slow);
  document.body.classList.remove("saving");
}

addEventListener("pagehide", () => {
  for (const callback of atEnd) callback();
  const left = entries.map(({ what, fields }) => ({ what, fields }));
  if (!left.length) return;
  sessionStorage.setItem(KEPT, JSON.stringify(left));
  for (const { what, fields } of left) change(what, fields, { leaving: true }).catch(() => {});
});

export function isLeft() {
  return sessionStorage.getItem(KEPT) !== null;
}

/** Send what the page before a reload did not get rid of. */
export async function resume() {
  const left = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  sessionStorage.removeItem(KEPT);
  for (const { what, fields } of left) await change(what, fields).catch(() => {});
}
