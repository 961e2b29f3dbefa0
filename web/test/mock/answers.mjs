/** Invented answers in the shapes of the server contract. Development and tests only. */
import { centre, dice, districts, scatter, streetsOf } from "./city.mjs";

const HOUR = 3_600_000;
const iso = (ms) => new Date(ms).toISOString();

/** A day's curve that is the same whenever it is asked for. */
function wave(seed, { from, to, step, low, high, rough = 0.08 }) {
  const roll = dice(seed);
  const phase = roll() * 6;
  const points = [];
  let drift = 0;
  for (let at = from; at <= to; at += step) {
    drift = drift * 0.8 + (roll() - 0.5) * rough;
    const day = (at / HOUR + 8) % 24;
    const curve = 0.5 + 0.32 * Math.sin(((day - 9) / 24) * 2 * Math.PI + phase * 0.2) + 0.14 * Math.sin((day / 6) * Math.PI);
    points.push([iso(at), Number((low + (high - low) * Math.min(Math.max(curve + drift, 0), 1)).toFixed(3))]);
  }
  return points;
}

const PANELS = [
  ["vitals", "城市体征", "left", "vitals", 30, ["observation.batch"]],
  ["air", "空气质量", "left", "gauge", 300, ["observation.batch"]],
  ["traffic", "PM₂.₅ 小时浓度", "left", "line", 300, []],
  ["cases", "今日事件", "right", "stages", 30, ["case.opened", "case.closed"]],
  ["warnings", "预警与处置", "right", "feed", 15, ["warning.raised", "warning.closed"]],
  ["hotline", "热线诉求热点", "right", "bars", 120, []],
  ["levels", "预警", "head", "counts", 15, ["warning.raised", "warning.closed"]],
];
const LAYERS = [
  ["cases.heat", "事件热力", "处置", "heat", "severity", 60, ["case.opened"], true],
  ["warnings.open", "预警", "处置", "point", "severity", 15, ["warning.raised", "warning.closed"], true],
  ["sensing.terminals", "感知终端", "感知", "point", "state", 60, [], true],
  ["environment.stations", "空气站点", "感知", "point", "level", 300, [], false],
  ["environment.areas", "分区 AQI", "评价", "area", "level", 300, [], false],
  ["places.density", "诉求密度", "评价", "area", "value", 600, [], false],
];

export const layers = LAYERS.map(([name, title, group, kind, color_by, refresh_seconds, listens, shown]) => ({
  name, title, group, kind, color_by, refresh_seconds, listens, shown,
}));

export const screen = (name) => ({
  name,
  title: "示范市城市大脑",
  subtitle: "城市运行总览",
  simulated: true,
  zone: "Asia/Shanghai",
  centre,
  panels: PANELS.map(([name, title, slot, kind, refresh_seconds, listens]) => ({
    name, title, slot, kind, refresh_seconds, listens, href: slot === "head" ? null : `/panels/${name}/`,
  })),
  layers,
});

const share = (place) => (place ? (place.length > 6 ? 0.06 : 0.22) : 1);

function vitals({ at, place, tick }) {
  const rows = [
    ["online", "在线终端", 98.7, "%", 0.2, "%", "good", [96.8, 99.2]],
    ["hotline", "12345 受理", Math.round(4216 * share(place)) + tick, "件", 6.1, "%", "bad", [80, 260]],
    ["water", "供水压力", 0.34, "MPa", -0.01, "MPa", null, [0.31, 0.37]],
    ["power", "用电负荷", Math.round(5872 * share(place)), "MW", 2.4, "%", null, [4200, 6100]],
    ["bus", "公交准点", 91.3, "%", -1.6, "%", "bad", [88, 96]],
    ["heat", "供热回水温度", 42.8, "℃", 0.4, "℃", "good", [40, 45]],
  ];
  const now = Date.parse(at);
  return {
    items: rows.map(([key, title, value, unit, change, change_unit, trend, [low, high]], index) => ({
      key, title, value, unit, change, change_unit, trend,
      change_basis: "较昨日同时",
      at: key === "heat" ? iso(now - 47 * 60_000) : at,
      stale: key === "heat",
      series: wave(index + 3, { from: now - 24 * HOUR, to: now, step: HOUR / 2, low, high, rough: 0.2 }),
      href: `/indicators/${key}/`,
    })),
  };
}

