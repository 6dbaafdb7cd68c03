// Draws a grid of 20x20 colours, written as rrggbb one after the other, row by row.
function artpipeColourGrid(grid, canvas) {
  "use strict";
  if (!/^[0-9a-f]{2400}$/i.test(grid)) return false;
  canvas.width = canvas.height = 20;
  const context = canvas.getContext("2d"), pixels = context.createImageData(20, 20);
  for (let i = 0; i < 400; i++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels.data[4 * i + channel] = parseInt(grid.substr(6 * i + 2 * channel, 2), 16);
    }
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return true;
}
