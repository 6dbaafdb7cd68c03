// Draws a BlurHash. The format: https://github.com/woltapp/blurhash/blob/master/Algorithm.md
function artpipeBlurHash(hash, canvas) {
  "use strict";
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
  const number = (from, to) => {
    let value = 0;
    for (; from < to; from++) value = value * 83 + digits.indexOf(hash[from]);
    return value;
  };
  // sRGB (IEC 61966-2-1) to light and back
  const light = (level) => (level <= 10.31475 ? level / 3294.6 : Math.pow((level / 255 + 0.055) / 1.055, 2.4));
  const level = (light) => 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * Math.pow(light, 1 / 2.4) - 0.055);
  const size = number(0, 1), across = (size % 9) + 1, down = Math.floor(size / 9) + 1;
  if (hash.length !== 4 + 2 * across * down) return false;
  const greatest = (number(1, 2) + 1) / 166, average = number(2, 6);
  // How strong each wave is in red, green and blue; the first is the average.
  const waves = [[average >> 16, (average >> 8) & 255, average & 255].map(light)];
  for (let i = 1; i < across * down; i++) {
    const value = number(4 + 2 * i, 6 + 2 * i);
    waves.push([Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19].map((digit) => {
      const ratio = (digit - 9) / 9;
      return Math.abs(ratio) * ratio * greatest;
    }));
  }
  const context = canvas.getContext("2d"), width = canvas.width, height = canvas.height;
  const pixels = context.createImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    const x = (Math.PI * (at % width)) / width, y = (Math.PI * Math.floor(at / width)) / height, sums = [0, 0, 0];
    waves.forEach((wave, i) => {
      const share = Math.cos(x * (i % across)) * Math.cos(y * Math.floor(i / across));
      for (let channel = 0; channel < 3; channel++) sums[channel] += wave[channel] * share;
    });
    sums.forEach((sum, channel) => {
      pixels.data[4 * at + channel] = level(Math.max(0, sum));
    });
    pixels.data[4 * at + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return true;
}
