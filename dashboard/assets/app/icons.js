// Every sign on the map, drawn on a canvas: shape says what, colour only repeats it.

export const COLOURS = {
  sea: "#09151e", land: "#1b2a34", shore: "#3a5366", ink: "#e6edf1", faint: "#8fa3b0",
  alert: "#ff6f59", halo: "#0a141c", track: "#ffb4a6",
  idle: "#f2c14e", low: "#86b9ea", active: "#58b8a0", unknown: "#93a3ae",
  other: "#ccd8df", fishing: "#9fdccb", service: "#7db4ff",
  beidou: "#e5c6ff", radar: "#ffd9a0", truck: "#f0a35e", camera: "#c8e07a", station: "#b9c9d4", sos: "#ff4fa3",
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
const STILL_HULL = [[0, -7], [6, -2], [6, 8], [-6, 8], [-6, -2]];
const DIAMOND = [[0, -7.5], [7.5, 0], [0, 7.5], [-7.5, 0]];
const TRIANGLE = [[0, -7], [7, 5.5], [-7, 5.5]];
const SQUARE = [[-5, -5], [5, -5], [5, 5], [-5, 5]];

const KITE = [[0, -12], [6.5, 8], [0, 4], [-6.5, 8]];
const STILL_KITE = [[0, -6], [6, 0], [3.6, 6.4], [-3.6, 6.4], [-6, 0]];

// A line beneath in the halo's colour, so that it stands out from land and sea.
function stroke(pen, colour, width, draw) {
  for (const [ink, wide] of [[COLOURS.halo, width + 2], [colour, width]]) {
    pen.beginPath();
    draw();
    pen.lineWidth = wide;
    pen.strokeStyle = ink;
    pen.stroke();
  }
}

// A radar target as plotters draw it: a ring, with its course as a line.
function echo(pen, colour, moving) {
  if (moving) stroke(pen, colour, 1.8, () => { pen.moveTo(0, -4); pen.lineTo(0, -13); });
  disc(pen, 4.6, colour, true);
  if (moving) return;
  pen.beginPath();
  pen.arc(0, 0, 1.5, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
}

// A known vessel whose own signal is silent while a radar sees it: a hollow hull round an echo.
function dark(pen, hull) {
  shape(pen, hull, COLOURS.alert, true);
  pen.beginPath();
  pen.arc(0, 2, 2.4, 0, 2 * Math.PI);
  pen.fillStyle = COLOURS.radar;
  pen.fill();
}

// A lorry from above: load and cab.
function lorry(pen, colour) {
  shape(pen, [[-3.6, -4], [3.6, -4], [3.6, 8], [-3.6, 8]], colour, false);
  shape(pen, [[-3.6, -9], [3.6, -9], [3.6, -5.4], [-3.6, -5.4]], colour, false);
}

function lens(pen, colour, hollow) {
  shape(pen, [[-8, -5], [3, -5], [3, -2], [8, -5], [8, 5], [3, 2], [3, 5], [-8, 5]], colour, hollow);
}

function bar(pen, colour) {
  stroke(pen, colour, 2.2, () => { pen.moveTo(-7, 7); pen.lineTo(-7, -6); pen.lineTo(8, -6); pen.moveTo(4, -6); pen.lineTo(4, -1); });
}

// A mast with its waves: one for AIS, two for radar.
function mast(pen, colour, waves) {
  stroke(pen, colour, 2, () => { pen.moveTo(-4.5, 9); pen.lineTo(0, -3); pen.lineTo(4.5, 9); pen.moveTo(-2.6, 4); pen.lineTo(2.6, 4); });
  for (let i = 1; i <= waves; i++) {
    for (const [from, to] of [[-0.7, 0.7], [Math.PI - 0.7, Math.PI + 0.7]]) {
      stroke(pen, colour, 1.7, () => pen.arc(0, -4, 2.4 + 3.2 * i, from, to));
    }
  }
}

function cross(pen, colour) {
  stroke(pen, colour, 2, () => { pen.moveTo(4, 4); pen.lineTo(11, 11); pen.moveTo(11, 4); pen.lineTo(4, 11); });
}

// A piece of a line as the map draws it.
function piece(pen, colour, dashes, width, cap) {
  pen.beginPath();
  pen.moveTo(-13, 0);
  pen.lineTo(13, 0);
  pen.lineCap = cap;
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.setLineDash(dashes);
  pen.stroke();
}

// A lifebuoy: somebody calls for help.
function distress(pen) {
  pen.beginPath();
  pen.arc(0, 0, 10, 0, 2 * Math.PI);
  pen.lineWidth = 9;
  pen.strokeStyle = COLOURS.halo;
  pen.stroke();
  for (let i = 0; i < 8; i++) {
    pen.beginPath();
    pen.arc(0, 0, 10, (i - 0.5) * Math.PI / 4, (i + 0.5) * Math.PI / 4);
    pen.lineWidth = 6.5;
    pen.strokeStyle = i % 2 ? COLOURS.ink : COLOURS.sos;
    pen.stroke();
  }
}

// name -> function that draws it round the origin of a 32 × 32 field.
export function signs() {
  const all = {
    "under-way-silent": (p) => shape(p, HULL, COLOURS.other, true),
    "still-silent": (p) => disc(p, 5, COLOURS.other, true),
    "pier-idle": (p) => shape(p, DIAMOND, COLOURS.idle, false),
    "pier-low": (p) => shape(p, TRIANGLE, COLOURS.low, false),
    "pier-active": (p) => disc(p, 5.4, COLOURS.active, false),
    "pier-unknown": (p) => shape(p, SQUARE, COLOURS.unknown, true),
    "beidou-under-way": (p) => shape(p, KITE, COLOURS.beidou, false),
    "beidou-still": (p) => shape(p, STILL_KITE, COLOURS.beidou, false),
    "beidou-silent": (p) => shape(p, STILL_KITE, COLOURS.beidou, true),
    "radar-under-way": (p) => echo(p, COLOURS.radar, true),
    "radar-still": (p) => echo(p, COLOURS.radar, false),
    "dark-under-way": (p) => dark(p, HULL),
    "dark-still": (p) => dark(p, STILL_HULL),
    "truck": (p) => lorry(p, COLOURS.truck),
    "camera-seen": (p) => lens(p, COLOURS.camera, false),
    "camera-none": (p) => lens(p, COLOURS.faint, true),
    "barrier-seen": (p) => bar(p, COLOURS.camera),
    "barrier-none": (p) => bar(p, COLOURS.faint),
    "station-ais": (p) => mast(p, COLOURS.station, 1),
    "station-radar": (p) => mast(p, COLOURS.station, 2),
    "station-silent": (p) => { mast(p, COLOURS.idle, 1); cross(p, COLOURS.idle); },
    "line-ais": (p) => piece(p, COLOURS.track, [], 2.6, "round"),
    "line-beidou": (p) => piece(p, COLOURS.track, [9, 3.5, 2, 3.5], 2.6, "butt"),
    "line-radar": (p) => piece(p, COLOURS.track, [0, 5], 3.2, "round"),
    "line-silent": (p) => piece(p, COLOURS.track, [6, 4], 1.8, "butt"),
    "line-approach": (p) => piece(p, COLOURS.radar, [], 1.3, "butt"),
    "line-chain": (p) => piece(p, COLOURS.alert, [], 1.6, "butt"),
    "alert-sos": (p) => distress(p),
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
