// A page of pictures: rows, placeholders, keys and the viewer, from the links and the data that stand in the page.
(() => {
  "use strict";
  const root = document.documentElement, grid = document.querySelector(".grid");
  const links = Array.from(grid.querySelectorAll("a"));
  const data = JSON.parse(document.getElementById("data").textContent);
  const hashes = data.hashes.split(" ");
  const neighbours = { "-1": document.querySelector("[rel=prev]"), 1: document.querySelector("[rel=next]") };
  const ratios = links.map((link) => parseFloat(link.style.getPropertyValue("--r")) || 1);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // What was shown before its script came keeps the rows that it has.
  const late = !root.classList.contains("wait");
  let laid = 0;
  function layOut() {
    if (late) return;
    const gap = parseFloat(getComputedStyle(grid).columnGap) || 4;
    grid.classList.add("set");
    let width = grid.clientWidth, top = 0;
    if (!width || width === laid) return;
    laid = width;
    artpipeRows(ratios, width, gap, Math.min(300, 152 + 0.07 * innerWidth)).forEach((row) => {
      for (let i = row[0], left = 0; i < row[1]; i++) {
        const wide = ratios[i] * row[2], box = links[i].style;
        box.left = left + "px";
        box.top = top + "px";
        box.width = wide + "px";
        box.height = row[2] + "px";
        left += wide + gap;
      }
      top += row[2] + gap;
    });
    grid.style.height = Math.max(0, top - gap) + "px";
  }

  function pictureOf(index) {
    return links[index].querySelector("img");
  }
  function arrived(event) {
    const link = event.target.parentNode;
    link.classList.add("in");
    const canvas = link.querySelector("canvas");
    if (canvas && event.type === "load") setTimeout(() => canvas.remove(), 400);
  }
  function blur(index) {
    const link = links[index], canvas = document.createElement("canvas"), hash = hashes[index];
    canvas.width = canvas.height = 24;
    const drawn = hash === "-" ? drawGrid(index, canvas) : artpipeBlurHash(hash, canvas);
    if (drawn) link.prepend(canvas);
  }
  function drawGrid(index, canvas) {
    const url = pictureOf(index).getAttribute("src"), file = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
    const known = window.blurhashIndex && window.blurhashIndex[file];
    return known && artpipeColourGrid(known.blurhash, canvas);
  }

  // What the page says about a picture: see details.py.
  function nameIn(url) {
    const last = url.slice(url.lastIndexOf("/") + 1);
    return decodeURIComponent(last.slice(0, last.lastIndexOf(".")));
  }
  const odd = data.odd || {};
  function idOf(index) {
    return odd[index] ? odd[index].id : nameIn(links[index].getAttribute("href"));
  }
  function shapeOf(index) {
    const shape = data.shapes[index];
    return shape.length ? shape : data.sizes[shape];
  }
  function versionsOf(index) {
    let shape = shapeOf(index), width = shape[0], height = shape[1], id = encodeURIComponent(idOf(index));
    return data.sets[shape[2]].map((version, number) => {
      const size = version[2], exact = shape[3];
      if (exact) {
        width = exact[2 * number];
        height = exact[2 * number + 1];
      } else if (size > 0) {
        height = Math.max(1, Math.floor((2 * height * size + width) / (2 * width)));
        width = size;
      } else if (size < 0) {
        width *= -size;
        height *= -size;
      }
      const url = odd[index] ? odd[index].urls[number] : data.up + version[0] + "/" + id + "." + version[1];
      return { url: url, width: width, height: height, stage: version[0], note: version[3] };
    });
  }
  function bySize(index) {
    return versionsOf(index).sort((one, other) => one.width - other.width);
  }
  function factsOf(index) {
    const list = document.createElement("dl"), shape = shapeOf(index);
    function fact(name, text, url) {
      list.appendChild(document.createElement("dt")).textContent = name;
      const cell = list.appendChild(document.createElement("dd"));
      (url ? cell.appendChild(document.createElement("a")) : cell).textContent = text;
      if (url) cell.firstChild.href = url;
    }
    fact("Name", idOf(index));
    if (shape[0]) fact("Original", shape[0] + " \u00d7 " + shape[1]);
    versionsOf(index).forEach((version) => {
      const size = version.width + " \u00d7 " + version.height;
      fact(version.stage, size + (version.note ? " \u00b7 " + version.note : ""), version.url);
    });
    ((data.parents || {})[index] || []).forEach((number) => {
      const [id, role, url] = data.sources[number];
      fact("Made from" + (role && " (" + role + ")"), id, url);
    });
    const results = (data.results || {})[index];
    if (results) fact("Made from this", results[0] + (results[0] === 1 ? " picture" : " pictures"), results[1]);
    return list;
  }

  let pushed = false;
  function address(hash) {
    // Not with location.hash: an empty one scrolls to the top.
    try {
      history.replaceState(null, "", location.pathname + location.search + hash);
    } catch (_) {}
  }
  const viewer = artpipeViewer({
    count: links.length,
    label: idOf,
    small: (index) => pictureOf(index).src,
    versions: bySize,
    facts: factsOf,
    beyond: go,
    leads: (step) => Boolean(neighbours[step]),
    moved: (index, last) => {
      if (index >= 0) return address("#" + encodeURIComponent(idOf(index)));
      links[last].focus();
      if (pushed) history.back();
      else address("");
      pushed = false;
    }
  });
  function open(index) {
    stop();
    if (!pushed) {
      try {
        history.pushState(null, "", location.href.split("#")[0] + "#" + encodeURIComponent(idOf(index)));
        pushed = true;
      } catch (_) {}
    }
    viewer.open(index);
  }
  function fromAddress() {
    const hash = location.hash.slice(1);
    if (!hash) {
      pushed = false;
      if (viewer.current() >= 0) viewer.close();
      return;
    }
    let index = links.findIndex((_, i) => encodeURIComponent(idOf(i)) === hash);
    if (hash === "~first") index = 0;
    if (hash === "~last") index = links.length - 1;
    if (index >= 0 && index !== viewer.current()) viewer.open(index);
  }
  function go(step) {
    const link = neighbours[step];
    if (link) location.href = link.href + (viewer.current() < 0 ? "" : step > 0 ? "#~first" : "#~last");
  }

  function focused() {
    return links.indexOf(document.activeElement);
  }
  function step(by) {
    return () => {
      let index = focused();
      if (index < 0) index = firstInView() - by;
      index = Math.max(0, Math.min(links.length - 1, index + by));
      links[index].focus();
    };
  }
  function firstInView() {
    let found = links.findIndex((link) => link.getBoundingClientRect().bottom > 0);
    return Math.max(0, found);
  }
  // The picture of the next row that lies under (or over) the one in focus.
  function row(direction) {
    return () => {
      let index = focused();
      if (index < 0) return false;
      let here = links[index].getBoundingClientRect(), middle = here.left + here.width / 2, row = null, found = -1;
      for (let i = index + direction; links[i]; i += direction) {
        const box = links[i].getBoundingClientRect();
        if (Math.abs(box.top - here.top) < 2) continue;
        if (row === null) row = box.top;
        if (Math.abs(box.top - row) > 2) break;
        if (found < 0 || (box.left <= middle && box.right >= middle)) found = i;
      }
      if (found < 0) return false;
      links[found].focus();
    };
  }
  let timer = 0, spot = 0;
  function stop() {
    cancelAnimationFrame(timer);
    clearTimeout(timer);
    timer = 0;
  }
  function scrollOn(time) {
    const last = scrollOn.last || time;
    scrollOn.last = time;
    if (Math.abs(spot - scrollY) > 60) spot = scrollY;
    spot += (time - last) * 0.09;
    scrollTo(0, spot);
    timer = requestAnimationFrame(scrollOn);
  }
  function jumpOn() {
    scrollBy(0, innerHeight * 0.8);
    timer = setTimeout(jumpOn, 4000);
  }
  function autoscroll() {
    if (timer) return stop();
    spot = scrollY;
    scrollOn.last = 0;
    timer = calm.matches ? setTimeout(jumpOn, 1000) : requestAnimationFrame(scrollOn);
  }
  artpipeKeys(document, {
    a: () => go(-1),
    d: () => go(1),
    s: autoscroll,
    Escape: () => timer ? stop() : false,
    ArrowLeft: step(-1),
    ArrowRight: step(1),
    ArrowUp: row(-1),
    ArrowDown: row(1),
    " ": (event) => {
      const atEnd = innerHeight + scrollY >= root.scrollHeight - 2;
      if (event.shiftKey || !atEnd || !neighbours[1]) return false;
      go(1);
    }
  });

  links.forEach((link, index) => {
    const image = link.firstElementChild;
    link.setAttribute("aria-label", idOf(index) + (link.classList.contains("source") ? ", source of the others" : ""));
    if (image.complete && image.naturalWidth) return link.classList.add("in");
    image.addEventListener("load", arrived);
    image.addEventListener("error", arrived);
  });
  grid.addEventListener("click", (event) => {
    let index = links.indexOf(event.target.closest("a"));
    if (index < 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(index);
  });
  const watcher = new IntersectionObserver((entries) => {
    entries.forEach((entry) => {
      if (!entry.isIntersecting) return;
      watcher.unobserve(entry.target);
      if (!entry.target.classList.contains("in")) blur(links.indexOf(entry.target));
    });
  }, { rootMargin: "100%" });
  layOut();
  links.forEach((link) => watcher.observe(link));
  new ResizeObserver(() => layOut()).observe(grid);
  addEventListener("popstate", fromAddress);
  addEventListener("hashchange", fromAddress);
  root.classList.add("js");
  root.classList.remove("wait");
  fromAddress();
})();
