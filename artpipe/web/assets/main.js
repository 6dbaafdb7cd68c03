// The review page: what the buttons and keys do, and when the server is asked for news.

import { $, make, number } from "./elements.js";
import * as grid from "./grid.js";
import * as marks from "./marks.js";
import { calm, complain, say } from "./messages.js";
import * as outbox from "./outbox.js";
import { opened } from "./opening.js";
import { changePage, look, pictureAddress } from "./server.js";
import * as single from "./single.js";
import { changed, counts, leftText, onChange, sessionText, state, take } from "./state.js";

const NEWS_SECONDS = { waiting: 0.7, quiet: 4 };
const PRELOADED = 80;
let mode = sessionStorage.getItem("mode") === "single" ? "single" : "page";
let busy = false;

/** Do one thing that changes pages at a time; say what went wrong. */
async function doing(work) {
  if (busy) return;
  busy = true;
  document.body.classList.add("busy");
  try {
    await work();
    calm();
  } catch (error) {
    if (!("status" in error)) throw error;
    complain(error, error.status === 409 ? () => location.reload() : null);
  } finally {
    busy = false;
    document.body.classList.remove("busy");
  }
}

function show(data) {
  const another = take(data);
  const page = Boolean(state.page);
  marks.forget();
  $("end").hidden = page;
  $("bar").hidden = !page;
  document.body.classList.remove("loading");
  if (!page) showEnd();
  setMode(page ? mode : "page", { keep: true });
  grid.build();
  if (page && mode === "single") single.goToPosition(state.page.position);
  if (page && mode === "page") {
    if (another) scrollTo({ top: 0, behavior: "instant" });
    grid.focusCurrent();
  }
  changed();
  ahead();
}

function showEnd() {
  $("end-session").textContent = sessionText();
  const more = state.left !== null && state.left > 0;
  $("end-title").textContent = more ? "No more pages for this window" : "Nothing left to decide";
  $("end-left").hidden = !more;
  $("end-left-count").textContent = number(state.left ?? 0);
  $("over").hidden = state.left === 0;
}

function setMode(wanted, { keep = false } = {}) {
  if (!keep) {
    mode = wanted;
    sessionStorage.setItem("mode", mode);
  }
  const one = wanted === "single";
  document.body.classList.toggle("is-single", one);
  $("single").hidden = !one;
  $("grid").hidden = one;
  $("to-page").setAttribute("aria-pressed", String(!one));
  $("to-single").setAttribute("aria-pressed", String(one));
}

function toSingle() {
  if (!state.page) return;
  const item = grid.currentItem();
  marks.forget();
  setMode("single");
  if (item) single.goTo(item);
}

async function toPage() {
  await outbox.settled();
  const item = single.currentItem();
  setMode("page");
  if (item) grid.setCurrent(item);
  grid.layOut();
  grid.refresh();
  grid.focusCurrent();
}

single.onDone(async () => {
  if (single.hasOpenMarks()) {
    await toPage();
    say("End of the page. Commit it: there are marks on it.");
    return;
  }
  await doing(async () => show(await changePage("next", { page: state.page.id })));
});

grid.onOpen(toSingle);
single.onLeave(toPage);

function line(count, text, name = "") {
  return make("li", { className: name }, make("b", {}, number(count)), make("span", {}, text));
}

async function preview() {
  if (mode !== "page" || !state.page || $("preview").open) return;
  const { yes, no } = counts();
  const unseen = grid.unseen();
  const rest = state.page.items.length - yes - no;
  $("preview-list").replaceChildren(
    line(yes, "yes"),
    line(no, "no: not marked (the reason kept is “page”)"),
    ...(unseen ? [line(unseen, "of the no were never on the screen", "warn")] : []),
    ...(rest ? [line(rest, "decided already; they stay as they are")] : []),
  );
  $("grid").classList.add("previewing");
  $("preview").showModal();
  $("preview-go").focus();
}

