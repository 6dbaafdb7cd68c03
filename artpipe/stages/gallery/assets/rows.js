// Breaks pictures into rows of one width whose heights are as near to the wanted one as can be.
// ratios: width / height of each. Returns [first, one after the last, height] of each row.
function artpipeRows(ratios, width, gap, wanted) {
  "use strict";
  const count = ratios.length, before = [0], cost = [0], heights = [0];
  for (let end = 1; end <= count; end++) {
    cost[end] = Infinity;
    for (let first = end - 1, sum = 0, height = Infinity; first >= 0 && height > wanted / 3; first--) {
      sum += ratios[first];
      height = Math.max(1, (width - gap * (end - first - 1)) / sum);
      let open = 0;
      if (end === count && height > wanted) {
        // The last row may stay open, but not for a single picture where others could join it.
        height = wanted;
        open = 0.5 * (1 - (sum * height + gap * (end - first - 1)) / width);
      }
      const here = cost[first] + Math.pow(Math.log(height / wanted), 2) + open;
      if (here < cost[end]) {
        cost[end] = here;
        before[end] = first;
        heights[end] = height;
      }
    }
  }
  const rows = [];
  for (let end = count; end > 0; end = before[end]) rows.push([before[end], end, heights[end]]);
  return rows.reverse();
}
