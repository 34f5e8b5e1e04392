// The map's style: sea, land, piers, tracks, vessels, alerts; nothing from another host.

import { COLOURS } from "./icons.js";

// Without a `glyphs` address MapLibre draws every letter itself, in these fonts of the system.
const FONT = ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const collection = (features = []) => ({ type: "FeatureCollection", features });
const source = () => ({ type: "geojson", data: collection() });
const grows = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];

// How often a station heard something in a cell: the steps of the page's own legend (feeds.css).
const HEARD = ["step", ["get", "heard"], "#24506f", 10, "#3a7fa8", 100, "#6fb4d8", 1000, "#cfeaf7"];

// Numbers of radar targets tell nobody anything until the map is near.
const NAMED = ["step", ["zoom"], ["match", ["get", "sensor"], "radar", "", ["get", "name"]], 13, ["get", "name"]];

// Where a township's name may stand when piers take its place: ever farther to either side.
const BESIDE = ["center", [0, 0], "right", [-1, 0], "left", [1, 0], "right", [-2.4, 0], "left", [2.4, 0],
  "bottom", [0, -1.2], "top", [0, 1.2], "bottom", [0, -2.4], "top", [0, 2.4]];

function label(scale, size, colour) {
  return {
    layout: { "text-font": FONT, "text-size": size * scale, "text-max-width": 12 },
    paint: { "text-color": colour, "text-halo-color": COLOURS.halo, "text-halo-width": 1.4 * scale },
  };
}

// Signs that lie where they lie, turned with their course.
function marks(sizes) {
  return {
    "icon-image": ["get", "icon"], "icon-rotate": ["get", "turn"], "icon-rotation-alignment": "map",
    "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": sizes(0.5, 0.66, 0.95),
    "symbol-sort-key": ["get", "rank"],
  };
}

// Who heard a vessel, by the line: AIS solid, BeiDou dash-dot, radar dotted, nobody dashed.
function trackLayers(scale) {
  const line = (id, filter, dashes, width, cap) => ({
    id, type: "line", source: "track", filter, layout: { "line-join": "round", "line-cap": cap },
    paint: { "line-color": COLOURS.track, "line-width": width * scale, "line-opacity": 0.9,
      ...(dashes ? { "line-dasharray": dashes } : {}) },
  });
  const heard = ["==", ["get", "silent"], false];
  const by = (sensor) => ["all", heard, ["==", ["get", "sensor"], sensor]];
  return [
    line("track-silent", ["==", ["get", "silent"], true], [4, 4], 1.4, "butt"),
    line("track-radar", by("radar"), [0, 2], 2.4, "round"),
    line("track-beidou", by("beidou"), [5, 2, 1, 2], 2, "butt"),
    line("track", ["all", heard, ["!", ["in", ["get", "sensor"], ["literal", ["radar", "beidou"]]]]], null, 2, "round"),
  ];
}

function basemapParts(basemap) {
  if (!basemap) return [{}, []];
  return [
    { basemap: { type: "raster", tiles: [basemap.tiles], tileSize: 256 } },
    [{ id: "basemap", type: "raster", source: "basemap", paint: { "raster-opacity": 0.55 } }],
  ];
}

