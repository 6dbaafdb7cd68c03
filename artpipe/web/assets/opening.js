// Asks for the first page while the rest of this page's parts are still on their way.

import * as outbox from "./outbox.js";
import { changePage, nameWindow } from "./server.js";

async function open() {
  await nameWindow();
  // A server that was started again gives the page back first; then it takes what it was not told before it ended.
  if (outbox.isLeft()) await changePage("open");
  await outbox.resume();
  return changePage("open");
}

export const opened = open();
// Whoever waits for it hears of a failure; until then it is nobody's.
opened.catch(() => {});
