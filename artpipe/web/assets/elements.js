// Elements made from plain data: text is always text.

export const $ = (id) => document.getElementById(id);

/** make("p", {className: "quiet"}, "text", child): properties, then children. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

export function drawing(path, name = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  if (name) svg.setAttribute("class", name);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const TICK = "m4 12.5 5 5L20 6.5";
export const CROSS = "M6 6l12 12M18 6 6 18";

/** The colours of a picture that is not here yet. */
export function placeholder(blurhash, canvas) {
  try {
    return Boolean(blurhash) && artpipeBlurHash(blurhash, canvas);
  } catch {
    return false;
  }
}

export const number = (value) => value.toLocaleString("en");
