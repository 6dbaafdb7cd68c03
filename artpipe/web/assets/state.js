// What this window shows, and who wants to know when it changes.

export const state = {
  page: null, // {id, position, items}
  items: new Map(), // id -> item
  left: null,
  tally: {},
  title: "",
};

const listeners = new Set();

export function onChange(listener) {
  listeners.add(listener);
}

export function changed() {
  for (const listener of listeners) listener();
}

/** Take a page as the server sent it. */
export function take(data) {
  const before = state.page;
  state.page = data.page;
  state.items = new Map((data.page ? data.page.items : []).map((item) => [item.id, item]));
  if ("left" in data) state.left = data.left;
  if (data.tally) state.tally = data.tally;
  if (data.title) state.title = data.title;
  return !before || !data.page || before.id !== data.page.id;
}

/** Whether a commit of the page would decide this picture. */
export const isOpen = (item) => !item.decided && !item.elsewhere;

export function counts() {
  let yes = 0;
  let no = 0;
  for (const item of state.items.values()) {
    if (!isOpen(item)) continue;
    if (item.marked) yes += 1;
    else no += 1;
  }
  return { yes, no };
}

// Counting goes no further.
const MANY = 100000;

export const leftText = () => (state.left === null ? "" : `${state.left.toLocaleString("en")}${state.left >= MANY ? "+" : ""} left`);

/** One picture was decided on. */
export function oneLess() {
  if (state.left !== null && state.left < MANY) state.left = Math.max(state.left - 1, 0);
}

export function sessionText() {
  const { seen = 0, yes = 0, no = 0, skipped = 0, per_minute: rate = 0 } = state.tally;
  const parts = [`${seen} seen`, `${yes} yes`, `${no} no`];
  if (skipped) parts.push(`${skipped} skipped`);
  if (rate) parts.push(`${Math.round(rate)} a minute`);
  return parts.join(" · ");
}
