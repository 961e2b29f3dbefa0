/** An invented city: organic districts and streets whose shared edges agree to the last vertex. */

const CENTRE = [118.4, 36.6];
const HALF = { lon: 0.62, lat: 0.46 };
const CELLS = { across: 13, down: 10 };

export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Keep the part of *ring* nearer to *own* than to *other*. */
function clip(ring, own, other) {
  const middle = [(own[0] + other[0]) / 2, (own[1] + other[1]) / 2];
  const normal = [other[0] - own[0], other[1] - own[1]];
  const side = ([x, y]) => (x - middle[0]) * normal[0] + (y - middle[1]) * normal[1];
  const kept = [];
  ring.forEach((point, index) => {
    const next = ring[(index + 1) % ring.length];
    const [here, there] = [side(point), side(next)];
    if (here <= 0) kept.push(point);
    if (here < 0 !== there < 0) {
      const share = here / (here - there);
      kept.push([point[0] + (next[0] - point[0]) * share, point[1] + (next[1] - point[1]) * share]);
    }
  });
  return kept;
}

const key = ([x, y]) => `${x.toFixed(4)},${y.toFixed(4)}`;

function hash(text) {
  let value = 2166136261;
  for (const letter of text) value = Math.imul(value ^ letter.charCodeAt(0), 16777619);
  return value >>> 0;
}

/** A jagged line between two points, the same from both sides. */
function jagged(from, to) {
  const forward = key(from) < key(to);
  const [a, b] = forward ? [from, to] : [to, from];
  const roll = dice(hash(key(a) + key(b)));
  let line = [a, b];
  for (let round = 0; round < 4; round += 1) {
    const finer = [line[0]];
    for (let index = 1; index < line.length; index += 1) {
      const [p, q] = [line[index - 1], line[index]];
      const shift = (roll() - 0.5) * 0.3;
      finer.push([(p[0] + q[0]) / 2 - (q[1] - p[1]) * shift, (p[1] + q[1]) / 2 + (q[0] - p[0]) * shift], q);
    }
    line = finer;
  }
  return forward ? line : line.reverse();
}

function seeds() {
  const roll = dice(20261121);
  const all = [];
  for (let row = -1; row <= CELLS.down; row += 1) {
    for (let column = -1; column <= CELLS.across; column += 1) {
      const x = ((column + 0.5 + (roll() - 0.5) * 0.85) / CELLS.across) * 2 - 1;
      const y = ((row + 0.5 + (roll() - 0.5) * 0.85) / CELLS.down) * 2 - 1;
      const wobble = 0.86 + 0.15 * Math.sin(Math.atan2(y, x) * 3 + 0.8) + 0.07 * Math.sin(Math.atan2(y, x) * 7);
      all.push({ at: [x, y], isInside: Math.hypot(x, y) < wobble });
    }
  }
  return all;
}

const toDegrees = ([x, y]) => [
  Number((CENTRE[0] + x * HALF.lon).toFixed(5)),
  Number((CENTRE[1] + y * HALF.lat).toFixed(5)),
];

/** Outer rings of the union of *cells*: the edges only one of them has, chained. */
function union(cells) {
  const edges = new Map();
  for (const ring of cells) {
    ring.forEach((point, index) => {
      const next = ring[(index + 1) % ring.length];
      if (key(point) === key(next)) return;
      const back = `${key(next)}|${key(point)}`;
      if (edges.has(back)) edges.delete(back);
      else edges.set(`${key(point)}|${key(next)}`, [point, next]);
    });
  }
  const from = new Map([...edges.values()].map((edge) => [key(edge[0]), edge]));
  const rings = [];
  while (from.size) {
    const ring = [];
    let edge = from.values().next().value;
    while (edge) {
      from.delete(key(edge[0]));
      ring.push(...jagged(edge[0], edge[1]).slice(0, -1));
      edge = from.get(key(edge[1]));
    }
    if (ring.length > 8) rings.push([...ring, ring[0]].map(toDegrees));
  }
  return rings.sort((one, other) => other.length - one.length);
}

