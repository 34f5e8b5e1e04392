// Trucks near piers without a name, cameras and barriers, stations: as features of the map.

// Thin lines from boats in the dark to the piers they may reach, with how probable each is.
export function approachFeatures(lines) {
  return lines.flatMap(({ geometry, properties: { probability } }) => {
    const [from, to] = geometry.coordinates;
    const middle = [0, 1].map((axis) => from[axis] + 0.6 * (to[axis] - from[axis]));
    const properties = {
      chance: probability, strength: 0.35 + 0.65 * probability, label: `${Math.round(probability * 100)}%`,
    };
    return [{ type: "Feature", geometry, properties },
      { type: "Feature", geometry: { type: "Point", coordinates: middle }, properties }];
  });
}

const SEEN_MS = 30 * 60 * 1000; // a sighting is news for so long

export function ashoreFeatures({ trucks, cameras, stations }, words, atMs) {
  const point = (lon, lat, properties) => ({
    type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] },
    properties: { turn: 0, label: "", rank: 0, ...properties },
  });
  return [
    ...cameras.filter(({ kind, at_ms }) => kind === "camera" || at_ms).map(({ lon, lat, kind, id, at_ms, what }) => point(lon, lat, {
      icon: `${kind}-${at_ms && atMs - at_ms < SEEN_MS ? "seen" : "none"}`, kind, id, at_ms, what,
    })),
    ...trucks.map(([lon, lat, course, stands]) => point(lon, lat, {
      icon: "truck", turn: stands ? 0 : course ?? 0, kind: "truck", rank: 1,
    })),
    ...stations.map(({ lon, lat, kind, id, state, at_ms }) => point(lon, lat, {
      icon: state === "silent" ? "station-silent" : `station-${kind}`, kind: `station_${kind}`, id, state, at_ms, rank: 2,
      label: state === "silent" ? `${id} ${words.feed_state.silent}` : "",
    })),
  ];
}
