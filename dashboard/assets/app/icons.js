// Every sign on the map, drawn on a canvas: shape says what, colour only repeats it.

export const COLOURS = {
  sea: "#09151e", land: "#1b2a34", shore: "#3a5366", ink: "#e6edf1", faint: "#8fa3b0",
  alert: "#ff6f59", halo: "#0a141c", track: "#ffb4a6",
  idle: "#f2c14e", low: "#86b9ea", active: "#58b8a0", unknown: "#93a3ae",
  other: "#ccd8df", fishing: "#9fdccb", service: "#7db4ff",
};
const VESSEL_KINDS = ["other", "fishing", "cargo", "tanker", "passenger", "service", "leisure"];
const SIZE = 32;

function canvas(scale, draw) {
  const size = Math.round(SIZE * scale);
  const element = new OffscreenCanvas(size, size);
  const pen = element.getContext("2d");
  pen.scale(scale, scale);
  pen.translate(SIZE / 2, SIZE / 2);
  pen.lineJoin = "round";
  draw(pen);
  return pen.getImageData(0, 0, size, size);
}

function shape(pen, points, colour, hollow) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
  paint(pen, colour, hollow);
}

function disc(pen, radius, colour, hollow) {
  pen.beginPath();
  pen.arc(0, 0, radius, 0, 2 * Math.PI);
  paint(pen, colour, hollow);
}

function paint(pen, colour, hollow) {
  pen.lineWidth = 3.4;
  pen.strokeStyle = COLOURS.halo;
  pen.stroke();
  pen.lineWidth = 1.8;
  pen.strokeStyle = colour;
  pen.fillStyle = hollow ? COLOURS.halo : colour;
  pen.fill();
  if (hollow) pen.stroke();
}

const HULL = [[0, -11], [5.5, -3], [5.5, 9], [-5.5, 9], [-5.5, -3]];
const DIAMOND = [[0, -7.5], [7.5, 0], [0, 7.5], [-7.5, 0]];
const TRIANGLE = [[0, -7], [7, 5.5], [-7, 5.5]];
const SQUARE = [[-5, -5], [5, -5], [5, 5], [-5, 5]];

// name -> function that draws it round the origin of a 32 × 32 field.
export function signs() {
  const all = {
    "under-way-silent": (p) => shape(p, HULL, COLOURS.other, true),
    "still-silent": (p) => disc(p, 5, COLOURS.other, true),
    "pier-idle": (p) => shape(p, DIAMOND, COLOURS.idle, false),
    "pier-low": (p) => shape(p, TRIANGLE, COLOURS.low, false),
    "pier-active": (p) => disc(p, 5.4, COLOURS.active, false),
    "pier-unknown": (p) => shape(p, SQUARE, COLOURS.unknown, true),
    "alert-watch": (p) => ring(p, [[12, 2.2]]),
    "alert-verify": (p) => ring(p, [[14, 2.6], [9.5, 1.6]]),
  };
  for (const kind of VESSEL_KINDS) {
    const colour = COLOURS[kind] ?? COLOURS.other;
    all[`under-way-${kind}`] = (p) => shape(p, HULL, colour, false);
    all[`still-${kind}`] = (p) => disc(p, 4.4, colour, false);
  }
  return all;
}

function ring(pen, circles) {
  for (const [radius, width] of circles) {
    pen.beginPath();
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.lineWidth = width + 1.6;
    pen.strokeStyle = COLOURS.halo;
    pen.stroke();
    pen.lineWidth = width;
    pen.strokeStyle = COLOURS.alert;
    pen.stroke();
  }
}

export function addSigns(map, pixelRatio) {
  for (const [name, draw] of Object.entries(signs())) {
    if (!map.hasImage(name)) map.addImage(name, canvas(pixelRatio, draw), { pixelRatio });
  }
}

// The legend's own pictures: the same signs, in the page.
export function paintLegend(elements) {
  const ratio = Math.max(2, window.devicePixelRatio) * 2;
  for (const element of elements) {
    const target = document.createElement("canvas");
    target.width = target.height = SIZE * ratio;
    const pen = target.getContext("2d");
    pen.scale(ratio, ratio);
    pen.translate(SIZE / 2, SIZE / 2);
    pen.lineJoin = "round";
    signs()[element.dataset.sign](pen);
    element.replaceChildren(target);
  }
}
