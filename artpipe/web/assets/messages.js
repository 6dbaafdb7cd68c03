// What the page says to the person in front of it.

import { $ } from "./elements.js";

/** A line that goes away with the next one; screen readers speak it. */
export function say(text) {
  $("status").textContent = text;
}

let retry = null;

/** Something that must not be overlooked. */
export function complain(error, again = null) {
  retry = again;
  $("trouble").hidden = false;
  $("trouble").querySelector("p").textContent = error.message || String(error);
  $("trouble").querySelector("button").hidden = !again;
}

export function calm() {
  $("trouble").hidden = true;
}

$("trouble").querySelector("button").addEventListener("click", () => {
  calm();
  if (retry) retry();
});
