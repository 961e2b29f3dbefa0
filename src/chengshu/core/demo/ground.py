"""The ground of an invented city: cells with organic edges, grouped up to districts.

Everything is built from the smallest cells, so neighbours share their edges to the last digit on
every level.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

METRES_PER_DEGREE = 111_320.0
ROUGHNESS = 0.07
"""How far the middle of an edge strays, as a share of the edge's length."""
SPLITS = 3
RELAXATIONS = 2

Points = NDArray[np.float64]
Graph = list[dict[int, float]]


@dataclass(frozen=True)
class Ground:
    """*levels* go from the largest to the smallest; outlines in degrees, CGCS2000."""

    levels: list["Division"]


@dataclass(frozen=True)
class Division:
    """Areas of one level. *parents* index the level above; all 0 at the top."""

    outlines: list[Any]
    parents: list[int]


def invent(
    centre: tuple[float, float], radius: float, counts: Sequence[int], rng: np.random.Generator
) -> Ground:
    """A city around *centre* (degrees), about *radius* metres wide, with *counts* areas per level.

    *counts* are ascending, such as districts, streets, communities, cells. The number of smallest
    areas is only about what was asked.
    """
    cells, graph = _cells(radius, counts[-1], rng)
    groups: list[list[int]] = []
    centres = shapely.get_coordinates(shapely.centroid(cells))
    for count in reversed(counts[:-1]):
        group = _grouped(centres, graph, count)
        groups.append(group)
        centres, graph = _merged(centres, graph, group)
    outlines = [_placed(cells, centre)]
    for group in groups:
        outlines.append(_united(outlines[-1], group))
    outlines.append([shapely.coverage_union_all(outlines[-1])])
    top = [0] * len(outlines[-2])
    parents = [*groups, top, [0]]
    return Ground(
        [Division(o, p) for o, p in zip(reversed(outlines), reversed(parents), strict=True)]
    )


def _cells(radius: float, count: int, rng: np.random.Generator) -> tuple[NDArray[Any], Graph]:
    """Cells in metres around the origin, small in the middle, and who touches whom."""
    seeds = _seeds(radius, count, rng)
    for _ in range(RELAXATIONS):
        seeds = shapely.get_coordinates(shapely.centroid(_voronoi(seeds, radius)))
    polygons = _voronoi(seeds, radius)
    inside = np.hypot(*seeds.T) < _shore(seeds, radius, rng)
    kept = polygons[inside]
    edges = _edges(list(kept))
    graph = _neighbours(len(kept), edges, shapely.get_coordinates(shapely.centroid(kept)))
    largest = sorted(_largest_part(graph))
    roughened = _roughened(kept[largest], rng)
    number = {old: new for new, old in enumerate(largest)}
    return roughened, [
        {number[n]: length for n, length in graph[old].items() if n in number} for old in largest
    ]


def _seeds(radius: float, count: int, rng: np.random.Generator) -> Points:
    """Points over a disk half as wide again, denser towards the middle."""
    total = int(count * 2.1)
    angles = rng.uniform(0, 2 * np.pi, total)
    distances = 1.5 * radius * rng.uniform(0, 1, total) ** 0.62
    return np.column_stack([distances * np.cos(angles), distances * np.sin(angles)])


def _voronoi(seeds: Points, radius: float) -> NDArray[Any]:
    frame = shapely.box(-2 * radius, -2 * radius, 2 * radius, 2 * radius)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=frame, ordered=True)
    clipped = shapely.intersection(shapely.get_parts(cells), frame)
    return np.asarray(shapely.set_precision(clipped, 0.001))


