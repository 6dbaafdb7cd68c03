// One picture at a time over the page: a native dialog, with keys, swipe, pinch, zoom and details.
// pictures: {count, label(i), small(i): url, versions(i): [{url, width, height}] from small to large,
//   facts(i): a node, moved(i or -1), beyond(-1 or 1): the reader wants to leave this page,
//   leads(-1 or 1): whether there is anything beyond}
function artpipeViewer(pictures) {
  "use strict";
  function button(name, path, act, className) {
    const made = document.createElement("button");
    made.type = "button";
    made.title = name;
    made.setAttribute("aria-label", name.replace(/\s*\(.*/, ""));
    made.className = className || "";
    made.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="' + path + '"/></svg>';
    made.addEventListener("click", act);
    return made;
  }
  function element(name, className, parent) {
    const made = parent.appendChild(document.createElement(name));
    made.className = className;
    return made;
  }
  const dialog = element("dialog", "viewer", document.body), stage = element("div", "stage", dialog);
  const image = element("img", "", stage), bar = element("div", "bar", dialog);
  const title = element("p", "", bar), facts = element("aside", "facts", dialog);
  const zoomer = button("Zoom (z)", "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5M8 11h6M11 8v6", () => zoom());
  const teller = button("Details (i)", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5M12 7.5v.1", tell);
  bar.append(zoomer, teller, button("Close (Esc)", "M5 5l14 14M19 5L5 19", close));
  const back = button("Previous picture (left arrow)", "M15 4l-8 8 8 8", () => turn(-1), "turn");
  const on = button("Next picture (right arrow)", "M9 4l8 8-8 8", () => turn(1), "turn on");
  dialog.append(back, on);
  title.setAttribute("aria-live", "polite");
  facts.setAttribute("aria-label", "Details");
  facts.tabIndex = 0;
  facts.hidden = true;
  dialog.tabIndex = -1;
  dialog.setAttribute("aria-label", "Picture");
  teller.setAttribute("aria-expanded", "false");
  image.draggable = false;
  let now = -1, scale = 1, x = 0, y = 0, fit = { width: 1, height: 1 }, wanted = "";

  function largest() {
    const all = pictures.versions(now);
    return all[all.length - 1];
  }
  function measure() {
    // On a wide window the details stand beside the picture, on a narrow one over it.
    const beside = facts.hidden || dialog.clientWidth <= 600 ? 0 : facts.offsetWidth;
    dialog.style.setProperty("--beside", beside + "px");
    const best = largest(), width = stage.clientWidth, height = stage.clientHeight;
    // Little pictures are not blown up beyond what looks well.
    const factor = Math.min(width / best.width, height / best.height, 2);
    fit = { width: best.width * factor, height: best.height * factor };
    image.style.width = fit.width + "px";
    image.style.height = fit.height + "px";
    place();
  }
  function place() {
    const roomX = Math.max(0, (fit.width * scale - stage.clientWidth) / 2);
    const roomY = Math.max(0, (fit.height * scale - stage.clientHeight) / 2);
    if (scale > 1) {
      x = Math.max(-roomX, Math.min(roomX, x));
      y = Math.max(-roomY, Math.min(roomY, y));
    }
    image.style.transform = "translate(-50%,-50%) translate(" + x + "px," + y + "px) scale(" + scale + ")";
    stage.classList.toggle("zoomed", scale > 1);
    zoomer.setAttribute("aria-pressed", String(scale > 1));
  }
  // The smallest version that is sharp at the size shown.
  function sharpen() {
    const need = fit.width * scale * (window.devicePixelRatio || 1), all = pictures.versions(now);
    const pick = all.find((version) => version.width >= need * 0.9) || all[all.length - 1];
    if (pick.url === wanted) return;
    wanted = pick.url;
    const loading = new Image();
    loading.onload = () => {
      if (wanted === pick.url) image.src = pick.url;
    };
    loading.src = pick.url;
  }
  function show(index) {
    now = index;
    scale = 1;
    x = y = 0;
    wanted = "";
    image.alt = pictures.label(index);
    image.src = pictures.small(index);
    // The count first: it stays where it is, and in sight, whatever the name is and in whatever direction it is read.
    const name = document.createElement("bdi");
    name.textContent = pictures.label(index);
    title.replaceChildren(index + 1 + " / " + pictures.count + " \u00b7 ", name);
    back.hidden = index === 0 && !pictures.leads(-1);
    on.hidden = index === pictures.count - 1 && !pictures.leads(1);
    facts.replaceChildren(pictures.facts(index));
    measure();
    sharpen();
    [index - 1, index + 1].forEach((near) => {
      if (near >= 0 && near < pictures.count) new Image().src = pictures.small(near);
    });
    pictures.moved(index);
  }
  function open(index) {
    if (index < 0 || index >= pictures.count) return;
    if (!dialog.open) {
      dialog.showModal();
      dialog.focus();
    }
    show(index);
  }
  function close() {
    dialog.close();
  }
  function turn(step) {
    if (now + step >= 0 && now + step < pictures.count) show(now + step);
    else pictures.beyond(step);
  }
  function zoom(factor, atX, atY) {
    const before = scale, most = Math.max(2.5, largest().width / fit.width);
    scale = Math.max(1, Math.min(2 * most, factor ? scale * factor : scale > 1 ? 1 : most));
    // What is under the pointer stays there.
    const offX = atX === undefined ? 0 : atX - stage.clientWidth / 2;
    const offY = atY === undefined ? 0 : atY - stage.clientHeight / 2;
    x = scale === 1 ? 0 : offX - ((offX - x) * scale) / before;
    y = scale === 1 ? 0 : offY - ((offY - y) * scale) / before;
    place();
    sharpen();
  }
  function tell() {
    facts.hidden = !facts.hidden;
    teller.setAttribute("aria-expanded", String(!facts.hidden));
    measure();
  }
  function pan(stepX, stepY) {
    x += stepX;
    y += stepY;
    place();
  }
  function arrow(step) {
    return () => {
      if (scale > 1) pan(-step * 80, 0);
      else turn(step);
    };
  }
  artpipeKeys(dialog, {
    ArrowLeft: arrow(-1),
    ArrowRight: arrow(1),
    ArrowUp: () => scale > 1 && pan(0, 80),
    ArrowDown: () => scale > 1 && pan(0, -80),
    " ": (event) => {
      if (event.target.closest("button,a")) return false;
      turn(event.shiftKey ? -1 : 1);
    },
    Home: () => show(0),
    End: () => show(pictures.count - 1),
    a: () => pictures.beyond(-1),
    d: () => pictures.beyond(1),
    z: () => zoom(),
    i: tell,
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5)
  });

  let fingers = new Map(), start = null, apart = 0, dragged = false;
  function spread() {
    const both = Array.from(fingers.values());
    return Math.hypot(both[0].clientX - both[1].clientX, both[0].clientY - both[1].clientY);
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    fingers.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    if (fingers.size === 1) {
      start = { left: event.clientX, top: event.clientY, x: x, y: y };
      dragged = false;
    } else if (fingers.size === 2) {
      apart = spread();
      dragged = true;
    }
  });
  stage.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      const both = Array.from(fingers.values()), far = spread();
      zoom(far / apart, (both[0].clientX + both[1].clientX) / 2, (both[0].clientY + both[1].clientY) / 2);
      apart = far;
    } else if (fingers.size === 1 && start) {
      const overX = event.clientX - start.left, overY = event.clientY - start.top;
      dragged = dragged || Math.hypot(overX, overY) > 8;
      if (!dragged) return;
      x = start.x + overX;
      y = scale > 1 ? start.y + overY : Math.max(0, overY > Math.abs(overX) ? overY : 0);
      place();
    }
  });
  function lift(event) {
    if (!fingers.delete(event.pointerId) || fingers.size) {
      start = null;
      return;
    }
    const overX = start && event.clientX - start.left, overY = start && event.clientY - start.top;
    const cancelled = event.type === "pointercancel";
    if (!dragged && !cancelled) zoom(0, event.clientX, event.clientY);
    else if (scale === 1) {
      x = y = 0;
      if (start && !cancelled && overY > 110 && overY > Math.abs(overX)) close();
      else if (start && !cancelled && Math.abs(overX) > 50) turn(overX < 0 ? 1 : -1);
      place();
    }
    start = null;
  }
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
  }, { passive: false });
  window.addEventListener("resize", () => {
    if (dialog.open) measure();
  });
  dialog.addEventListener("close", () => {
    const last = now;
    now = -1;
    pictures.moved(-1, last);
  });
  return { open, close, current: () => (dialog.open ? now : -1) };
}
