// The map: made once; its sources are filled again and again, never made again.

import { addSigns } from "./icons.js";
import { collection, mapStyle } from "./style.js";

const CHINA_EAST = [[120.9, 28.6], [122.6, 29.9]]; // shown only until there is something to show
const NEAR_ZOOM = 12.5;
const CLICKED = ["alerts", "vessels", "stations", "cameras", "trucks", "piers"]; // layers, what lies above first

export class Chart {
  // still: no animation; scale: the page's font size against 16 px; on: { alert(id), vessel(row, lngLat) }
  constructor(container, { still, scale, basemap, on }) {
    this.still = still;
    this.scale = scale;
    this.moved = false;
    this.map = new maplibregl.Map({
      container, style: mapStyle(scale, basemap), bounds: CHINA_EAST, attributionControl: false,
      maplibreLogo: false, fadeDuration: still ? 0 : 150, dragRotate: false, pitchWithRotate: false,
      touchPitch: false, renderWorldCopies: false, minZoom: 2, maxZoom: 18, localIdeographFontFamily: false,
      pixelRatio: window.devicePixelRatio,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new maplibregl.ScaleControl({ maxWidth: 110 * scale, unit: "nautical" }), "bottom-left");
    this.ready = new Promise((resolve) => this.map.on("load", resolve));
    this.map.on("style.load", () => addSigns(this.map, Math.max(2, window.devicePixelRatio) * scale));
    for (const event of ["dragstart", "wheel", "dblclick"]) this.map.on(event, () => { this.moved = true; });
    this.map.on("idle", () => { container.dataset.drawn = "all"; });
    this.listen(on);
  }

  listen(on) {
    const map = this.map;
    map.on("click", (event) => {
      const [x, y] = [event.point.x, event.point.y];
      const near = [[x - 6, y - 6], [x + 6, y + 6]];
      const hit = map.queryRenderedFeatures(near, { layers: CLICKED });
      const found = CLICKED.map((id) => hit.find((f) => f.layer.id === id)).find(Boolean);
      if (!found) on.nothing();
      else if (found.layer.id === "alerts") on.alert(found.properties.alert_id);
      else if (found.layer.id === "vessels") on.vessel(found.properties.row);
      else if (found.layer.id === "piers") on.pier(found.properties, event.lngLat);
      else on.ashore(found.properties, event.lngLat);
    });
    for (const layer of CLICKED) {
      map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
    }
  }

  async fill(name, features) {
    this.map.getContainer().dataset.drawn = "";
    await this.ready;
    this.map.getSource(name).setData(collection(features));
  }

  // Show everything: the piers, or where there are none the bulk of the vessels.
  fit(points, again = false) {
    if (!points.length || (this.moved && !again)) return;
    const bounds = extent(points);
    this.map.fitBounds(bounds, { padding: this.padding(), animate: !this.still && again, maxZoom: 13 });
  }

  padding() {
    const { clientWidth: w, clientHeight: h } = this.map.getContainer();
    return Math.round(Math.min(w, h) * 0.07);
  }

  goTo(lngLat) {
    this.moved = true;
    const zoom = Math.max(this.map.getZoom(), NEAR_ZOOM + Math.log2(this.scale));
    if (this.still) this.map.jumpTo({ center: lngLat, zoom });
    else this.map.flyTo({ center: lngLat, zoom, duration: 1200, essential: false });
  }

  zoomBy(steps) {
    this.moved = true;
    this.map.zoomTo(this.map.getZoom() + steps, { animate: !this.still });
  }
}

// [[west, south], [east, north]] of points; of many points without the outermost hundredth.
export function extent(points) {
  const cut = points.length > 50 ? Math.floor(points.length / 100) : 0;
  const range = (axis) => {
    const values = points.map((p) => p[axis]).sort((a, b) => a - b);
    return [values[cut], values[values.length - 1 - cut]];
  };
  const [[west, east], [south, north]] = [range(0), range(1)];
  const least = 0.02;
  const grow = (low, high) => (high - low < least ? [(low + high - least) / 2, (low + high + least) / 2] : [low, high]);
  const [[w, e], [s, n]] = [grow(west, east), grow(south, north)];
  return [[w, s], [e, n]];
}
