// A picture that fills its stage, or is shown pixel by pixel and dragged about.

const MOST = 8;

export class Zoom {
  constructor(stage) {
    this.stage = stage;
    this.on = false;
    this.size = [1, 1];
    stage.addEventListener("click", (event) => this.#moved < 5 && this.toggle(event));
    stage.addEventListener("pointerdown", (event) => this.#press(event));
    stage.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => this.#release());
    new ResizeObserver(() => this.apply()).observe(stage);
  }

  #from = null;
  #moved = 0;

  show(width, height) {
    this.size = [width, height];
    this.on = false;
    this.apply();
  }

  /** The same picture, of which more is known now. */
  measure(width, height) {
    this.size = [width, height];
    this.apply();
  }

  toggle(event) {
    const box = this.stage.getBoundingClientRect();
    const before = this.#shown;
    const at = event?.clientX ? [event.clientX - box.left, event.clientY - box.top] : [box.width / 2, box.height / 2];
    const [x, y] = [at[0] - (box.width - before[0]) / 2, at[1] - (box.height - before[1]) / 2];
    this.on = !this.on;
    this.apply();
    if (this.on) {
      const scale = this.#shown[0] / before[0];
      this.stage.scrollTo({ left: x * scale - at[0], top: y * scale - at[1], behavior: "instant" });
    }
  }

  /** Another part of a picture that is larger than its stage. */
  pan(right, down) {
    const step = Math.min(this.stage.clientWidth, this.stage.clientHeight) / 5;
    this.stage.scrollBy({ left: right * step, top: down * step, behavior: "instant" });
  }

  apply() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const fit = Math.min(width / this.size[0], height / this.size[1]);
    const fitted = Math.min(fit, MOST);
    const scale = this.on ? Math.max(1, fitted * 2) : fitted;
    this.#shown = [this.size[0] * scale, this.size[1] * scale];
    this.stage.style.setProperty("--w", `${this.#shown[0]}px`);
    this.stage.style.setProperty("--h", `${this.#shown[1]}px`);
    this.stage.classList.toggle("zoomed", this.on);
    this.stage.tabIndex = this.on ? 0 : -1;
    if (!this.on) this.stage.scrollTo(0, 0);
  }

  #shown = [1, 1];

  #press(event) {
    this.#moved = 0;
    if (this.on && event.pointerType === "mouse") {
      this.#from = [event.clientX, event.clientY, this.stage.scrollLeft, this.stage.scrollTop];
    }
  }

  #drag(event) {
    if (!this.#from) return;
    const [x, y, left, top] = this.#from;
    this.#moved = Math.max(this.#moved, Math.abs(event.clientX - x) + Math.abs(event.clientY - y));
    this.stage.classList.add("dragging");
    this.stage.scrollTo({ left: left + x - event.clientX, top: top + y - event.clientY, behavior: "instant" });
  }

  #release() {
    this.#from = null;
    this.stage.classList.remove("dragging");
  }
}