const DISTRICTS = ["云锦区", "临湖区", "东屏区", "南汀区", "砚山区", "北辰新区", "西洲县", "青溪县", "平野市"];
const STREET_FIRST = ["和", "清", "长", "安", "文", "永", "金", "柳", "石", "桥", "泉", "新"];
const STREET_LAST = ["平", "河", "宁", "园", "兴", "塘", "坊", "岭"];

function districtSeeds() {
  const roll = dice(77);
  const middle = { at: [0.06, 0.08], code: "900101", name: DISTRICTS[0] };
  const around = DISTRICTS.slice(1).map((name, index) => {
    const angle = (index / (DISTRICTS.length - 1)) * 2 * Math.PI + roll() * 0.5;
    const far = 0.55 + roll() * 0.22;
    return { at: [Math.cos(angle) * far, Math.sin(angle) * far], code: `9001${String(index + 2).padStart(2, "0")}`, name };
  });
  return [middle, ...around];
}

const middleOf = (ring) => toDegrees(ring.reduce((sum, [x, y]) => [sum[0] + x / ring.length, sum[1] + y / ring.length], [0, 0]));

function streets() {
  const all = seeds();
  const districts = districtSeeds();
  const near = (point, list, weight) =>
    list.reduce((best, each) => {
      const far = Math.hypot(each.at[0] - point[0], each.at[1] - point[1]) * weight(each);
      return far < best.far ? { far, each } : best;
    }, { far: Infinity, each: null }).each;
  let count = 0;
  return all.flatMap((seed) => {
    if (!seed.isInside) return [];
    let ring = [[-2, -2], [2, -2], [2, 2], [-2, 2]];
    for (const other of all) if (other !== seed) ring = clip(ring, seed.at, other.at);
    ring = ring.filter((point, index) => key(point) !== key(ring[(index + 1) % ring.length]));
    const district = near(seed.at, districts, (each) => (each.code === "900101" ? 1.25 : 1));
    const name = `${STREET_FIRST[count % 12]}${STREET_LAST[Math.floor(count / 12) % 8]}街道`;
    count += 1;
    return [{ ring, district, name, code: `${district.code}${String(count).padStart(3, "0")}` }];
  });
}

const cells = streets();

const feature = (rings, properties) => ({
  type: "Feature",
  geometry: rings.length === 1
    ? { type: "Polygon", coordinates: [rings[0]] }
    : { type: "MultiPolygon", coordinates: rings.map((ring) => [ring]) },
  properties,
});

export const centre = CENTRE;

export const districts = districtSeeds().map(({ code, name }) => {
  const own = cells.filter((cell) => cell.district.code === code);
  const middles = own.map((cell) => middleOf(cell.ring));
  const at = middles.reduce((sum, [x, y]) => [sum[0] + x / own.length, sum[1] + y / own.length], [0, 0]);
  return feature(union(own.map((cell) => cell.ring)), { code, name, level: "district", href: `/places/${code}/`, centre: at });
});

export const streetsOf = (district) =>
  cells
    .filter((cell) => cell.district.code === district)
    .map((cell) => feature(union([cell.ring]), {
      code: cell.code,
      name: cell.name,
      level: "street",
      href: `/places/${cell.code}/`,
      centre: middleOf(cell.ring),
    }));

/** Points thick in the middle and thin outside, each in a known district. */
export function scatter(count, seed) {
  const roll = dice(seed);
  const points = [];
  while (points.length < count) {
    const angle = roll() * 2 * Math.PI;
    const far = roll() ** 1.6 * 0.95;
    const at = [0.06 + Math.cos(angle) * far, 0.06 + Math.sin(angle) * far * 0.9];
    const cell = cells.find(({ ring }) => inside(at, ring));
    if (cell) points.push({ at: toDegrees(at), place: cell.district.code, street: cell.code, districtName: cell.district.name, streetName: cell.name });
  }
  return points;
}

function inside([x, y], ring) {
  let is = false;
  ring.forEach(([ax, ay], index) => {
    const [bx, by] = ring[(index + 1) % ring.length];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) is = !is;
  });
  return is;
}