const gauge = () => ({
  value: 86, level: 2, level_title: "良", primary: "首要污染物 PM₂.₅", max: 500, href: "/environment/",
  bars: [["PM₂.₅", 64, 86], ["PM₁₀", 98, 74], ["NO₂", 31, 16], ["O₃", 42, 14], ["CO", 0.9, 9, "mg/m³"], ["SO₂", 11, 11]].map(
    ([title, value, index, unit = "µg/m³"]) => ({ title, value, unit, index, href: `/environment/${index}/` }),
  ),
});

function line({ at }) {
  const now = Date.parse(at);
  const span = { from: now - 24 * HOUR, to: now, step: HOUR / 2, low: 18, high: 118 };
  const expected = wave(21, { ...span, to: now + 8 * HOUR, rough: 0 });
  return {
    unit: "µg/m³",
    series: [
      { title: "今日", points: wave(21, span) },
      { title: "昨日", points: wave(22, { ...span, rough: 0.05 }), dashed: true },
    ],
    band: expected.map(([when, value], index) => [when, value - 6 - index * 0.18, value + 6 + index * 0.2]),
  };
}

function stages({ at, place, tick }) {
  const hours = 15;
  const now = Date.parse(at);
  const rows = [["上报", 3128], ["立案", 2974], ["派遣", 2951], ["处置", 2640], ["结案", 2518]];
  const counts = Array.from({ length: hours }, (_, hour) => Math.round((96 + hour * 15 + ((hour * 37) % 40)) * share(place)));
  return {
    stages: rows.map(([title, value], index) => ({ title, value: Math.round(value * share(place)) + (index ? 0 : tick), href: `/cases/?stage=${index}` })),
    rate: { title: "按期结案率", value: 96.4, unit: "%" },
    columns: {
      times: counts.map((_, index) => iso(Math.floor(now / HOUR) * HOUR - (hours - 1 - index) * HOUR)),
      counts,
      line: counts.map((count, index) => Math.round(count * (0.78 + index * 0.012))),
      counts_title: "上报",
      line_title: "结案",
    },
  };
}

const WARNINGS = [
  ["red", "燃气相邻空间浓度 5.1 %LEL", "建设路 · 井盖 RQ-0417 · 派：城燃公司 已到场", 1],
  ["orange", "人民路下穿通道积水 27 cm", "防汛二组 途中 4 分钟 · 关联案件 2", 4],
  ["orange", "景区瞬时客流达承载量 82 %", "临湖公园 · 分流方案 B 待确认", 8],
  ["yellow", "PM₂.₅ 小时均值 118 µg/m³ 持续 2 h", "北辰新区 3 站 · 工地扬尘核查中", 22],
  ["yellow", "终端静默 26 台", "南汀网关 GW-12 · 运维工单已派", 35],
  ["blue", "12345「供暖」诉求一小时增长 340 %", "云锦区 · 未诉先办提示", 50],
  ["blue", "公交 17 路准点率低于 80 %", "东屏区 · 调度已加密班次", 64],
];

const feed = ({ at, tick }) => ({
  items: WARNINGS.map(([severity, title, detail, minutes], index) => ({
    id: index === 0 ? `fresh-${tick}` : index, severity, title, detail, at: iso(Date.parse(at) - minutes * 60_000), href: `/warnings/${index}/`,
  })),
});

const bars = ({ place }) => ({
  items: [["供暖问题", 412], ["占道经营", 287], ["施工噪声", 233], ["停车收费", 198], ["小区物业", 161]].map(([title, value]) => ({
    title, value: Math.round(value * share(place)), unit: "件", href: `/cases/?topic=${title}`,
  })),
});

const counts = ({ place, tick }) => ({
  items: [["red", "红色", 1], ["orange", "橙色", 4 + (tick % 2)], ["yellow", "黄色", 17], ["blue", "蓝色", 38]].map(([key, title, value]) => ({
    key, title, value: place ? Math.ceil(value * share(place)) : value, href: `/warnings/?severity=${key}`,
  })),
});

const BODIES = { vitals, air: gauge, traffic: line, cases: stages, warnings: feed, hotline: bars, levels: counts };
const NOTES = { vitals: "较昨日同时", air: "34 个站", traffic: "今日 · 昨日 · 预测区间", hotline: "近 24 小时" };

