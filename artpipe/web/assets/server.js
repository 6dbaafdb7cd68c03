// What is asked of the server, and by which window.

const csrf = document.querySelector('meta[name="artpipe-csrf"]').content;
const LOCK = "artpipe-review-";

/** An answer that is no success; `status` 0: the server was not reached. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

let windowName = null;

/** A name that this window keeps over a reload and no other window has, a duplicated tab included. */
export async function nameWindow() {
  const kept = sessionStorage.getItem("window");
  // While a window reloads, its old page may hold the name for a moment longer.
  for (let attempt = 0; kept && attempt < 8 && !windowName; attempt++) {
    if (await hold(kept)) windowName = kept;
    else await new Promise((done) => setTimeout(done, 60));
  }
  if (!windowName) {
    windowName = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
    await hold(windowName);
  }
  sessionStorage.setItem("window", windowName);
}

// The browser drops the lock with the window, however it ends.
function hold(name) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((answer) => {
    navigator.locks.request(LOCK + name, { ifAvailable: true }, (lock) => {
      answer(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

async function openWindows() {
  if (!navigator.locks) return null;
  const { held } = await navigator.locks.query();
  return held.filter((lock) => lock.name.startsWith(LOCK)).map((lock) => lock.name.slice(LOCK.length));
}

/** Ask for a change; the answer means that it is in the database. */
export async function change(what, fields = {}, { leaving = false } = {}) {
  const body = JSON.stringify({ window: windowName, ...fields });
  return answerOf(
    fetch(`/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Artpipe-Review": csrf },
      body,
      keepalive: leaving,
    }),
  );
}

/** Ask for a page: the server needs to know which windows are open, to give nothing to two of them. */
export async function changePage(what, fields = {}) {
  return change(what, { ...fields, windows: await openWindows() });
}

export async function look(path) {
  return answerOf(fetch(path));
}

async function answerOf(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refused("The server does not answer. Start `artpipe review` again; nothing is lost.", 0);
  }
  if (!response.ok) throw new Refused((await response.text()).trim(), response.status);
  return response.json();
}

export function pictureAddress(item, size) {
  const version = size === "small" ? item.small : "1";
  return `/picture?size=${size}&image=${encodeURIComponent(item.id)}&v=${encodeURIComponent(version)}`;
}