async function commit() {
  const page = state.page.id;
  const { yes, no } = counts();
  $("preview").close();
  await doing(async () => {
    await marks.flush();
    const data = await changePage("commit", { page, yes, no });
    sessionStorage.removeItem(`seen-${page}`);
    show(data);
    say(`Committed: ${data.done.yes} yes, ${data.done.no} no. U takes it back.`);
  });
}

async function undo() {
  const item = mode === "page" && !$("grid").hidden && marks.undo();
  if (item) {
    grid.setCurrent(item);
    grid.focusCurrent();
    say(item.marked ? `Marked again: ${item.id}` : `Mark taken back: ${item.id}`);
    return;
  }
  await outbox.settled();
  await doing(async () => {
    await marks.flush();
    const data = await changePage("undo");
    if (!data.undone.undone && !data.undone.kept) {
      say("There is nothing to undo");
      return;
    }
    show(data);
    const kept = data.undone.kept ? `; ${data.undone.kept} were decided again since and stay` : "";
    say(`${data.undone.undone} taken back${kept}`);
  });
}

/** Keep the page after this one, and what it shows first, at hand. */
let preloaded = [];
async function ahead() {
  preloaded = [];
  if (!state.page) return;
  try {
    const { page } = await changePage("ahead");
    preloaded = (page ? page.items : [])
      .filter((item) => item.small)
      .slice(0, PRELOADED)
      .map((item) => Object.assign(new Image(), { fetchPriority: "low", src: pictureAddress(item, "small") }));
  } catch {
    // The next commit will say what is wrong, if it still is.
  }
}

let troubled = false; // the last news said so

async function news() {
  const page = state.page?.id;
  if (page === undefined || document.hidden) return;
  const { items, trouble } = await look(`/news?page=${page}`);
  if (state.page?.id !== page) return;
  for (const { id, small, hopeless, decided, elsewhere } of items) {
    const item = state.items.get(id);
    if (!item || item.saving) continue;
    Object.assign(item, { small: small || item.small, hopeless });
    if (!busy) Object.assign(item, { decided, elsewhere });
  }
  if (trouble) complain({ message: trouble });
  else if (troubled) calm();
  troubled = Boolean(trouble);
  changed();
}

async function listen() {
  for (;;) {
    const waiting = state.page?.items.some((item) => !item.small && !item.hopeless);
    await new Promise((done) => setTimeout(done, NEWS_SECONDS[waiting ? "waiting" : "quiet"] * 1000));
    await news().catch(() => {});
  }
}

onChange(() => {
  const { yes, no } = counts();
  $("count-yes").textContent = number(yes);
  $("count-no").textContent = number(no);
  $("title").textContent = state.title;
  $("left").textContent = leftText();
  $("session").textContent = state.tally.seen ? sessionText() : "";
  document.title = state.page ? `${yes} yes · Review` : "Review";
  if (mode === "page") grid.refresh();
  else single.refresh();
});

function help() {
  $("help-session").textContent = `This sitting: ${sessionText()}`;
  $("help").showModal();
}

const everywhere = {
  u: (event) => void (event.repeat || undo()),
  "?": help,
  c: (event) => void (event.repeat || preview()),
  g: () => void (mode === "single" && toPage()),
};

// An action that returns false leaves the key to the browser.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const keys = mode === "single" && !$("single").hidden ? single.keys : state.page ? grid.keys : {};
  const action = keys[key] || everywhere[key];
  if (action && action(event) !== false) event.preventDefault();
});

const buttons = {
  "to-page": toPage,
  "to-single": toSingle,
  undo,
  commit: preview,
  "help-button": help,
  "help-close": () => $("help").close(),
  "preview-back": () => $("preview").close(),
  "preview-go": commit,
  over: () => doing(async () => show(await changePage("over"))),
};
for (const [id, action] of Object.entries(buttons)) $(id).addEventListener("click", () => action());
$("preview").addEventListener("close", () => $("grid").classList.remove("previewing"));

await doing(async () => show(await opened));
listen();