/** *asked*: {at, place, tick}. */
export const panel = (name, asked) => ({ at: asked.at, quality: "good", note: NOTES[name] ?? null, body: BODIES[name](asked) });

export function timeline(now) {
  const step = 15 * 60_000;
  const to = Math.ceil(now / step) * step;
  const from = to - 24 * HOUR;
  const buckets = [];
  for (let at = from; at < to; at += step) {
    const roll = dice(Math.floor(at / step));
    const busy = 0.4 + 0.6 * Math.max(0, Math.sin((((at / HOUR + 8) % 24) / 24) * Math.PI));
    buckets.push({
      at: iso(at),
      red: roll() < 0.05 ? 1 : 0,
      orange: roll() < 0.22 ? Math.ceil(roll() * 2) : 0,
      yellow: roll() < 0.35 ? Math.ceil(roll() * 2) : 0,
      blue: Math.round(busy * (3 + roll() * 5)),
    });
  }
  return { from: iso(from), to: iso(to), step_minutes: 15, buckets };
}

export function places(level, within) {
  const features = level === "district" && !within ? districts : level === "street" && within ? streetsOf(within) : [];
  return { type: "FeatureCollection", features };
}

const point = ({ at, place, street, districtName, streetName }, properties) => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: at },
  properties: { place, street, name: `${districtName}${streetName}`, ...properties },
});

const TERMINALS = scatter(620, 5).map((where, index) =>
  point(where, {
    id: `t${index}`, code: `T-${String(index).padStart(5, "0")}`, state: index % 23 === 0 ? "offline" : index % 41 === 0 ? "fault" : "online",
    state_title: index % 23 === 0 ? "离线" : index % 41 === 0 ? "故障" : "在线", value: 20 + (index % 60), unit: "µg/m³", at: iso(Date.now() - 90_000), href: `/sensing/terminals/t${index}/`,
  }),
);
const SEVERITY = (index) => (index === 7 ? "red" : index % 9 === 1 ? "orange" : index % 3 === 0 ? "yellow" : "blue");
const OPEN = scatter(60, 9).map((where, index) =>
  point(where, {
    id: `w${index}`, code: `W-${index}`, severity: SEVERITY(index), state: "open", state_title: "处置中", value: 4 + index, unit: "%LEL", at: iso(Date.now() - index * 300_000), href: `/warnings/w${index}/`,
  }),
);
const HEAT = scatter(900, 12).map((where, index) => point(where, { id: `c${index}`, value: (index % 7) / 6 }));
const STATIONS = scatter(34, 31).map((where, index) =>
  point(where, { id: `s${index}`, code: `S-${index}`, level: 1 + (index % 4), value: 40 + index * 4, unit: "AQI", state: "online", at: iso(Date.now()), href: `/environment/s${index}/` }),
);
const areas = (make) => districts.map((each, index) => ({ ...each, properties: { ...each.properties, id: each.properties.code, ...make(index) } }));

const FEATURES = {
  "cases.heat": HEAT,
  "warnings.open": OPEN,
  "sensing.terminals": TERMINALS,
  "environment.stations": STATIONS,
  "environment.areas": areas((index) => ({ level: 1 + (index % 4), value: 42 + index * 13, unit: "AQI" })),
  "places.density": areas((index) => ({ value: 12 + ((index * 31) % 90), unit: "件/万人" })),
};

export function features(layer, { place, at }) {
  const all = FEATURES[layer] ?? [];
  const there = all.filter(({ properties }) => !place || properties.place === place || properties.street === place || properties.code === place);
  const then = at ? there.filter((_, index) => (index * 7919 + Date.parse(at) / 900_000) % 10 < 8) : there;
  return { type: "FeatureCollection", features: then };
}

export function found(query) {
  return [...districts, ...TERMINALS]
    .filter(({ properties }) => `${properties.name}${properties.code}`.includes(query))
    .slice(0, 8)
    .map(({ properties, geometry }) => {
      const [lon, lat] = properties.centre ?? geometry.coordinates;
      return { title: `${properties.name} ${properties.code}`, kind: properties.level ? "区划" : "感知终端", lon, lat, href: properties.href };
    });
}