export function mapStyle(scale, basemap) {
  const [extraSources, extraLayers] = basemapParts(basemap);
  const townships = label(scale, 15, COLOURS.faint);
  const piers = label(scale, 12, COLOURS.faint);
  const vessels = label(scale, 12, COLOURS.ink);
  const stations = label(scale, 12, COLOURS.idle);
  const alerts = label(scale, 13, COLOURS.alert);
  const chances = label(scale, 12, COLOURS.radar);
  const sizes = (far, middle, near) => grows(8, far * scale, 11, middle * scale, 14, near * scale);
  return {
    version: 8,
    sources: {
      coast: source(), piers: source(), townships: source(), track: source(), chain: source(),
      uncertainty: source(), approaches: source(), vessels: source(), alerts: source(), ashore: source(),
      reception: source(), ...extraSources,
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": COLOURS.sea } },
      { id: "land", type: "fill", source: "coast", paint: { "fill-color": COLOURS.land } },
      { id: "shore", type: "line", source: "coast",
        paint: { "line-color": COLOURS.shore, "line-width": grows(8, 0.6 * scale, 13, 1.4 * scale) } },
      ...extraLayers,
      { id: "reception", type: "fill", source: "reception",
        paint: { "fill-color": HEARD, "fill-opacity": 0.72, "fill-outline-color": COLOURS.sea } },
      { id: "pier-areas", type: "fill", source: "piers", minzoom: 12,
        paint: { "fill-color": COLOURS.faint, "fill-opacity": 0.35 } },
      { id: "uncertainty", type: "fill", source: "uncertainty",
        paint: { "fill-color": COLOURS.ink, "fill-opacity": ["match", ["get", "sigmas"], 1, 0.1, 0.05] } },
      { id: "uncertainty-edge", type: "line", source: "uncertainty",
        paint: { "line-color": COLOURS.ink, "line-width": scale, "line-opacity": ["match", ["get", "sigmas"], 1, 0.8, 0.4] } },
      ...trackLayers(scale),
      { id: "approaches", type: "line", source: "approaches", filter: ["==", ["geometry-type"], "LineString"],
        paint: { "line-color": COLOURS.radar, "line-width": scale, "line-opacity": ["get", "strength"] } },
      { id: "chain", type: "line", source: "chain", filter: ["==", ["geometry-type"], "LineString"],
        paint: { "line-color": COLOURS.alert, "line-width": 1.6 * scale,
          "line-opacity": ["+", 0.35, ["*", 0.6, ["coalesce", ["get", "probability"], 0]]] } },
      { id: "chain-ends", type: "circle", source: "chain",
        filter: ["all", ["==", ["geometry-type"], "Point"], [">", ["get", "node"], 0]],
        paint: { "circle-radius": 3.2 * scale, "circle-color": COLOURS.alert,
          "circle-stroke-color": COLOURS.halo, "circle-stroke-width": scale } },
      { id: "townships", type: "symbol", source: "townships", maxzoom: 11.6,
        layout: { ...townships.layout, "text-field": ["get", "name"], "text-letter-spacing": 0.12,
          "text-variable-anchor-offset": BESIDE },
        paint: { ...townships.paint, "text-opacity": 0.85 } },
      { id: "piers", type: "symbol", source: "piers", filter: ["has", "status"],
        layout: {
          "icon-image": ["concat", "pier-", ["get", "status"]], "icon-allow-overlap": true, "icon-padding": 0,
          "icon-size": sizes(0.34, 0.55, 0.9),
          "symbol-sort-key": ["match", ["get", "status"], "idle", 3, "low", 2, "unknown", 1, 0],
        } },
      { id: "pier-names", type: "symbol", source: "piers", minzoom: 11.6,
        layout: { ...piers.layout, "text-field": ["get", "name"], "text-anchor": "top",
          "text-offset": [0, 0.7], "text-optional": true },
        paint: piers.paint },
      // Cameras and bars stand beside their pier's sign, and only where there is room for them.
      { id: "cameras", type: "symbol", source: "ashore", minzoom: 11.6, filter: ["in", ["get", "kind"], ["literal", ["camera", "barrier"]]],
        layout: { ...marks(sizes), "icon-offset": ["match", ["get", "kind"], "camera", ["literal", [20, -6]], ["literal", [-20, -6]]] } },
      { id: "trucks", type: "symbol", source: "ashore", filter: ["==", ["get", "kind"], "truck"], layout: marks(sizes) },
      { id: "vessels", type: "symbol", source: "vessels",
        layout: {
          "icon-image": ["get", "icon"], "icon-rotate": ["get", "turn"],
          "icon-rotation-alignment": "map", "icon-allow-overlap": true, "icon-ignore-placement": true,
          "icon-size": sizes(0.5, 0.72, 1),
        } },
      { id: "vessel-names", type: "symbol", source: "vessels", minzoom: 10.4,
        layout: { ...vessels.layout, "text-field": NAMED, "text-anchor": "left",
          "text-offset": [1.45, 0], "symbol-sort-key": ["match", ["get", "sensor"], "dark", 0, "radar", 2, 1] },
        paint: { ...vessels.paint, "text-opacity": 0.9 } },
      { id: "approach-chances", type: "symbol", source: "approaches", filter: ["==", ["geometry-type"], "Point"],
        layout: { ...chances.layout, "text-field": ["get", "label"], "text-anchor": "center",
          "text-allow-overlap": ["step", ["zoom"], false, 11, true], "symbol-sort-key": ["-", 0, ["get", "chance"]] },
        paint: chances.paint },
      { id: "stations", type: "symbol", source: "ashore", filter: ["in", ["get", "kind"], ["literal", ["station_ais", "station_radar"]]],
        layout: { ...marks(sizes), ...stations.layout, "text-field": ["get", "label"], "text-anchor": "bottom",
          "text-offset": [0, -0.9], "text-allow-overlap": true },
        paint: stations.paint },
      { id: "alerts", type: "symbol", source: "alerts",
        layout: {
          "icon-image": ["concat", "alert-", ["get", "level"]], "icon-allow-overlap": true,
          "icon-ignore-placement": true, "icon-size": sizes(0.8, 1, 1.25),
          "symbol-sort-key": ["get", "rank"],
        },
        paint: { "icon-opacity": ["case", ["get", "chosen"], 1, 0.85] } },
      { id: "alert-names", type: "symbol", source: "alerts",
        layout: { ...alerts.layout, "text-field": ["get", "label"], "text-anchor": "bottom",
          "text-offset": [0, -1.2], "symbol-sort-key": ["-", 0, ["get", "rank"]] },
        paint: { ...alerts.paint, "text-color": ["match", ["get", "level"], "sos", COLOURS.sos, COLOURS.alert] } },
    ],
  };
}

export { collection };
