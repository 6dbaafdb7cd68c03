// Calls what is bound to a key, unless somebody is typing or means a shortcut of the browser.
// bindings: name of a key -> function(event); returning false leaves the key to the browser.
function artpipeKeys(target, bindings) {
  "use strict";
  target.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(input|textarea|select)$/i.test(event.target.tagName)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const bound = Object.prototype.hasOwnProperty.call(bindings, key) && bindings[key];
    if (bound && bound(event) !== false) event.preventDefault();
  });
}
