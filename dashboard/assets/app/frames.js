// Reads the binary frames of dashboard/frames.py: the same layout, the same numbers.

const MAGIC = 0x31465750; // "PWF1", little-endian
const HEADER = 24;
const NONE = 65535;
export const CLASSES = ["other", "fishing", "cargo", "tanker", "passenger", "service", "leisure"];
export const SENSORS = ["ais", "beidou", "radar", "other", "dark"];

const WIRE = [
  ["lon", Int32Array], ["lat", Int32Array], ["row", Uint16Array], ["course", Uint16Array],
  ["heading", Uint16Array], ["speed", Uint16Array], ["age", Uint16Array], ["flags", Uint8Array],
];

// { run, all, atMs, count, lon, lat, row, ... } of an ArrayBuffer; throws on anything else.
export function unpacked(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC || view.getUint16(4, true) !== 1) {
    throw new Error("no frame of version 1");
  }
  const count = view.getUint32(12, true);
  const frame = {
    all: view.getUint16(6, true) === 1, run: view.getUint32(8, true), count,
    atMs: view.getFloat64(16, true),
  };
  let at = HEADER;
  for (const [name, kind] of WIRE) {
    frame[name] = new kind(buffer, at, count);
    at += count * kind.BYTES_PER_ELEMENT;
  }
  return frame;
}

const number = (value, perUnit) => (value === NONE ? null : value / perUnit);

// The vessels of the picture, by row; holds what the frames said last.
export class Vessels {
  constructor() { this.names = new Map(); this.clear(); }

  clear() { this.seen = new Map(); this.run = 0; this.atMs = 0; }

  name(rows) {
    for (const [row, target, name, lengthM] of rows) this.names.set(row, { target, name, lengthM });
  }

  take(frame) {
    if (frame.all) this.seen.clear();
    this.run = frame.run;
    this.atMs = frame.atMs;
    for (let i = 0; i < frame.count; i++) {
      this.seen.set(frame.row[i], {
        lon: frame.lon[i] / 1e7, lat: frame.lat[i] / 1e7,
        course: number(frame.course[i], 10), heading: number(frame.heading[i], 10),
        speed: number(frame.speed[i], 10),
        seenMs: frame.age[i] === NONE ? null : frame.atMs - frame.age[i] * 1000,
        kind: CLASSES[frame.flags[i] & 15] ?? "other", sensor: SENSORS[frame.flags[i] >> 4] ?? "other",
      });
    }
  }

  ageS(vessel) { return vessel.seenMs === null ? NONE : Math.max(0, (this.atMs - vessel.seenMs) / 1000); }

  // Gone silent: ten minutes under way, half an hour when lying still. An echo has no voice to lose.
  silent(vessel) {
    if (vessel.sensor === "radar" || vessel.sensor === "dark") return false;
    return this.ageS(vessel) > ((vessel.speed ?? 0) > 0.5 ? 600 : 1800);
  }

  find(target) {
    for (const [row, vessel] of this.seen) {
      if (this.names.get(row)?.target === target) return { ...vessel, ...this.names.get(row), row };
    }
    return null;
  }

  features() {
    const features = [];
    for (const [row, v] of this.seen) {
      const named = this.names.get(row) ?? { target: "", name: "" };
      const turned = v.heading ?? v.course;
      const moving = (v.speed ?? 0) > 0.5 && turned !== null;
      features.push({
        type: "Feature", id: row,
        geometry: { type: "Point", coordinates: [v.lon, v.lat] },
        properties: {
          row, sensor: v.sensor, target: named.target, name: named.name || shortTarget(named.target),
          icon: vesselIcon(v, moving, this.silent(v)),
          turn: moving ? (v.speed > 1 && v.course !== null ? v.course : turned) : 0,
        },
      });
    }
    return features;
  }
}

// AIS says what class a vessel is; BeiDou, radar and whom only radar still sees have their own signs.
function vesselIcon({ sensor, kind }, moving, silent) {
  const how = moving ? "under-way" : "still";
  if (sensor === "radar" || sensor === "dark") return `${sensor}-${how}`;
  if (sensor === "beidou") return `beidou-${silent ? "silent" : how}`;
  return `${how}-${silent ? "silent" : kind}`;
}

// "mmsi:412345678" -> "412345678", "radar:R1:17" -> "R1:17"
export const shortTarget = (target) => target.slice(target.indexOf(":") + 1);
