// Asks for the first page while the rest of this page's parts are still on their way.

import * as outbox from "./outbox.js";
import { changePage, nameWindow } from "./server.js";

async function open() {
  await nameWindow();
  await outbox.resume();
  return changePage("open");
}

export const opened = open();
// Whoever waits for it hears of a failure; until then it is nobody's.
opened.catch(() => {});