def _shore(seeds: Points, radius: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """How far the city reaches in the direction of each seed."""
    angles = np.arctan2(seeds[:, 1], seeds[:, 0])
    reach = np.ones(len(seeds))
    for wave, height in ((2, 0.14), (3, 0.1), (5, 0.06), (8, 0.04)):
        reach += height * rng.uniform(0.6, 1) * np.sin(wave * angles + rng.uniform(0, 2 * np.pi))
    return reach * radius


Edge = tuple[tuple[float, float], tuple[float, float]]


def _edges(polygons: Sequence[Any]) -> dict[Edge, list[int]]:
    """Each edge, its ends in order, with the one or two polygons it bounds."""
    found: dict[Edge, list[int]] = defaultdict(list)
    for number, polygon in enumerate(polygons):
        for start, end in pairwise(polygon.exterior.coords):
            found[_edge(start, end)].append(number)
    return found


def _edge(start: tuple[float, ...], end: tuple[float, ...]) -> Edge:
    one, other = (start[0], start[1]), (end[0], end[1])
    return (one, other) if one <= other else (other, one)


def _neighbours(count: int, edges: dict[Edge, list[int]], centres: Points) -> Graph:
    graph: Graph = [{} for _ in range(count)]
    for sides in edges.values():
        if len(sides) == 2:
            one, other = sides
            length = float(np.hypot(*(centres[one] - centres[other])))
            graph[one][other] = graph[other][one] = length
    return graph


def _largest_part(graph: Graph) -> set[int]:
    left, best = set(range(len(graph))), set[int]()
    while left:
        part, waiting = set[int](), [min(left)]
        while waiting:
            node = waiting.pop()
            if node not in part:
                part.add(node)
                waiting += graph[node]
        left -= part
        best = max(best, part, key=len)
    return best


def _roughened(polygons: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Every edge bent like a coast, once for both its sides."""
    bent = {edge: _bent(edge, rng) for edge in sorted(_edges(list(polygons)))}
    return np.array([shapely.Polygon(list(_ring(polygon, bent))) for polygon in polygons])


def _ring(polygon: Any, bent: dict[Edge, Points]) -> Iterator[tuple[float, float]]:
    for start, end in pairwise(polygon.exterior.coords):
        edge = _edge(start, end)
        line = bent[edge] if edge[0] == (start[0], start[1]) else bent[edge][::-1]
        yield from line[:-1].tolist()


def _bent(edge: Edge, rng: np.random.Generator) -> Points:
    line = np.array(edge)
    for _ in range(SPLITS):
        steps = np.diff(line, axis=0)
        sideways = np.column_stack([-steps[:, 1], steps[:, 0]])
        shift = rng.uniform(-ROUGHNESS, ROUGHNESS, (len(steps), 1))
        middles = line[:-1] + steps / 2 + sideways * shift
        finer = np.empty((len(line) + len(middles), 2))
        finer[0::2], finer[1::2] = line, middles
        line = finer
    return line


def _grouped(centres: Points, graph: Graph, count: int) -> list[int]:
    """The group of each area: *count* connected groups of about as many areas each."""
    starts = _starts(centres, count)
    group = [-1] * len(graph)
    waiting = [(0.0, start, number) for number, start in enumerate(starts)]
    heapq.heapify(waiting)
    while waiting:
        distance, node, number = heapq.heappop(waiting)
        if group[node] >= 0:
            continue
        group[node] = number
        for neighbour, length in graph[node].items():
            if group[neighbour] < 0:
                heapq.heappush(waiting, (distance + length, neighbour, number))
    return group


def _starts(centres: Points, count: int) -> list[int]:
    """Well-spread areas to grow groups from: the means of k-means, begun far apart."""
    means = [centres[0]]
    gap = np.full(len(centres), np.inf)
    for _ in range(count - 1):
        gap = np.minimum(gap, np.hypot(*(centres - means[-1]).T))
        means.append(centres[int(gap.argmax())])
    spread = np.array(means)
    for _ in range(12):
        nearest = _distances(centres, spread).argmin(axis=1)
        spread = np.array(
            [
                centres[nearest == number].mean(axis=0) if (nearest == number).any() else mean
                for number, mean in enumerate(spread)
            ]
        )
    starts: list[int] = []
    for distances in _distances(spread, centres):
        distances[starts] = np.inf
        starts.append(int(distances.argmin()))
    return starts


def _distances(some: Points, others: Points) -> Points:
    return np.asarray(np.hypot(*(some[:, None, :] - others[None, :, :]).transpose(2, 0, 1)))


def _merged(centres: Points, graph: Graph, group: list[int]) -> tuple[Points, Graph]:
    """Centres and neighbours of the groups."""
    members = np.array(group)
    means = np.array([centres[members == number].mean(axis=0) for number in range(max(group) + 1)])
    merged: Graph = [{} for _ in means]
    for node, neighbours in enumerate(graph):
        for neighbour in neighbours:
            one, other = group[node], group[neighbour]
            if one != other:
                merged[one][other] = float(np.hypot(*(means[one] - means[other])))
    return means, merged


def _united(outlines: Sequence[Any], group: list[int]) -> list[Any]:
    members: dict[int, list[Any]] = defaultdict(list)
    for outline, number in zip(outlines, group, strict=True):
        members[number].append(outline)
    return [shapely.coverage_union_all(members[number]) for number in range(len(members))]


def _placed(cells: NDArray[Any], centre: tuple[float, float]) -> list[Any]:
    """Metres around the origin as degrees around *centre*, to about a centimetre."""
    lon, lat = centre
    scale = np.array([METRES_PER_DEGREE * np.cos(np.radians(lat)), METRES_PER_DEGREE])

    def degrees(points: Points) -> Points:
        placed: Points = np.round(points / scale + (lon, lat), 7)
        return placed

    return list(shapely.transform(cells, degrees))
